"""Template context of the page layout: style sheets, the user's projects, notifications."""

from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from generator import permissions
from generator.services import setup_checklist
from generator.web.team import notifications

STYLESHEETS = tuple(
    f"css/{name}.css"
    for name in (
        "tokens",
        "base",
        "shell",
        "parts",
        "player",
        "studio",
        "create",
        "library",
        "track",
        "waveform",
        "references",
        "accounts",
        "spend",
        "compare",
        "team",
        "arrival",
        "finish",
        "uploads",
    )
)


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the context for base.html; projects and notifications only for signed-in users."""
    context: dict[str, Any] = {
        "stylesheets": STYLESHEETS,
        "email_configured": settings.EMAIL_CONFIGURED,
        "signup_open": settings.STUDIO_SIGNUP == "open",
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["my_projects"] = partial(permissions.own_projects, user)  # asked for by templates
        context |= notifications.context(user)
        if user.is_superuser:
            context["setup_open"] = cache(setup_checklist.count_open)  # asked for by templates
    return context
