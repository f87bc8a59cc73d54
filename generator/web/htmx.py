"""What the doors tell htmx."""

import json
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from generator.models import User


class Request(HttpRequest):
    """A request as our views get it: signed in, with htmx's headers read. For types only; none is ever made."""

    user: User  # type: ignore[assignment]
    htmx: HtmxDetails


def wants_part(request: Request) -> bool:
    """Whether htmx asks for a part of the page; a boosted link or form wants a whole page, as without htmx."""
    return bool(request.htmx) and not request.htmx.boosted


def client_event(response: HttpResponse, *names: str, toast: str = "") -> HttpResponse:
    """Have the page raise events once it has the answer, and show a passing message."""
    events: dict[str, object] = dict.fromkeys(names)
    if toast:
        events["studio-toast"] = toast
    response["HX-Trigger"] = json.dumps(events)
    return response


def answered(request: Request, toast: str, page: str, part: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer an action: the part that it changed for htmx, else the page, with what there is to say."""
    if wants_part(request):
        return client_event(part(), toast=toast)
    if toast:
        messages.warning(request, toast)
    return redirect(page)


def back(request: Request, otherwise: str) -> str:
    """Where the person came from, if that is a page of ours."""
    came = request.POST.get("next") or request.headers.get("referer", "")
    return came if url_has_allowed_host_and_scheme(came, {request.get_host()}, request.is_secure()) else otherwise
