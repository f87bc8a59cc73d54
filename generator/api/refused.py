"""Requests that the server turns away before a view has seen them, answered in the shape of whoever asked."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from generator.api.v1 import problems
from generator.web.context import STYLESHEETS
from generator.web.middleware import FRAGMENT

MAKES_NO_SENSE = "Something in the address or the form was not as it should be. Nothing was changed."
OTHER_NAME = (
    "The studio does not answer to the name by which it was called. Whoever looks after it adds the name to "
    "ALLOWED_HOSTS in the studio’s .env and starts the studio again."
)


def refuse(path: str, status: int, sentence: str) -> HttpResponse:
    """The answer to a request for a path that is refused with a status and a sentence."""
    if path.startswith("/api/v1/"):
        return problems.answer(status, sentence)
    if path.startswith(("/api/v2/", "/api/v3/")):
        return JsonResponse({"code": status, "message": sentence}, status=status)
    if path.startswith("/v5/"):
        return JsonResponse({"detail": sentence}, status=status)
    shown = {"sentence": sentence, "stylesheets": STYLESHEETS}
    page = render_to_string("errors/refused.html", shown)
    return HttpResponse(
        page, status=403 if status == 401 else status, headers={"Cache-Control": "no-store", FRAGMENT: "1"}
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django itself turns away; it may have been before there was a session."""
    sentence = OTHER_NAME if isinstance(exception, DisallowedHost) else MAKES_NO_SENSE
    return refuse(request.path, 400, sentence)
