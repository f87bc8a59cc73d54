"""What a score is made of. Times are in beats from the start; velocities 0..1; pitches are MIDI numbers."""

from dataclasses import dataclass

from generator.composer.form import Form, Section
from generator.composer.styles import Part
from generator.composer.theory import Chord


@dataclass(frozen=True)
class Note:
    start: float
    length: float
    pitch: int
    velocity: float


@dataclass(frozen=True)
class Hit:
    """A stroke on a drum of the style's kit."""

    start: float
    drum: str
    velocity: float


@dataclass(frozen=True)
class Harmony:
    """One chord and where it sounds."""

    start: float
    length: float
    chord: Chord
    section: Section


@dataclass(frozen=True)
class Line:
    """What one part plays, in order."""

    name: str
    part: Part
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Score:
    """The whole piece as notes. `texture` names what lies under it; empty for nothing."""

    form: Form
    harmony: tuple[Harmony, ...]
    lines: tuple[Line, ...]
    hits: tuple[Hit, ...]
    tonic: int
    mode: str
    texture: str
    ending: str = "ring"
