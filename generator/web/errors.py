"""The pages for what went wrong, in the studio's own clothes."""

import logging
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

log = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a forged or stale form: nothing was done; the person can go back and send it again.

    A form sent from another address than the studio believes to have is no stale form: another site sent it, or a
    proxy does not pass on what the browser asked for, which only an administrator can put right.
    """
    sent_from = _origin(request)
    ours = f"{request.scheme}://{request.get_host()}"
    elsewhere = sent_from if sent_from != ours else ""
    if elsewhere:
        log.warning("a form from %s was refused by %s: see docs/operating.md, Behind a proxy", elsewhere[:200], ours)
    return render(request, "errors/csrf.html", {"elsewhere": elsewhere, "ours": ours}, status=403)


def _origin(request: HttpRequest) -> str:
    """The address of the page a form came from, as the browser tells it; empty when it does not."""
    said = request.headers.get("origin") or request.headers.get("referer", "")
    parts = urlsplit(said)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def forbidden(request, exception=None):
    """Say who can help: in the admin that is an administrator, elsewhere an owner of the project."""
    sentence = str(exception or "")
    if not sentence and request.path.startswith(reverse("admin:index")):
        sentence = "The admin is for those who look after this studio. An administrator can give you the right to it."
    return render(request, "403.html", {"sentence": sentence}, status=403)
