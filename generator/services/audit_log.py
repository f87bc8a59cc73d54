"""The audit log: who changed what, written in the transaction of the change; append-only."""

import re
from typing import Any

from generator import permissions
from generator.models import AuditLogEntry, Track, User

_QUOTED = re.compile("“([^”]*)”")
_ABOUT_TRACKS = (AuditLogEntry.Action.VISIBILITY, AuditLogEntry.Action.APPROVAL, AuditLogEntry.Action.TRACKS)


def record(actor: User | None, action: AuditLogEntry.Action, text: str, **about: Any) -> AuditLogEntry:
    """Add an entry. `about` sets the project, user, generation, ledger entry or issue that it concerns."""
    return AuditLogEntry.objects.create(actor=actor, action=action, text=text, **about)


def text_for(entry: AuditLogEntry, viewer: User) -> str:
    """Return an entry's text for a viewer, without the titles of tracks that are hidden from them by now."""
    titles = _QUOTED.findall(entry.text) if entry.action in _ABOUT_TRACKS else []
    hidden = set(permissions.unnamed(Track.objects.filter(title__in=titles), viewer).values_list("title", flat=True))
    return _QUOTED.sub(lambda match: "a track" if match[1] in hidden else match[0], entry.text)
