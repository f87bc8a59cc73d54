"""Error pages in the studio's layout."""

import logging
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a forged or stale form: nothing was done, and the user can go back and send it again.

    If the form's origin differs from the studio's, the form is not stale: another site sent it, or a proxy does not
    pass on the requested host and scheme, which only an administrator can fix.
    """
    sent_from = _origin(request)
    own_origin = f"{request.scheme}://{request.get_host()}"
    elsewhere = sent_from if sent_from != own_origin else ""
    if elsewhere:
        log.warning(
            "a form from %s was rejected by %s: see docs/operating.md, Behind a proxy", elsewhere[:200], own_origin
        )
    return render(request, "errors/csrf.html", {"elsewhere": elsewhere, "ours": own_origin}, status=403)


def _origin(request: HttpRequest) -> str:
    """Return the origin of the page that sent a form, or an empty string if the browser does not send it."""
    header = request.headers.get("origin") or request.headers.get("referer", "")
    parts = urlsplit(header)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Render the 403 page; in the admin, refer to an administrator, elsewhere to a project owner."""
    sentence = str(exception or "")
    if not sentence and request.path.startswith(reverse("admin:index")):
        sentence = _("Only administrators can open the admin. Ask one of them for access.")
    return render(request, "403.html", {"sentence": sentence}, status=403)
