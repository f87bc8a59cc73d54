"""Database location and error messages that contain no password."""

from django.conf import settings

_HINTS = (
    (("not a database", "malformed"), "It is damaged: keep a copy of it, and restore a backup (docs/operating.md)."),
    (("readonly", "unable to open", "permission denied"), "The account that runs the studio must be able to write it."),
    (("full",), "Free up disk space."),
    (("locked",), "Another program is using it."),
    (("password", "authentication", "no pg_hba"), "Check the user and the password in DATABASE_URL."),
    (("does not exist",), "Create it, or correct DATABASE_URL."),
    (("refused", "could not", "timeout", "timed out", "resolve", "connect"), "Is the server running and reachable?"),
)


def place() -> str:
    """Return where the database is."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return str(database["NAME"])
    host = f"{database['HOST'] or 'this machine'}, port {database['PORT'] or 5432}"
    return f"the database {database['NAME']} on {host}, as {database['USER'] or 'the system user'}"


def describe_database_error(error: Exception) -> str:
    """Describe a database error for the operator."""
    error_text = " ".join(str(error).split()) or type(error).__name__
    hint = next((hint for signs, hint in _HINTS if any(sign in error_text.lower() for sign in signs)), "")
    return f"The database cannot be used ({place()}): {error_text[:300]}. {hint}".strip()
