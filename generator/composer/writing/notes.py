"""The elements of a score. Times are in beats from the start; velocities 0..1; pitches are MIDI numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from generator.composer.styles import Part
from generator.composer.writing.form import Form, Section
from generator.composer.writing.theory import Chord


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
    """One chord and its position. `shift` is the transposition of its section from the key of the piece."""

    start: float
    length: float
    chord: Chord
    section: Section
    shift: int = 0


@dataclass(frozen=True)
class Line:
    """The notes of one part, in order."""

    name: str
    part: Part
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class AutomationPoint:
    """Gain in dB and cutoff of a low-pass in Hz that a player has reached at a beat."""

    beat: float
    gain_db: float
    cutoff_hz: float


@dataclass(frozen=True)
class Score:
    """The whole piece as notes. `texture` names the background texture; empty for none.

    `automation` has the breakpoints of a line, or of "drums", by name; a line without any stays as it is. `layered`:
    instruments and drums are played with the optional layered pack.
    """

    form: Form
    harmony: tuple[Harmony, ...]
    lines: tuple[Line, ...]
    hits: tuple[Hit, ...]
    tonic: int
    mode: str
    texture: str
    ending: str = "ring"
    automation: Mapping[str, tuple[AutomationPoint, ...]] = field(default_factory=dict)
    layered: bool = False
