"""htmx response helpers."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from generator.models import User
from generator.services.errors import UserError


class Request(HttpRequest):
    """The type of a signed-in request with htmx details. For type annotations only; never instantiated."""

    user: User
    htmx: HtmxDetails


def wants_part(request: Request) -> bool:
    """Return whether htmx requests a part of the page; boosted links and forms request whole pages."""
    return bool(request.htmx) and not request.htmx.boosted


def client_event(response: HttpResponse, *names: str, toast: str = "", code: str = "") -> HttpResponse:
    """Add client-side events, and optionally a toast, to a response; return it. `code`: of the error in the toast."""
    events: dict[str, object] = dict.fromkeys(names)
    if toast:
        events["studio-toast"] = {"value": toast, "code": code} if code else toast
    response["HX-Trigger"] = json.dumps(events)
    return response


def answered(request: Request, error: UserError | None, page: str, part: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer an action: return the changed part for htmx, or redirect to the page; show the error in both cases."""
    if wants_part(request):
        return client_event(part(), toast=error.sentence, code=error.code) if error else client_event(part())
    if error:
        messages.warning(request, error.sentence, extra_tags=error.code)
    return redirect(page)


def back(request: Request, otherwise: str) -> str:
    """Return the page that the user came from if it is ours, or `otherwise`."""
    previous = request.POST.get("next") or request.headers.get("referer", "")
    if not previous.startswith(("/", "http://", "https://")):  # `redirect` would treat a bare word as a view name
        return otherwise
    return (
        previous if url_has_allowed_host_and_scheme(previous, {request.get_host()}, request.is_secure()) else otherwise
    )
