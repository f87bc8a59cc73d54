"""URLs of the API: each answers every request in the contract's form, never with the pages' errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from generator.api import throttling
from generator.api.v1 import openapi, problems
from generator.api.v1.api import api
from generator.http import etags

app_name = "v1"
View = Callable[..., HttpResponseBase]


def answer_with_problems(view: View) -> View:
    """Answer every error as a problem, and add the key's rate limit headers."""

    @csrf_exempt  # a key is sent deliberately; cookies are ignored
    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if _has_nul(request):
            return problems.answer(400, "The address contains a character that cannot be stored.")
        try:
            reply = _answer_options(request, view(request, *args, **kwargs))
            reply = problems.as_problem(etags.not_modified(request, reply, getattr(request, "etag", None)))
        except Exception as error:
            reply = problems.response_to(error)
        throttling.add_headers(request, reply)
        if location := getattr(request, "location", ""):
            reply.headers["Location"] = location
        reply.headers.setdefault("Cache-Control", "no-store")
        return reply

    return answered


def _answer_options(request: HttpRequest, reply: HttpResponseBase) -> HttpResponseBase:
    """Answer OPTIONS, which no operation takes, with the allowed methods. Other sites are not let in (no CORS)."""
    if request.method == "OPTIONS" and reply.status_code == 405:
        return HttpResponse(status=204, headers={"Allow": f"{reply.headers['Allow']}, OPTIONS"})
    return reply


def _has_nul(request: HttpRequest) -> bool:
    values = (value for pair in request.GET.lists() for value in (pair[0], *pair[1]))
    return "\x00" in request.path or any("\x00" in value for value in values)


@require_safe
def docs(request: HttpRequest) -> HttpResponseBase:
    """Show the documentation, without a key; calls made there need one."""
    return render(request, "api/docs.html")


@require_safe
def document(request: HttpRequest) -> HttpResponseBase:
    """Return the OpenAPI document, for generating clients; no key is required."""
    return openapi.serve_document(request, api.get_openapi_schema())


def not_found(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Answer an unknown address; with a trailing slash, serve the address without it."""
    path = request.path.rstrip("/")
    if rest.endswith("/") and (match := resolve(path)).url_name != "nowhere":
        request.resolver_match = match
        reply: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        return reply
    return problems.answer(404, "Unknown address. See /api/v1/docs.")


def _wrap_pattern(pattern: URLPattern) -> URLPattern:
    pattern.callback = answer_with_problems(pattern.callback)
    return pattern


urlpatterns = [
    path("docs", answer_with_problems(docs), name="docs"),
    path("openapi.json", answer_with_problems(document), name="openapi-json"),
    *(
        _wrap_pattern(pattern)
        for pattern in api.urls[0]
        if isinstance(pattern, URLPattern) and pattern.name != "api-root"
    ),
    path("", answer_with_problems(not_found), name="api-root"),
    path("<path:rest>", answer_with_problems(not_found), name="nowhere"),
]
