"""Signed tickets to send one file, a track or a voice-over, without a key: messages of agents cannot carry one.

What is stated is in the ticket, so that it needs no row; its key is checked again when the file arrives.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing

from generator.models import ApiKey, Project

LIFETIME = dt.timedelta(hours=1)
TRACK, VOICE_OVER = "track", "voice_over"
_SALT = "generator.uploads.tickets"


@dataclass(frozen=True)
class Ticket:
    """The public IDs of a key and a project, a file's name and kind, and what is stated (`facts.FIELDS`) as texts."""

    key: str
    project: str
    name: str
    stated: Mapping[str, str]
    kind: str = TRACK


def sign(key: ApiKey, project: Project, name: str, stated: Mapping[str, str], kind: str = TRACK) -> str:
    """Return a ticket as a text for an address, valid for LIFETIME."""
    texts = {field: text for field, text in stated.items() if text}
    return signing.dumps([key.public_id, project.public_id, name, texts, kind], salt=_SALT, compress=True)


def read(text: str) -> Ticket | None:
    """Return a ticket; None if it was not signed here, or is over."""
    try:
        return Ticket(*signing.loads(text, salt=_SALT, max_age=LIFETIME))
    except signing.BadSignature:
        return None
