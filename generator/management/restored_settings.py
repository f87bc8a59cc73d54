"""Settings of a restored studio: unchanged, except that nothing connects until a person allows it.

The `.env` of a backup names the database, the cache and the mail server of the original studio. Used unchanged, it
would make the copy join that studio: the same rows, the same paid jobs, the same webhooks. Those lines are therefore
commented out, and `STUDIO_OFFLINE=on` isolates the copy until it is removed.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

CONNECTING = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")
OFFLINE = "STUDIO_OFFLINE"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z_0-9]*)\s*=\s*(.*)")


def quieted(backup: str | None, present: str, made_at: str) -> tuple[str, list[str]]:
    """Return the `.env` to use, from the backup's and the folder's, and what the backup's would connect to."""
    lines, connections = [], []
    if backup is None:  # the original studio took its settings from the environment
        backup = "\n".join(line for line in present.splitlines() if _parts(line)[0] not in CONNECTING)
    for line in backup.removeprefix("\ufeff").splitlines():
        name, value = _parts(line)
        connects = name in CONNECTING and value
        if connects:
            connections.append(_connection_target(name, value))
        if name != OFFLINE:
            lines.append(f"# {line}" if connects else line)
    head = [
        f"# Restored from the backup of {made_at}. While {OFFLINE} is on, no paid provider is used, no webhook is",
        "# sent, and emails become files. The commented lines connect to the studio that was backed up.",
        f"{OFFLINE}=on",
        *_own_connections(present.splitlines()),
    ]
    return "\n".join([*head, *lines, ""]), connections


def _own_connections(lines: Iterable[str]) -> list[str]:
    """Return the folder's own connection settings: a person wrote them for this copy."""
    return [line for line in lines if _parts(line)[0] in CONNECTING]


def _parts(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    return (match[1], match[2].strip("\"' ")) if match else ("", "")


def _connection_target(name: str, value: str) -> str:
    """Return where a setting leads, without user and password."""
    try:
        parts = urlsplit(value)
        host = parts.netloc.rpartition("@")[2]
        is_plain = bool(parts.scheme) and "@" not in parts.path + parts.query + parts.fragment
        return f"{name} ({parts.scheme}://{host}{parts.path})" if is_plain else name
    except ValueError:
        return name
