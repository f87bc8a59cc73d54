"""Pitch classes, scales and chords: the music theory the composer needs, as data."""

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
    "harmonic": (0, 2, 3, 5, 7, 8, 11),  # harmonic minor; maqam Nahawand
    "hijaz": (0, 1, 4, 5, 7, 8, 10),  # maqam Hijaz, the Phrygian dominant
    "blues": (0, 3, 4, 5, 6, 7, 9, 10),  # minor and major third over dominant chords, with the flat fifth
}
MAJOR_MODES = ("major", "lydian", "mixolydian", "blues")  # whose home chord is major
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
    "dim7": (0, 3, 6, 9),
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
    parts = text.strip().lower().replace("♯", "#").replace("♭", "b").replace("-", " ").split()
    if not parts:
        raise ValueError("an empty text is not a key")
    name = parts[0][:1].upper() + parts[0][1:]
    rest = parts[1:]
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
    """A chord: root pitch class, intervals above it in semitones, and the bass if it is not the root."""

    root: int
    intervals: tuple[int, ...]
    bass: int | None = None

    @property
    def low(self) -> int:
        """Return the pitch class of the bass."""
        return self.root if self.bass is None else self.bass

    @property
    def is_minor(self) -> bool:
        return 3 in self.intervals

    def transposed(self, semitones: int) -> "Chord":
        bass = None if self.bass is None else (self.bass + semitones) % 12
        return Chord((self.root + semitones) % 12, self.intervals, bass)

    @property
    def tones(self) -> frozenset[int]:
        """Return the chord's pitch classes."""
        return _tones(self.root, self.intervals)


@lru_cache(maxsize=1024)
def _tones(root: int, intervals: tuple[int, ...]) -> frozenset[int]:
    return frozenset((root + interval) % 12 for interval in intervals)


def chord(numeral: str, tonic: int) -> Chord:
    """Parse a Roman numeral over a tonic: "ii7", "bVImaj7", "V7sus4". Degrees are in the major scale; case is mode.

    Raises:
        ValueError: not a numeral.
    """
    match = _NUMERAL.fullmatch(numeral)
    if not match:
        raise ValueError(f"{numeral!r} is not a chord numeral")
    degree = _DEGREES[match["degree"].upper()] + {"": 0, "b": -1, "#": 1}[match["accidental"]]
    quality = match["quality"]
    if match["degree"].islower():
        quality = {"": "m", "7": "m7", "9": "m9", "6": "m6", "add9": "madd9"}.get(quality, quality)
    return Chord((tonic + degree) % 12, QUALITIES[quality])


VOICE_COUNT = 4
REACH, WIDE_REACH = (-9, 11), (-12, 14)  # range of voices around their center: usual, widest
PARALLEL_COST, BASS_PARALLEL_COST = 40.0, 4.0  # cost of a parallel fifth or octave: between voices, against the bass
BASS_CENTER = 38
ROOT_COST = 2.5  # cost of a triad in which not the root is doubled


def lead_voices(chords: Sequence[Chord], center: int, home: Chord) -> list[tuple[int, ...]]:
    """Lead four voices from chord to chord around a center (MIDI pitches, low to high), coming from `home`."""
    before = (home, voicing(home, center, None))
    voicings = []
    for chord in chords:
        before = (chord, voicing(chord, center, before))
        voicings.append(before[1])
    return voicings


@lru_cache(maxsize=4096)
def voicing(chord: Chord, center: int, before: tuple[Chord, tuple[int, ...]] | None) -> tuple[int, ...]:
    """Voice a chord with the least movement and without parallel fifths or octaves."""
    best = min(_candidates(chord, center, REACH), key=lambda pitches: _cost(pitches, chord, before, center))
    if before and parallels(before[1], best):  # rare: search wider, which takes ten times as long
        further = _candidates(chord, center, WIDE_REACH)
        best = min(further, key=lambda pitches: _cost(pitches, chord, before, center))
    return best


def _candidates(chord: Chord, center: int, reach: tuple[int, int]) -> list[tuple[int, ...]]:
    voicings: set[tuple[int, ...]] = set()
    for intervals in _four_tones(chord.intervals):
        pitches_by_tone = [
            [
                pitch
                for pitch in range(center + reach[0], center + reach[1])
                if (pitch - chord.root - interval) % 12 == 0
            ]
            for interval in intervals
        ]
        voicings.update(
            tuple(sorted(pitches))
            for pitches in itertools.product(*pitches_by_tone)
            if len(set(pitches)) == VOICE_COUNT
        )
    return sorted(voicings)


def _four_tones(intervals: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return selections of four tones: larger chords lose the root (it is in the bass), smaller ones double a tone."""
    if len(intervals) > VOICE_COUNT:
        return [intervals[1:][:VOICE_COUNT]]
    if len(intervals) == VOICE_COUNT:
        return [intervals]
    if len(intervals) == 2:
        return [(*intervals, *intervals)]
    return [(*intervals, doubled) for doubled in intervals]


def parallels(before: Sequence[int], after: Sequence[int]) -> int:
    """Count the pairs of voices, from the bottom, that move between two fifths or two octaves in the same direction."""
    count = 0
    for i, j in itertools.combinations(range(min(len(before), len(after))), 2):
        interval = (before[j] - before[i]) % 12
        lower, upper = after[i] - before[i], after[j] - before[j]
        count += interval in (0, 7) and (after[j] - after[i]) % 12 == interval and lower * upper > 0
    return count


def _cost(pitches: tuple[int, ...], chord: Chord, before: tuple[Chord, tuple[int, ...]] | None, center: int) -> float:
    crowding = sum(3.0 for bass, high in itertools.pairwise(pitches) if high - bass < 2)
    # The third is the worst tone to double.
    crowding += 1.5 * (
        len(chord.intervals) == 3 and sum((p - chord.root - chord.intervals[1]) % 12 == 0 for p in pitches) > 1
    )
    # The root is the best, so that the harmony is clear without a bass, too.
    crowding += ROOT_COST * (len(chord.intervals) == 3 and sum((pitch - chord.root) % 12 == 0 for pitch in pitches) < 2)
    muddy = sum(2.0 for bass, high in itertools.pairwise(pitches) if bass < 50 and high - bass < 5)
    off_center = abs(sum(pitches) / len(pitches) - center) * 0.35
    spread = max(0, pitches[-1] - pitches[0] - 15) * 0.5
    if before is None:
        return crowding + muddy + off_center * 2 + spread
    previous = before[1]
    motion = sum(min(abs(pitch - old) for old in previous) for pitch in pitches)
    top = abs(pitches[-1] - previous[-1]) * 0.4
    inner = parallels(previous, pitches)
    bass, next_bass = nearest(before[0].low, BASS_CENTER), nearest(chord.low, BASS_CENTER)
    outer = parallels((bass, *previous), (next_bass, *pitches)) - inner
    return motion + top + crowding + muddy + off_center + spread + PARALLEL_COST * inner + BASS_PARALLEL_COST * outer


def nearest(pitch_class: int, around: float) -> int:
    """Return the MIDI pitch of a pitch class that is nearest to `around`."""
    base = round(around)
    offset = (pitch_class - base) % 12
    return base + (offset if offset <= 6 else offset - 12)


def scale_pitches(tonic: int, mode: str, low: int, high: int) -> list[int]:
    """Return every MIDI pitch of a scale from low to high."""
    tones = {(tonic + step) % 12 for step in SCALES[mode]}
    return [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
