"""Loops: the best stretch of a track between two bar lines, its seam made and proven.

Where the loop begins again, what followed its end in the track fades out over its beginning (the tail is folded over
the start): held notes and reverberation do not break off. The seam is measured against the track's own bar lines.
"""

from dataclasses import dataclass

import numpy as np

from generator.audio.editing.assemble import Region, add_faded, crossfade_gains, place_joins
from generator.audio.editing.blocks import Samples, move, shorten
from generator.audio.editing.likeness import flux_at, join_costs
from generator.audio.structure import Structure
from generator.audio.structure.features import Features, find_features

NO_PULSE_BAR_S = 2.0
PHRASE_COSTS = (0.0, 0.3, 0.12, 0.3)  # by the number of bars modulo four
SHORT_COST = 0.15  # for the shortest loop of the range, none for the longest
FOLD_S, MAX_FOLD_S = 0.03, 0.4  # crossfade; for sides as alike as repeats it may be longer
EDGE_S = 0.1  # compared on either side of the seam
GRADES = (("A", 1.0, 1.5), ("B", 1.25, 3.0), ("C", 1.75, 6.0))  # largest distance and level step in dB; else D
STEP_DB_LIMIT = -30.0  # a step between two samples above this is a click, whatever else is measured


@dataclass(frozen=True)
class LoopCandidate:
    """Frames [start, end) of the source; `fold_frames` after the end are folded over the start."""

    start_frame: int
    end_frame: int
    fold_frames: int
    correlation: float
    bars: int  # 0: not on bar lines
    cost: float


@dataclass(frozen=True)
class Seam:
    step_db: float  # jump between the last and the first sample beyond the usual one nearby, against full scale
    level_db: float  # level after the seam against the level there in the track
    spectral_distance: float  # spectral flux at the seam ÷ the 99th percentile of it at the track's own bar lines
    grade: str  # A (cannot be heard) to D


def find_loops(
    samples: Samples,
    rate: int,
    structure: Structure,
    min_s: float,
    max_s: float,
    *,
    max_loops: int = 3,
    features: Features | None = None,
) -> tuple[LoopCandidate, ...]:
    """Return the best loops within a range of lengths, best first; empty if the track has no room for one."""
    marks = np.array([mark for mark in structure.cut_points if structure.starts_s - 0.05 <= mark <= structure.ends_s])
    if len(marks) < 2:
        return ()
    has_bars = bool(structure.bars)
    bar_s = float(np.median(np.diff(marks))) if has_bars else NO_PULSE_BAR_S
    lengths = marks[None, :] - marks[:, None]
    cost = join_costs(
        features or find_features(samples, rate), marks, bar_s
    ).T  # [start, end]: leave at the end, enter at the start
    cost = cost + SHORT_COST * (max_s - lengths) / max(max_s - min_s, 1e-6)
    if has_bars:
        counts = np.round(lengths / bar_s).astype(int)
        cost += np.array(PHRASE_COSTS)[counts % 4]
    fits = (lengths >= min_s - 1e-3) & (lengths <= max_s + 1e-3)
    order = np.argsort(np.where(fits, cost, np.inf), axis=None, kind="stable")[: min(max_loops, int(fits.sum()))]
    pairs = [np.unravel_index(index, cost.shape) for index in order]
    return tuple(
        _candidate(samples, rate, (float(marks[a]), float(marks[b])), float(cost[a, b]), bar_s if has_bars else None)
        for a, b in pairs
    )


def loop_between(samples: Samples, rate: int, start_s: float, end_s: float, bar_s: float | None) -> LoopCandidate:
    """Return the loop between two given points, its seam at the quietest point nearby; `bar_s` None: not on bars."""
    return _candidate(samples, rate, (start_s, end_s), 0.0, bar_s)


def _candidate(
    samples: Samples, rate: int, span: tuple[float, float], cost: float, bar_s: float | None
) -> LoopCandidate:
    """Return the loop with its seam at the quietest point nearby."""
    start, end = round(span[0] * rate), min(len(samples), round(span[1] * rate))
    left, right = place_joins(samples, rate, [Region(start, end), Region(start, end)])
    correlation = right.correlation
    fold = round((MAX_FOLD_S * correlation**4 if correlation > 0.5 else 0.0) * rate)
    fold = max(fold, round(FOLD_S * rate))
    start, end = right.start_frame, left.end_frame
    fold = min(fold, (end - start) // 4, len(samples) - end)
    bars = round((end - start) / rate / bar_s) if bar_s else 0
    return LoopCandidate(start, end, fold, correlation, bars, round(cost, 3))


def make_loop(samples: Samples, rate: int, candidate: LoopCandidate, *, overwrite: bool = False) -> Samples:
    """Return the loop; it is played whole, again and again (loop points 0 and its length). Use it for stems, too.

    `overwrite`: the samples are not needed any more, and their memory is used.
    """
    start, frames = candidate.start_frame, candidate.end_frame - candidate.start_frame
    beginning = _folded(samples, candidate)
    if overwrite:
        move(samples, start, 0, frames)
        loop = shorten(samples, frames)
    else:
        loop = samples[start : candidate.end_frame].astype(np.float32, copy=True)
    loop[: len(beginning)] = beginning
    return loop


def _folded(samples: Samples, candidate: LoopCandidate) -> Samples:
    """Return the beginning of the loop, with what followed its end fading out over it."""
    start, end, fold = candidate.start_frame, candidate.end_frame, candidate.fold_frames
    fade_out, fade_in = crossfade_gains(fold, candidate.correlation)
    beginning, tail = samples[start : start + fold], samples[end : end + fold]
    return add_faded(tail, fade_out, beginning, fade_in)


def prove_seam(samples: Samples, rate: int, structure: Structure, candidate: LoopCandidate) -> Seam:
    """Measure the seam of a loop against the bar lines of the track it comes from."""
    start, end = candidate.start_frame, candidate.end_frame
    reach = min((end - start) // 2, round(0.3 * rate))
    beginning = samples[start : start + reach].copy()
    folded = _folded(samples, candidate)[:reach]
    beginning[: len(folded)] = folded
    around = np.concatenate([samples[end - reach : end], beginning])
    step_db = _step_db(around, reach, rate)
    edge = min(reach, round(EDGE_S * rate))
    level_db = _level_db(beginning[:edge]) - _level_db(samples[start : start + edge])
    marks = structure.cut_points
    own = flux_at(samples, rate, [round(mark * rate) for mark in marks])
    distance = float(flux_at(around, rate, [reach])[0] / max(np.quantile(own, 0.99), 1e-9))
    return Seam(round(step_db, 1), round(level_db, 2), round(distance, 2), _grade(step_db, abs(level_db), distance))


def _step_db(around: Samples, seam: int, rate: int) -> float:
    """Return how far the step at the seam exceeds the largest step within 5 ms, in dB against full scale."""
    steps = np.abs(np.diff(around, axis=0)).max(axis=1)
    near = round(0.005 * rate)
    usual = float(np.delete(steps[seam - 1 - near : seam - 1 + near], near).max(initial=0.0))
    return float(20 * np.log10(max(float(steps[seam - 1]) - usual, 1e-6)))


def _level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-10))


def _grade(step_db: float, level_db: float, distance: float) -> str:
    if step_db > STEP_DB_LIMIT:
        return "D"
    return next((grade for grade, most, most_db in GRADES if distance <= most and level_db <= most_db), "D")
