"""Pitch classes, scales and chords: the little harmony the composer needs, as data."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_FLAT = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb", "Cb": "B", "Fb": "E", "E#": "F", "B#": "C"}

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "9": (0, 4, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "m9": (0, 3, 7, 10, 14),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "7sus4": (0, 5, 7, 10),
    "dim": (0, 3, 6),
    "m7b5": (0, 3, 6, 10),
    "13": (0, 4, 10, 14, 21),
}
_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_NUMERAL = re.compile(r"(?P<accidental>[b#]?)(?P<degree>[IV]+|[iv]+)(?P<quality>\w*)")


def parse_key(text: str) -> tuple[int, str]:
    """Read "F# minor", "Bb", "c-sharp min" as (pitch class, "major" or "minor").

    Raises:
        ValueError: not a key.
    """
    words = text.strip().lower().replace("♯", "#").replace("♭", "b").replace("-", " ").split()
    if not words:
        raise ValueError("an empty text is not a key")
    name = words[0][:1].upper() + words[0][1:]
    rest = words[1:]
    if rest and rest[0] in ("sharp", "flat"):
        name += "#" if rest.pop(0) == "sharp" else "b"
    minor = False
    if name.endswith("m") and len(name) > 1:
        name, minor = name[:-1], True
    minor = minor or bool(rest and rest[0].startswith("min"))
    name = _FLAT.get(name, name)
    if name not in NAMES:
        raise ValueError(f"{text!r} is not a key such as “A minor”")
    return NAMES.index(name), "minor" if minor else "major"


@dataclass(frozen=True)
class Chord:
    """A chord: root pitch class and intervals above it in semitones."""

    root: int
    intervals: tuple[int, ...]

    @property
    def tones(self) -> frozenset[int]:
        """Its pitch classes."""
        return frozenset((self.root + interval) % 12 for interval in self.intervals)


def chord(numeral: str, tonic: int) -> Chord:
    """Read a Roman numeral over a tonic: "ii7", "bVImaj7", "V7sus4". Degrees count in the major scale, case is mode.

    Raises:
        ValueError: not a numeral.
    """
    found = _NUMERAL.fullmatch(numeral)
    if not found:
        raise ValueError(f"{numeral!r} is not a chord numeral")
    degree = _DEGREES[found["degree"].upper()] + {"": 0, "b": -1, "#": 1}[found["accidental"]]
    quality = found["quality"]
    if found["degree"].islower():
        quality = {"": "m", "7": "m7", "9": "m9", "6": "m6", "add9": "madd9"}.get(quality, quality)
    return Chord((tonic + degree) % 12, QUALITIES[quality])


def voicing(chord: Chord, previous: Sequence[int] | None, centre: int, voices: int = 4) -> tuple[int, ...]:
    """Place a chord's tones around a centre so that the hands move least from the previous voicing (MIDI pitches)."""
    wanted = chord.intervals[:1] if len(chord.intervals) > voices else ()
    tones = [i for i in chord.intervals if i not in wanted][:voices] or list(chord.intervals)
    places = []
    for interval in tones:
        base = (chord.root + interval) % 12
        places.append([pitch for pitch in range(centre - 9, centre + 11) if pitch % 12 == base])
    candidates = [tuple(sorted(pitches)) for pitches in itertools.product(*places) if len(set(pitches)) == len(pitches)]
    return min(candidates, key=lambda pitches: _cost(pitches, previous, centre))


def _cost(pitches: tuple[int, ...], previous: Sequence[int] | None, centre: int) -> float:
    close = sum(3.0 for low, high in itertools.pairwise(pitches) if high - low < 2)
    muddy = sum(2.0 for low, high in itertools.pairwise(pitches) if low < 50 and high - low < 5)
    away = abs(sum(pitches) / len(pitches) - centre) * 0.35
    spread = max(0, pitches[-1] - pitches[0] - 15) * 0.5
    if previous is None:
        return close + muddy + away * 2 + spread
    motion = sum(min(abs(pitch - old) for old in previous) for pitch in pitches)
    top = abs(pitches[-1] - previous[-1]) * 0.4
    return motion + top + close + muddy + away + spread


def nearest(pitch_class: int, around: float) -> int:
    """The MIDI pitch of a pitch class that lies nearest to `around`."""
    base = round(around)
    offset = (pitch_class - base) % 12
    return base + (offset if offset <= 6 else offset - 12)


def scale_pitches(tonic: int, mode: str, low: int, high: int) -> list[int]:
    """Every MIDI pitch of a scale from low to high."""
    tones = {(tonic + step) % 12 for step in SCALES[mode]}
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
