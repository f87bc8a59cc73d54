"""Error responses for requests rejected before they reach a view, in the format that the path's clients expect."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from generator.api.v1 import problems
from generator.web.site.context import STYLESHEETS
from generator.web.site.middleware import FRAGMENT

INVALID_DATA_MESSAGE = _("The address or the form contains invalid data. Nothing was changed.")
OTHER_HOST_MESSAGE = _(
    "The studio does not accept requests for this host name. An administrator can add the name to ALLOWED_HOSTS in "
    "the studio’s .env file and restart the studio."
)


def refuse(path: str, status: int, sentence: str) -> HttpResponse:
    """Return the error response for a path: JSON for the APIs, a page otherwise (with 403 in place of 401)."""
    if path.startswith(("/api/v2/", "/api/v3/")):
        return JsonResponse({"code": status, "message": sentence}, status=status)
    if path.startswith("/api/"):
        return problems.answer(status, sentence)
    if path.startswith("/v5/"):
        return JsonResponse({"detail": sentence}, status=status)
    context = {"sentence": sentence, "stylesheets": STYLESHEETS}
    page = render_to_string("errors/refused.html", context)
    return HttpResponse(
        page, status=403 if status == 401 else status, headers={"Cache-Control": "no-store", FRAGMENT: "1"}
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that Django itself rejects, possibly before it has a session."""
    sentence = OTHER_HOST_MESSAGE if isinstance(exception, DisallowedHost) else INVALID_DATA_MESSAGE
    return refuse(request.path, 400, str(sentence))
