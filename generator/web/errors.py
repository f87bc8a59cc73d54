"""The pages for what went wrong, in the studio's own clothes."""

from django.shortcuts import render
from django.urls import reverse


def csrf_failure(request, reason=""):
    """Answer a forged or stale form: nothing was done; the person can go back and send it again."""
    return render(request, "errors/csrf.html", status=403)


def forbidden(request, exception=None):
    """Say who can help: in the admin that is an administrator, elsewhere an owner of the project."""
    sentence = str(exception or "")
    if not sentence and request.path.startswith(reverse("admin:index")):
        sentence = "The admin is for those who look after this studio. An administrator can give you the right to it."
    return render(request, "403.html", {"sentence": sentence}, status=403)
