"""Loudness and peaks for a destination: a gain first, and the true-peak limiter where peaks stand in the way."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from generator import limiter
from generator.audio import peaks
from generator.audio.editing.blocks import Report, Samples, ignore_progress, multiply, scale
from generator.audio.loudness import STEP_S, Loudness, loudness

Curve = NDArray[np.float64]

MAX_GAIN_DB = 40.0  # more would only raise noise
MAX_REDUCTION_DB = 12.0  # the limiter is not driven further; the loudness is then missed
MARGIN_DB = 0.2  # below the ceiling, for what 4× oversampling and a moving gain miss
SPARE_DB = 3.0  # more gain than this beyond the first guess is rarely needed
AUDIBLE_DB = 0.5  # less reduction is not counted as work
MAX_ROUNDS, TOLERANCE_LU = 12, 0.02
_MIN_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class Leveled:
    """What the level step did. Gains in dB, loudness in LUFS before and after; None is silence.

    `max_reduction_db` is the most that the limiter took away, `limited_s` for how long it took more than AUDIBLE_DB.
    `missed_lu` is how far the loudness stays below the target, because the limiter would have to work too hard.
    `curve_db` is what a gain alone does not do: the gain including the limiter's, one per `step_frames`.
    `work` is "none", "slight" (up to 2 dB), "noticeable" (up to 5 dB) or "heavy".
    """

    gain_db: float
    lufs_before: float | None
    lufs_after: float | None
    true_peak_before_dbtp: float | None
    max_reduction_db: float = 0.0
    limited_s: float = 0.0
    missed_lu: float = 0.0
    curve_db: Curve | None = field(default=None, repr=False, compare=False)
    step_frames: int = 0

    @property
    def work(self) -> str:
        grades = ((0.05, "none"), (2.0, "slight"), (5.0, "noticeable"))
        return next((grade for most, grade in grades if self.max_reduction_db <= most), "heavy")


@dataclass(frozen=True)
class Levels:
    """Loudness and true peak of a sound; the peak is in dBTP, None for silence."""

    loudness: Loudness
    true_peak_dbtp: float | None

    @property
    def lufs(self) -> float | None:
        return self.loudness.lufs

    def after(self, leveled: Leveled) -> "Levels | None":
        """Return what is known after leveling: everything if it was a gain alone."""
        if leveled.max_reduction_db or self.true_peak_dbtp is None:
            return None
        parts = self.loudness.parts * 10 ** (leveled.gain_db / 10)
        lufs = self.loudness.lufs_with(leveled.gain_db)
        return Levels(replace(self.loudness, lufs=lufs, parts=parts), self.true_peak_dbtp + leveled.gain_db)


@dataclass(frozen=True)
class _Meter:
    """Peaks in dB per step of the limiter, and the loudness that a gain curve at its edges leads to."""

    peaks_db: Curve
    loudness: Loudness
    step_frames: int
    part_frames: int
    rate: int

    @property
    def step_s(self) -> float:
        return self.step_frames / self.rate

    def lufs_with(self, gain_db: Curve) -> float | None:
        """Return the loudness with a gain curve in dB per step of the limiter."""
        total = np.concatenate(([0.0], np.cumsum(10 ** (gain_db / 10))))
        edges = np.arange(len(self.loudness.parts) + 1) * (self.part_frames / self.step_frames)
        before = np.minimum(edges.astype(int), len(total) - 1)
        after = np.minimum(before + 1, len(total) - 1)
        means = np.diff(total[before] + (edges - before) * (total[after] - total[before])) / edges[1]
        return self.loudness.lufs_with(10 * np.log10(np.maximum(means, 1e-12)))


def measure_levels(samples: Samples, rate: int) -> Levels:
    """Measure samples of shape (frames, 1 or 2)."""
    top = peaks.true_peak(samples, peaks.block_peaks(samples))
    return Levels(loudness(samples, rate), float(20 * np.log10(top)) if top else None)


def level(
    samples: Samples,
    rate: int,
    *,
    lufs: float | None,
    true_peak_dbtp: float,
    is_loop: bool = False,
    known: Levels | None = None,
    report: Report = ignore_progress,
) -> Leveled:
    """Bring the samples (frames, channels) to a loudness below a true-peak ceiling, in place.

    `lufs` None keeps the loudness, and only lowers peaks that exceed the ceiling. The gain of a loop ends as it begins.
    `known` are the levels of these samples, if they were measured before.
    """
    levels = known or measure_levels(samples, rate)
    report(0.3)
    before, top = levels.lufs, levels.true_peak_dbtp
    if top is None or (before is None and lufs is not None):
        return Leveled(0.0, None, None, None)
    gain = 0.0 if lufs is None or before is None else min(MAX_GAIN_DB, lufs - before)
    if top + gain <= true_peak_dbtp:
        scale(samples, gain)
        report(1.0)
        return Leveled(gain, before, levels.loudness.lufs_with(gain), top)
    ceiling, max_gain = true_peak_dbtp - MARGIN_DB, min(MAX_GAIN_DB, true_peak_dbtp - top + MAX_REDUCTION_DB)
    likely_gain = min(max_gain, gain + SPARE_DB)
    meter = _meter(samples, rate, levels.loudness, ceiling - likely_gain)
    gain, curve = _plan(meter, gain, lufs, ceiling, max_gain, is_loop)
    if gain > likely_gain:  # softer peaks count, too
        meter = _meter(samples, rate, levels.loudness, ceiling - max_gain)
        gain, curve = _plan(meter, gain, lufs, ceiling, max_gain, is_loop)
    report(0.6)
    _apply(samples, gain + curve, meter.step_frames, is_loop, lambda done: report(0.6 + 0.4 * done))
    after = loudness(samples, rate).lufs
    return Leveled(
        gain,
        before,
        after,
        top,
        max_reduction_db=float(-curve.min()),
        limited_s=float((curve < -AUDIBLE_DB).sum() * meter.step_s),
        missed_lu=0.0 if lufs is None or after is None else max(0.0, lufs - after),
        curve_db=gain + curve,
        step_frames=meter.step_frames,
    )


def apply_leveled(samples: Samples, leveled: Leveled, *, is_loop: bool = False) -> None:
    """Do to a stem, in place, what leveling did to its mix: the same gain, and the same work of the limiter."""
    if leveled.curve_db is None:
        scale(samples, leveled.gain_db)
    else:
        _apply(samples, leveled.curve_db, leveled.step_frames, is_loop, ignore_progress)


def _meter(samples: Samples, rate: int, measured: Loudness, lowest_db: float) -> _Meter:
    """Measure the peaks of each step; they are true peaks where these could exceed `lowest_db`."""
    step_frames = limiter.STEP_FRAMES * max(1, round(rate / 48_000))
    size = step_frames * -(-_MIN_BLOCK_FRAMES // step_frames)
    threshold = 0.5 * 10 ** (lowest_db / 20)  # a true peak is at most 6 dB above its samples, see peaks.py
    found: list[Samples] = [np.zeros(0, np.float32)]
    for start in range(0, len(samples), size):
        # With the steps around it: a peak between two blocks is neither missed nor made up.
        block = samples[max(0, start - step_frames) : start + size + step_frames]
        before = min(start, step_frames)
        first = step_frames - before
        padded = np.zeros((samples.shape[1], -(-(first + len(block)) // step_frames) * step_frames), np.float32)
        padded[:, first : first + len(block)] = block.T
        count = -(-min(size, len(samples) - start) // step_frames)
        found.append(limiter.step_peaks(padded, threshold, step_frames)[1 : 1 + count])
    levels = 20 * np.log10(np.maximum(np.concatenate(found), 1e-6))
    part_frames = max(1, round(STEP_S * rate)) // measured.parts_per_step
    return _Meter(levels, measured, step_frames, part_frames, rate)


def _plan(
    meter: _Meter, gain: float, lufs: float | None, ceiling_db: float, max_gain: float, is_loop: bool
) -> tuple[float, Curve]:
    """Return the gain, and the limiter's curve, that reach the loudness under the ceiling."""
    gain = min(gain, max_gain)
    curve = limiter.plan_reduction(ceiling_db - (meter.peaks_db + gain), meter.step_s, is_loop)
    last: tuple[float, float] | None = None
    for _ in range(MAX_ROUNDS if lufs is not None else 0):
        reached = meter.lufs_with(gain + curve)
        if reached is None or lufs is None or abs(lufs - reached) < TOLERANCE_LU:
            break
        # With the limiter active, 1 dB of gain yields less than 1 LU; the slope is estimated from the last round.
        slope = 1.0 if last is None or gain == last[0] else (reached - last[1]) / (gain - last[0])
        last = gain, reached
        gain = min(max_gain, gain + min(6.0, (lufs - reached) / min(1.0, max(0.15, slope))))
        curve = limiter.plan_reduction(ceiling_db - (meter.peaks_db + gain), meter.step_s, is_loop)
    return gain, curve


def _apply(samples: Samples, gain_db: Curve, step_frames: int, is_loop: bool, report: Report) -> None:
    factors = (10 ** (np.append(gain_db, gain_db[0 if is_loop else -1]) / 20)).astype(np.float32)
    steps = -(-_MIN_BLOCK_FRAMES // step_frames)
    for first in range(0, len(gain_db), steps):
        block = samples[first * step_frames : (first + steps) * step_frames]
        multiply(block, limiter.interpolate_gain(factors, first, steps, step_frames)[: len(block)])
        report(min(1.0, (first + steps) / len(gain_db)))
