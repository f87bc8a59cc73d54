"""What is known about a track: pulse, bar lines, sections, ending. Times are in seconds from the start of the file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """A stretch of one character. `label` is "intro", "ending", or a letter; equal letters sound alike."""

    start_s: float
    end_s: float
    label: str
    level_db: float  # relative to full scale, RMS
    brightness_hz: float = 0.0  # spectral centroid
    percussion: float = 0.0  # 0..1: how much of the sound is attacks


@dataclass(frozen=True)
class Structure:
    """The measured structure of a track. Without a steady pulse, `bpm` is None and the grid is empty."""

    length_s: float
    bpm: float | None
    beats: tuple[float, ...]
    bars: tuple[float, ...]  # bar lines; a subset of `beats`
    beats_per_bar: int | None
    sections: tuple[Section, ...]
    loudest_s: float
    music_ends_s: float  # the last onset is over; what follows rings out
    confidence: float  # 0..1: of the pulse
    quiet_points: tuple[float, ...] = ()  # where a track without bar lines may be cut
    starts_s: float = 0.0  # the first audible moment
    ends_s: float = 0.0  # the last audible moment
    loudest_db: float = -120.0
    end_drop_db: float = 0.0  # how much quieter the last audible half second is than the loudest moment

    @property
    def cut_points(self) -> tuple[float, ...]:
        """Return where the track may be cut: bar lines, or quiet points if there are none."""
        return self.bars or self.quiet_points

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Structure":
        sections = tuple(Section(**section) for section in values["sections"])
        lists = {name: tuple(values.get(name, ())) for name in ("beats", "bars", "quiet_points")}
        return cls(**{**values, **lists, "sections": sections})
