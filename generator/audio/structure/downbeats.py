"""Bar lines: which beats, or which points halfway between them, begin a bar, and how many beats a bar has.

Harmony changes at bar lines, and attacks are stronger there, above all in the bass. Every meter and position is tried;
the one at which all this stands out most from the other beats wins.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from generator.audio.structure.beats import Pulse, strength_at
from generator.audio.structure.features import Curve, Features

METERS = ((4, 1.0), (3, 0.9), (2, 0.85))  # beats per bar, weight: how common it is
ONSET_WEIGHT, LOW_ONSET_WEIGHT = 0.35, 0.35  # beside the change of harmony, which counts 1
HALFWAY_WEIGHT = 0.9  # the tracked beats are believed first
HALFWAY_STRENGTH = 0.5  # share of the attacks on the tracked beats that points between them need to be beats
GUARD_S = 0.05  # left out around a possible bar line when harmonies are compared
MAX_THREE_BPM = 165.0
MIN_BARS = 8


@dataclass(frozen=True)
class Grid:
    beats: Curve
    bars: Curve
    beats_per_bar: int
    contrast: float  # how much the bar lines stand out from the other beats, in standard deviations


def find_grid(features: Features, pulse: Pulse) -> Grid:
    """Return the beats and bar lines. A fast three is felt as one beat, as in 6/8 and in fast waltzes."""
    grid = _find_meter(features, pulse)
    if grid.beats_per_bar == 3 and pulse.bpm > MAX_THREE_BPM and len(grid.bars) > MIN_BARS:
        return _find_meter(features, Pulse(pulse.bpm / 3, grid.bars, pulse.confidence))
    return grid


def _find_meter(features: Features, pulse: Pulse) -> Grid:
    spacing = float(np.median(np.diff(pulse.beats)))
    halfway = np.append((pulse.beats[1:] + pulse.beats[:-1]) / 2, pulse.beats[-1] + spacing / 2)
    best: tuple[float, Grid] | None = None
    grids = [(pulse.beats, 1.0)]
    on_beats, between = (strength_at(features.onset, times, features.rate) for times in (pulse.beats, halfway))
    if between > HALFWAY_STRENGTH * on_beats:
        grids.append((halfway, HALFWAY_WEIGHT))
    for beats, trust in grids:
        marks = _accents(features, beats, spacing)
        for meter, weight in METERS:
            for first in range(meter):
                contrast = _contrast(marks, meter, first)
                score = contrast * weight * trust
                if best is None or score > best[0]:
                    best = score, Grid(beats, beats[first::meter], meter, contrast)
    assert best is not None
    return best[1]


def _accents(features: Features, beats: Curve, spacing: float) -> Curve:
    """Return how much each beat sounds like the beginning of a bar, in standard deviations."""
    change = harmony_change(features, beats, spacing)
    frames = np.clip(np.round(beats * features.rate).astype(int), 0, len(features.onset) - 1)
    strong = scipy.ndimage.maximum_filter1d(features.onset, 5)[frames]
    low = scipy.ndimage.maximum_filter1d(features.low_onset, 5)[frames]
    marks = _standardize(change) + ONSET_WEIGHT * _standardize(strong) + LOW_ONSET_WEIGHT * _standardize(low)
    return np.asarray(marks)


def _standardize(values: Curve) -> Curve:
    return np.asarray((values - values.mean()) / (values.std() + 1e-6))


def _contrast(marks: Curve, meter: int, first: int) -> float:
    is_bar = np.zeros(len(marks), bool)
    is_bar[first::meter] = True
    return float(marks[is_bar].mean() - marks[~is_bar].mean()) if is_bar.any() and not is_bar.all() else -9.0


def harmony_change(features: Features, times: Curve, reach_s: float) -> Curve:
    """Return the distance between the harmony before and after each time."""
    chroma = features.chroma / (np.linalg.norm(features.chroma, axis=1, keepdims=True) + 1e-3)
    sums = np.vstack([np.zeros(12), np.cumsum(chroma, axis=0)])

    def mean(start: Curve, end: Curve) -> Curve:
        first = np.clip(np.round(start * features.chroma_rate).astype(int), 0, len(chroma) - 1)
        last = np.clip(np.round(end * features.chroma_rate).astype(int), first + 1, len(chroma))
        return np.asarray((sums[last] - sums[first]) / (last - first)[:, None])

    before, after = mean(times - reach_s, times - GUARD_S), mean(times + GUARD_S, times + reach_s + GUARD_S)
    return np.asarray(np.linalg.norm(before - after, axis=1))
