"""Its addresses."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

app_name = "v1"


def docs(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("docs", docs, name="docs")]
