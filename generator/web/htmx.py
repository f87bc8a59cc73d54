"""What the doors tell htmx."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme


def client_event(response: HttpResponse, *names: str, toast: str = "") -> HttpResponse:
    """Have the page raise events once it has the answer, and show a passing message."""
    events: dict[str, object] = dict.fromkeys(names)
    if toast:
        events["studio-toast"] = toast
    response["HX-Trigger"] = json.dumps(events)
    return response


def back(request: HttpRequest, otherwise: str) -> str:
    """Where the person came from, if that is a page of ours."""
    came = request.POST.get("next") or request.headers.get("referer", "")
    return came if url_has_allowed_host_and_scheme(came, {request.get_host()}, request.is_secure()) else otherwise
