"""Its addresses: each keeps the contract for whatever is sent there, and none is left to the pages' own errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, resolve
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from generator.api import limits
from generator.api.v1 import openapi, problems
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
            reply = problems.as_problem(_current(request, view(request, *args, **kwargs)))
        except Exception as error:
            reply = problems.of(error)
        limits.tell(request, reply)
        if location := getattr(request, "location", ""):
            reply.headers["Location"] = location
        reply.headers.setdefault("Cache-Control", "no-store")
        return reply

    return answered


def _current(request: HttpRequest, reply: HttpResponseBase) -> HttpResponseBase:
    """A reply with the version it shows; 304 where that one is known already."""
    etag = getattr(request, "etag", None)
    if etag is None or reply.status_code != 200:
        return reply
    reply.headers["ETag"], reply.headers["Cache-Control"] = etag, "private, no-cache"
    if request.method != "GET":
        return reply
    return get_conditional_response(request, etag=etag, response=cast(HttpResponse, reply)) or reply


def _has_nul(request: HttpRequest) -> bool:
    values = (value for pair in request.GET.lists() for value in (pair[0], *pair[1]))
    return "\x00" in request.path or any("\x00" in value for value in values)


@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """The contract to read and to try, without a key; calls made there need one."""
    return render(request, "api/docs.html")


@require_safe
def document(request: HttpRequest) -> HttpResponseBase:
    """The contract for programs that make clients of it; no key is asked for."""
    return openapi.served(request, api.get_openapi_schema())


def nowhere(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """What is no address; with a slash at its end, the address without it."""
    path = request.path.rstrip("/")
    if rest.endswith("/") and (found := resolve(path)).url_name != "nowhere":
        request.resolver_match = found
        return found.func(request, *found.args, **found.kwargs)
    return problems.answer(404, "There is no such address. See /api/v1/docs.")


def _kept(pattern: URLPattern) -> URLPattern:
    pattern.callback = keeping_the_contract(pattern.callback)
    return pattern


urlpatterns = [
    path("docs", docs, name="docs"),
    path("openapi.json", keeping_the_contract(document), name="openapi-json"),
    *(_kept(one) for one in api.urls[0] if isinstance(one, URLPattern) and one.name != "api-root"),
    path("", keeping_the_contract(nowhere), name="api-root"),
    path("<path:rest>", keeping_the_contract(nowhere), name="nowhere"),
]
