"""Which database the studio uses, and what is wrong with it, in words that hold no password."""

from django.conf import settings

_HINTS = (
    (("not a database", "malformed"), "It is damaged: keep a copy of it, and restore a backup (docs/operating.md)."),
    (("readonly", "unable to open", "permission denied"), "The account the studio runs as has to be able to write it."),
    (("full",), "Make room on the disk."),
    (("locked",), "Another program is using it."),
    (("password", "authentication", "no pg_hba"), "Check the user and the password in DATABASE_URL."),
    (("does not exist",), "Create it, or correct DATABASE_URL."),
    (("refused", "could not", "timeout", "timed out", "resolve", "connect"), "Is the server running and reachable?"),
)


def place() -> str:
    """Where the database is."""
    facts = settings.DATABASES["default"]
    if facts["ENGINE"].endswith("sqlite3"):
        return str(facts["NAME"])
    host = f"{facts['HOST'] or 'this machine'}, port {facts['PORT'] or 5432}"
    return f"the database {facts['NAME']} on {host}, as {facts['USER'] or 'the system user'}"


def database_words(error: Exception) -> str:
    """A fault of the database for whoever keeps the studio running."""
    said = " ".join(str(error).split()) or type(error).__name__
    hint = next((hint for signs, hint in _HINTS if any(sign in said.lower() for sign in signs)), "")
    return f"The database cannot be used ({place()}): {said[:300]}. {hint}".strip()
