"""A local provider that can make a take of its own once more, in parts: what the stems and the notes of a track are."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from generator.providers.base import Report, Request


class PartKind(enum.StrEnum):
    """What one file of a take in parts holds."""

    PLAYER = "player"  # one player alone
    NOTES = "notes"  # a MIDI file
    MASTER = "master"  # the whole, as it comes out today


@dataclass(frozen=True)
class LocalPart:
    """A file made of a take again, to be moved into the library."""

    kind: PartKind
    title: str
    path: Path


@runtime_checkable
class Parting(Protocol):
    def parts(self, request: Request, folder: Path, take: int, format: str, report: Report) -> Iterator[LocalPart]:
        """Make a take of a run once more, in parts; the master comes in the take's own format."""
        ...
