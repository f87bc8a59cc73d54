"""The pages for what went wrong, in the studio's own clothes."""

from django.shortcuts import render


def csrf_failure(request, reason=""):
    """Answer a forged or stale form: nothing was done; the person can go back and send it again."""
    return render(request, "errors/csrf.html", status=403)
