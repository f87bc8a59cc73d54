"""Its addresses: each keeps the contract for whatever is sent there, and none is left to the pages' own errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from generator.api import limits
from generator.api.v1 import problems
from generator.api.v1.api import api

app_name = "v1"
View = Callable[..., HttpResponseBase]


def keeping_the_contract(view: View) -> View:
    """Answer as a problem whatever is wrong, and say where the key stands."""

    @csrf_exempt  # a key is sent on purpose, a cookie is not looked at
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if _has_nul(request):
            return problems.answer(400, "There is a character in the address that cannot be stored.")
        try:
            reply = problems.as_problem(view(request, *args, **kwargs))
        except Exception as error:
            reply = problems.of(error)
        limits.tell(request, reply)
        reply.headers.setdefault("Cache-Control", "no-store")
        return reply

    return answered


def _has_nul(request: HttpRequest) -> bool:
    values = (value for pair in request.GET.lists() for value in (pair[0], *pair[1]))
    return "\x00" in request.path or any("\x00" in value for value in values)


@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """The contract to read and to try, without a key; calls made there need one."""
    return render(request, "api/docs.html")


def nowhere(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    return problems.answer(404, "There is no such address. See /api/v1/docs.")


def _kept(pattern: URLPattern) -> URLPattern:
    pattern.callback = keeping_the_contract(pattern.callback)
    return pattern


urlpatterns = [
    path("docs", docs, name="docs"),
    *(_kept(one) for one in api.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"),
    path("", keeping_the_contract(nowhere), name="api-root"),
    path("<path:rest>", keeping_the_contract(nowhere), name="nowhere"),
]
