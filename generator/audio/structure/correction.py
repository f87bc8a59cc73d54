"""A bar grid corrected by hand: moved, counted from another beat, or tapped where nothing was measured."""

from dataclasses import dataclass, replace

import numpy as np

from generator.audio.structure.features import Curve
from generator.audio.structure.model import Structure

DEFAULT_BEATS_PER_BAR = 4


@dataclass(frozen=True)
class GridCorrection:
    """What a person changed. With a `bpm`, the grid is even from `first_beat_s`, the first beat of a bar, on."""

    shift_s: float = 0.0  # positive: later
    beat_shift: int = 0  # positive: the bar begins that many beats later
    bpm: float | None = None
    first_beat_s: float = 0.0
    beats_per_bar: int | None = None


def correct_grid(structure: Structure, correction: GridCorrection) -> Structure:
    """Return the structure with the corrected grid; one without a pulse gets one only from a tempo."""
    per_bar = correction.beats_per_bar or structure.beats_per_bar or DEFAULT_BEATS_PER_BAR
    if correction.bpm:
        first, beats = _even_beats(structure, correction.bpm, correction.first_beat_s)
    elif structure.beats and structure.bars:
        beats = np.array(structure.beats)
        first = int(np.argmin(np.abs(beats - structure.bars[0])))
    else:
        return structure
    beats = beats + correction.shift_s
    bars = beats[(first + correction.beat_shift) % per_bar :: per_bar]
    return replace(
        structure,
        bpm=round(correction.bpm, 2) if correction.bpm else structure.bpm,
        beats=_inside(beats, structure.length_s),
        bars=_inside(bars, structure.length_s),
        beats_per_bar=per_bar,
        confidence=1.0 if correction.bpm else structure.confidence,
    )


def _even_beats(structure: Structure, bpm: float, first_beat_s: float) -> tuple[int, Curve]:
    """Return evenly spaced beats as far as the music goes, and which of them is the given one."""
    gap_s = 60 / bpm
    before = max(0, int((first_beat_s - structure.starts_s) / gap_s + 0.05))
    after = max(0, int((structure.music_ends_s - first_beat_s) / gap_s + 0.05))
    return before, first_beat_s + gap_s * np.arange(-before, after + 1)


def _inside(times: Curve, length_s: float) -> tuple[float, ...]:
    return tuple(round(float(time), 4) for time in times if 0 <= time < length_s)
