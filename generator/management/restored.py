"""The settings of a restored studio: as they were, but nothing connects before a person says so.

The `.env` of a backup names the database, the cache and the mail server of the studio it was taken from. Used as it is,
it would have the copy join that studio: the same rows, the same paid jobs, the same webhooks. So those lines become
comments, and `STUDIO_OFFLINE=on` keeps the copy to itself until it is taken away.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

CONNECTING = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")
OFFLINE = "STUDIO_OFFLINE"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z_0-9]*)\s*=\s*(.*)")


def quieted(backup: str | None, present: str, made_at: str) -> tuple[str, list[str]]:
    """The `.env` to use, from the backup's and the one in the folder; and what the backup's would connect to."""
    lines, where = [], []
    if backup is None:  # that studio had its settings from the environment
        backup = "\n".join(line for line in present.splitlines() if _parts(line)[0] not in CONNECTING)
    for line in backup.removeprefix("\ufeff").splitlines():
        name, value = _parts(line)
        connects = name in CONNECTING and value
        if connects:
            where.append(_place(name, value))
        if name != OFFLINE:
            lines.append(f"# {line}" if connects else line)
    head = [
        f"# Restored from the backup of {made_at}. While {OFFLINE} is on, no paid provider is asked, no webhook is",
        "# sent, and mails become files. The commented lines lead to the studio that the backup was taken from.",
        f"{OFFLINE}=on",
        *_kept(present.splitlines()),
    ]
    return "\n".join([*head, *lines, ""]), where


def _kept(lines: Iterable[str]) -> list[str]:
    """What the folder's own settings say about connections: a person wrote that for this copy."""
    return [line for line in lines if _parts(line)[0] in CONNECTING]


def _parts(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    return (match[1], match[2].strip("\"' ")) if match else ("", "")


def _place(name: str, value: str) -> str:
    """Where a setting leads, without the user and the password in it."""
    try:
        parts = urlsplit(value)
        host = parts.netloc.rpartition("@")[2]
        known = bool(parts.scheme) and "@" not in parts.path + parts.query + parts.fragment
        return f"{name} ({parts.scheme}://{host}{parts.path})" if known else name
    except ValueError:
        return name
