"""Pitch classes, scales and chords: the little harmony the composer needs, as data."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

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


VOICES = 4
REACH, FURTHER = (-9, 11), (-12, 14)  # how far voices lie from their centre, usually and at most
PARALLEL, OVER_BASS = 40.0, 4.0  # what a parallel fifth or octave costs among the voices, and against the bass
BASS_CENTRE = 38


def voiced(chords: Sequence[Chord], centre: int, home: Chord) -> list[tuple[int, ...]]:
    """Lead four voices from chord to chord around a centre (MIDI pitches, low to high), coming from `home`."""
    before = (home, voicing(home, centre, None))
    found = []
    for chord in chords:
        before = (chord, voicing(chord, centre, before))
        found.append(before[1])
    return found


@lru_cache(maxsize=4096)
def voicing(chord: Chord, centre: int, before: tuple[Chord, tuple[int, ...]] | None) -> tuple[int, ...]:
    """Place a chord's tones so that the hands move least and no two voices move in parallel fifths or octaves."""
    best = min(_candidates(chord, centre, REACH), key=lambda pitches: _cost(pitches, chord, before, centre))
    if before and parallels(before[1], best):  # rarely: then look further, which takes ten times as long
        further = _candidates(chord, centre, FURTHER)
        best = min(further, key=lambda pitches: _cost(pitches, chord, before, centre))
    return best


def _candidates(chord: Chord, centre: int, reach: tuple[int, int]) -> list[tuple[int, ...]]:
    found: set[tuple[int, ...]] = set()
    for intervals in _four(chord.intervals):
        places = [
            [
                pitch
                for pitch in range(centre + reach[0], centre + reach[1])
                if (pitch - chord.root - interval) % 12 == 0
            ]
            for interval in intervals
        ]
        found.update(tuple(sorted(pitches)) for pitches in itertools.product(*places) if len(set(pitches)) == VOICES)
    return sorted(found)


def _four(intervals: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Four tones of a chord: the root is left to the bass where there are more, doubled tones where there are fewer."""
    if len(intervals) > VOICES:
        return [intervals[1:][:VOICES]]
    if len(intervals) == VOICES:
        return [intervals]
    if len(intervals) == 2:
        return [(*intervals, *intervals)]
    return [(*intervals, doubled) for doubled in intervals]


def parallels(before: Sequence[int], after: Sequence[int]) -> int:
    """How many pairs of voices, counted from the bottom, go from a fifth or octave to the same in one direction."""
    count = 0
    for i, j in itertools.combinations(range(min(len(before), len(after))), 2):
        apart = (before[j] - before[i]) % 12
        lower, upper = after[i] - before[i], after[j] - before[j]
        count += apart in (0, 7) and (after[j] - after[i]) % 12 == apart and lower * upper > 0
    return count


def _cost(pitches: tuple[int, ...], chord: Chord, before: tuple[Chord, tuple[int, ...]] | None, centre: int) -> float:
    close = sum(3.0 for low, high in itertools.pairwise(pitches) if high - low < 2)
    # A doubled third is the weakest of the doublings.
    close += 1.5 * (
        len(chord.intervals) == 3 and sum((p - chord.root - chord.intervals[1]) % 12 == 0 for p in pitches) > 1
    )
    muddy = sum(2.0 for low, high in itertools.pairwise(pitches) if low < 50 and high - low < 5)
    away = abs(sum(pitches) / len(pitches) - centre) * 0.35
    spread = max(0, pitches[-1] - pitches[0] - 15) * 0.5
    if before is None:
        return close + muddy + away * 2 + spread
    previous = before[1]
    motion = sum(min(abs(pitch - old) for old in previous) for pitch in pitches)
    top = abs(pitches[-1] - previous[-1]) * 0.4
    inner = parallels(previous, pitches)
    low, lower = nearest(before[0].root, BASS_CENTRE), nearest(chord.root, BASS_CENTRE)
    outer = parallels((low, *previous), (lower, *pitches)) - inner
    return motion + top + close + muddy + away + spread + PARALLEL * inner + OVER_BASS * outer


def nearest(pitch_class: int, around: float) -> int:
    """The MIDI pitch of a pitch class that lies nearest to `around`."""
    base = round(around)
    offset = (pitch_class - base) % 12
    return base + (offset if offset <= 6 else offset - 12)


def scale_pitches(tonic: int, mode: str, low: int, high: int) -> list[int]:
    """Every MIDI pitch of a scale from low to high."""
    tones = {(tonic + step) % 12 for step in SCALES[mode]}
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
