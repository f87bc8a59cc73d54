"""What every page's frame shows: the person's projects."""

from generator import access


def shell(request) -> dict:
    """Add the projects of the switcher; empty for strangers, so that error and sign-in pages need nothing."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"my_projects": access.projects(user)}
