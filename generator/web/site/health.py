"""The health check of the web server and its database, for the supervisor and load balancers.

A probe may use an IP address, plain HTTP and any Host header, so it is answered before the middleware that checks them.
"""

from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

PATH = "/healthz"


class HealthCheck:
    """Middleware that answers `/healthz`; it must come first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return healthz(request) if request.path_info == PATH else self.get_response(request)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})
