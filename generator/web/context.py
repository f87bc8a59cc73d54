"""What every page's frame shows: the style sheets, and the person's projects."""

from django.conf import settings

from generator import access
from generator.web import news

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
        "references",
        "accounts",
        "spend",
        "compare",
        "team",
    )
)


def shell(request) -> dict:
    """Add what base.html needs; strangers get no projects, so that error and sign-in pages need nothing more."""
    found: dict = {
        "stylesheets": STYLESHEETS,
        "email_configured": settings.EMAIL_CONFIGURED,
        "signup_open": settings.STUDIO_SIGNUP == "open",
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        found["my_projects"] = access.projects(user)
        found |= news.context(user)
    return found
