"""Places in a sound that other programs are told about: where it loops, and cue points. Positions are frames."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class LoopPoints:
    """A passage that is repeated: its first frame, and how many frames it has."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """Return the frame after the last one."""
        return self.start + self.length


@dataclass(frozen=True)
class Cue:
    frame: int
    label: str = ""


@dataclass(frozen=True)
class Marks:
    loop: LoopPoints | None = None
    cues: tuple[Cue, ...] = ()

    def scaled(self, old_frames: int, new_frames: int) -> "Marks":
        """Return the marks for the same sound with another number of frames."""
        ratio = new_frames / old_frames if old_frames else 1.0

        def place(frame: int) -> int:
            return min(new_frames, round(frame * ratio))

        loop = self.loop and LoopPoints(place(self.loop.start), place(self.loop.end) - place(self.loop.start))
        return Marks(loop, _unique(Cue(place(cue.frame), cue.label) for cue in self.cues))


def _unique(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """Return the cues in order, one per frame."""
    return tuple({cue.frame: cue for cue in sorted(cues, key=lambda cue: cue.frame)}.values())
