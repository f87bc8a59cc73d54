"""The brief: every decision before the first note, the words it came from, and the controls that override it."""

import re
from dataclasses import dataclass

from generator.composer.reference import Reference
from generator.composer.text.parsing.tokens import CJK
from generator.composer.text.timeline import Moment
from generator.composer.writing.theory import MAJOR_MODES, NAMES
from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _

MIN_LENGTH_S, MAX_LENGTH_S = 5.0, 600.0
DEFAULT_LENGTH_S = 60.0
MAX_TEXT_CHARS = 20_000
MIN_LUFS, MAX_LUFS = -24.0, -9.0
MIN_BPM, MAX_BPM = 40, 220


class BriefError(ValueError):
    """A control has an impossible value; the message is shown to the user."""


@dataclass(frozen=True)
class ComposerControls:
    """Explicit settings that override the text. Lengths in seconds, energy and density 0..1, loudness in LUFS.

    `energy` is a level or a drawn curve: evenly spaced levels from start to end. `leave_in` can also add instruments
    that the style does not have. `meter` is "4/4", "3/4" or "6/8"; tempos count quarter notes in each. `bed` leaves
    space for a voice. `ignore` lists phrases of the text that have no effect. These settings override the text, and the
    text overrides the `reference`.
    """

    length_s: float | None = None
    style: str | None = None
    bpm: float | None = None
    key: str | None = None
    energy: float | tuple[float, ...] | None = None
    density: float | None = None
    leave_in: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    loop: bool = False
    loudness_lufs: float = -14.0
    meter: str | None = None
    bed: bool = False
    reference: Reference | None = None
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """A decision, the words it came from, and which decision it is: the setting that would override it.

    A decision without words is a default or a guess, unless a setting (`is_set`) made it.
    """

    phrase: str
    meaning: str
    about: str = ""
    is_set: bool = False
    instrument: str = ""  # the family or player that is left out or brought in


@dataclass(frozen=True)
class Brief:
    """All decisions made before the first note. `bars` 0: as many as fit the length; `brightness_hz` 0: unchanged."""

    style: str
    length_s: float
    bpm: float
    bpm_is_requested: bool
    tonic: int
    mode: str
    moods: tuple[str, ...]
    use: str
    energy: tuple[float, ...]
    density: float
    leave_out: frozenset[str]
    loop: bool
    loudness_lufs: float
    texture: str
    seed: int
    decisions: tuple[Decision, ...]
    leave_in: frozenset[str] = frozenset()
    meter: str = "4/4"
    bed: bool = False
    brightness_hz: float = 0.0
    bars: int = 0
    timeline: tuple[Moment, ...] = ()
    style_source: str = "default"  # what chose the style: set, genre, instrument, scene, mood, use, meaning or default
    style_words: str = ""  # the words that chose it

    @property
    def key(self) -> str:
        return f"{NAMES[self.tonic]} {'major' if self.mode in MAJOR_MODES else 'minor'}"

    def summary(self) -> str:
        """Return what was understood, in one line, and what was not said: "rainy, 45 s; by default: piano"."""
        heard = join_texts(*dict.fromkeys(decision.meaning for decision in self._decided(True)), separator=", ")
        defaults = join_texts(*dict.fromkeys(decision.meaning for decision in self._decided(False)), separator=", ")
        if not defaults:
            return heard
        chosen = Message(_("not said, so chosen: {defaults}"), defaults=defaults)
        return join_texts(heard, chosen, separator="; ") if heard else chosen

    def _decided(self, is_heard: bool) -> list[Decision]:
        return [decision for decision in self.decisions if bool(decision.phrase or decision.is_set) is is_heard]


def without(text: str, phrases: tuple[str, ...]) -> str:
    """Return a text without phrases; a comma in the place of each keeps its neighbors from becoming one phrase."""
    for phrase in sorted(filter(None, phrases), key=len, reverse=True):
        before = "" if re.match(f"[{CJK}]", phrase) else r"(?<!\w)"
        after = "" if re.match(f"[{CJK}]", phrase[-1]) else r"(?!\w)"
        text = re.sub(rf"{before}{re.escape(phrase)}{after}", " , ", text, flags=re.IGNORECASE)
    return text
