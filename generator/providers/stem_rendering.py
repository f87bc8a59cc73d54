"""Local providers that can render a take again as stems, MIDI and master."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from generator.providers.base import Report, Request


class RenderedKind(enum.StrEnum):
    """The content of one file of a take."""

    PLAYER = "player"  # one stem
    NOTES = "notes"  # a MIDI file
    MASTER = "master"  # the whole take, as rendered today


@dataclass(frozen=True)
class RenderedFile:
    """A file rendered from a take again, to be moved into the library."""

    kind: RenderedKind
    title: str
    path: Path
    role: str = ""  # of a player: "lead", "bass"; drums and textures have none


@runtime_checkable
class SamplePlayer(Protocol):
    """A provider that plays an optional sample pack, if it is installed below `samples_root`."""

    samples_root: Path | None


@runtime_checkable
class StemRenderer(Protocol):
    """A take made by other rules, or with other samples, cannot be rendered again.

    `revision` numbers the rules; `samples` numbers the optional sample pack that is played, which is 0 without one.
    """

    revision: int

    @property
    def samples(self) -> int: ...

    def render_stems(
        self, request: Request, folder: Path, take: int, format: str, report: Report
    ) -> Iterator[RenderedFile]:
        """Render a take of a generation again, as stems, MIDI and master; the master has the take's own format."""
        ...
