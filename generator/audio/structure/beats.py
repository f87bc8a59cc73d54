"""Beat tracking: tempo candidates by autocorrelation, beats by dynamic programming, then an even grid if they keep one.

The method is Ellis, "Beat tracking by dynamic programming" (2007); the choice among the candidates is our own.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.audio.structure.features import Curve, Features, find_peaks

MIN_BPM, MAX_BPM = 50.0, 200.0
PRIOR_BPM, PRIOR_WIDTH = 110.0, 0.7  # log-normal prior for octaves
COMB = ((1, 1.0), (2, 0.8), (3, 0.4), (4, 0.7), (8, 0.5))  # lag in beats, weight of the autocorrelation there
TIGHTNESS = 100.0  # how strongly beats keep their distance
LOW_SHARE = 0.5  # weight of kick and bass beside all bands
MAX_CANDIDATES = 5
MAX_SPACING_ERROR, SPACING_STEPS = 0.015, 1200  # share by which the tracked spacing may be off, and the search
MIN_EVENNESS = 0.8  # 0 to 1: how well beats must follow an even grid to be replaced by it
MAX_SLOWING_BEATS = 8  # at the end
MIN_CONFIDENCE = 0.62
MIN_LENGTH_S = 4.0
MAX_EARLY_S = 0.03  # a beat found this little before the start is at the start
MIN_ATTACK = 0.1  # steady and swelling sounds stay below
LATENCY_S = 0.008  # by which the onset curve is ahead of an attack, on average over instruments
MAX_HALF_TIME_BPM, HALFWAY_SHARE = 95.0, 0.9


@dataclass(frozen=True)
class Pulse:
    """Beat times in seconds, evenly spaced if the music keeps a steady tempo."""

    bpm: float
    beats: Curve
    confidence: float


def find_pulse(features: Features) -> Pulse | None:
    """Return the beats, or None for music without a steady pulse."""
    onset = features.onset + LOW_SHARE * features.low_onset
    if len(onset) < MIN_LENGTH_S * features.rate or features.strongest_attack < MIN_ATTACK:
        return None
    ranked = [
        (strength * pulse.confidence, pulse)
        for bpm, strength in _candidates(onset, features.rate)
        for pulse in [_track(onset, 60 * features.rate / bpm, features.rate)]
    ]
    _, best = max(ranked, key=lambda pair: pair[0], default=(0.0, None))
    if best is None or best.confidence < MIN_CONFIDENCE:
        return None
    return _double(best) if _is_half_time(best, features.onset, features.rate) else best


def _is_half_time(pulse: Pulse, onset: Curve, rate: float) -> bool:
    """Return whether a slow pulse leaves out beats: attacks halfway between are as strong as those on it."""
    if pulse.bpm > MAX_HALF_TIME_BPM:
        return False
    halfway = (pulse.beats[1:] + pulse.beats[:-1]) / 2
    return strength_at(onset, halfway, rate) > HALFWAY_SHARE * strength_at(onset, pulse.beats, rate)


def _double(pulse: Pulse) -> Pulse:
    halfway = (pulse.beats[1:] + pulse.beats[:-1]) / 2
    return Pulse(2 * pulse.bpm, np.sort(np.concatenate([pulse.beats, halfway])), pulse.confidence)


def strength_at(curve: Curve, times: Curve, rate: float) -> float:
    """Return the mean of a curve's maxima within 23 ms of the given times."""
    near = scipy.ndimage.maximum_filter1d(curve, 5)
    return float(near[np.clip(np.round(times * rate).astype(int), 0, len(curve) - 1)].mean())


def _prior(bpm: float | Curve) -> Curve:
    return np.asarray(np.exp(-0.5 * (np.log2(bpm / PRIOR_BPM) / PRIOR_WIDTH) ** 2))


def _candidates(onset: Curve, rate: float) -> list[tuple[float, float]]:
    """Return tempos with a strong periodicity and how strong it is, best first."""
    similarity = autocorrelate(onset)
    tempos = 2.0 ** np.arange(np.log2(MIN_BPM), np.log2(MAX_BPM), 0.004)
    lags = 60 * rate / tempos
    positions = np.arange(len(similarity))
    score = np.zeros(len(tempos))
    for times, weight in COMB:
        near = [np.interp(lags * times + shift, positions, similarity, right=0.0) for shift in (-1, 0, 1)]
        score += weight * np.max(near, axis=0)
    score = np.maximum(score, 0) * _prior(tempos)
    peaks = find_peaks(np.pad(score, 1), distance=6)
    ordered = sorted(peaks - 1, key=lambda peak: -score[peak])
    return [(float(tempos[peak]), float(score[peak])) for peak in ordered[:MAX_CANDIDATES]]


def autocorrelate(curve: Curve) -> Curve:
    """Return the unbiased autocorrelation, 1 at lag zero."""
    centered = curve - curve.mean()
    size = len(centered)
    raw = scipy.fft.irfft(np.abs(scipy.fft.rfft(centered, 2 * size)) ** 2)[:size]
    return np.asarray(raw / np.maximum(1, size - np.arange(size)) / (raw[0] / size + 1e-12))


def _track(onset: Curve, period: float, rate: float) -> Pulse:
    frames = _follow(onset, period)
    beats = _refine(onset, frames)
    spacing = float(np.median(np.diff(beats))) if len(beats) > 2 else period
    confidence = _confidence(onset, beats, spacing)
    beats = _straighten(beats, onset, spacing)
    spacing = float(np.median(np.diff(beats))) if len(beats) > 2 else period
    times = beats / rate + LATENCY_S
    return Pulse(60 * rate / spacing, np.maximum(0, times[times > -MAX_EARLY_S]), confidence)


def _follow(onset: Curve, period: float) -> NDArray[np.intp]:
    """Return the frames of the beats that maximize onset strength and evenness."""
    size = len(onset)
    lags = np.arange(-int(2 * period), -max(1, int(period / 2)) + 1)
    penalty = -TIGHTNESS * np.log(-lags / period) ** 2
    first = -int(lags[0])
    score = np.concatenate([np.zeros(first), onset.astype(np.float64)])
    before = np.full(size + first, -1)
    for frame in range(first, size + first):
        reachable = score[frame + lags] + penalty
        best = int(np.argmax(reachable))
        if reachable[best] > 0:
            score[frame] += reachable[best]
            before[frame] = frame + lags[best]
    frame = int(size + first - int(period) + np.argmax(score[size + first - int(period) :]))
    beats = []
    while frame >= first:
        beats.append(frame - first)
        frame = int(before[frame])
    return np.array(beats[::-1], np.intp)


def _refine(onset: Curve, frames: NDArray[np.intp]) -> Curve:
    """Return positions between frames, from the parabola through each peak."""
    inner = np.clip(frames, 1, len(onset) - 2)
    left, center, right = onset[inner - 1], onset[inner], onset[inner + 1]
    curvature = left - 2 * center + right
    shift = np.where(curvature < -1e-6, 0.5 * (left - right) / np.minimum(curvature, -1e-6), 0.0)
    return np.asarray(frames + np.clip(shift, -0.5, 0.5))


def _straighten(beats: Curve, onset: Curve, spacing: float) -> Curve:
    """Return an even grid where the beats follow one; elsewhere the beats as they are.

    Tracked beats may change to the points halfway between and back, so evenness is measured on half beats.
    """
    spacings = spacing * np.linspace(1 - MAX_SPACING_ERROR, 1 + MAX_SPACING_ERROR, SPACING_STEPS)
    weights = onset[np.clip(np.round(beats).astype(int), 0, len(onset) - 1)] + 0.1
    vectors = np.empty(SPACING_STEPS, complex)
    for start in range(0, SPACING_STEPS, 64):
        angles = 4 * np.pi * beats[None, :] / spacings[start : start + 64, None]
        vectors[start : start + 64] = (weights * np.exp(1j * angles)).sum(axis=1) / weights.sum()
    best = int(np.argmax(np.abs(vectors)))
    if np.abs(vectors[best]) < MIN_EVENNESS:
        return beats
    step = float(spacings[best])
    first = float(np.angle(vectors[best])) / (4 * np.pi) * step % step
    grids = [np.arange((first + shift) % step - step, len(onset) - 1, step) for shift in (0.0, step / 2)]
    grid = max(grids, key=lambda grid: strength_at(onset, grid, 1.0))
    return _keep_slowing(grid, beats, step)


def _keep_slowing(grid: Curve, beats: Curve, step: float) -> Curve:
    """Return the grid with the last tracked beats instead of its own where the music slows down at the end."""
    away = np.abs(
        grid[np.argmin(np.abs(grid[None, :] - beats[-MAX_SLOWING_BEATS:, None]), axis=1)] - beats[-MAX_SLOWING_BEATS:]
    )
    is_even = away < 0.12 * step
    if is_even.all() or not is_even.any():
        return grid
    last = len(beats) - MAX_SLOWING_BEATS + int(np.flatnonzero(is_even)[-1])
    return np.concatenate([grid[grid <= beats[last] + 0.12 * step], beats[last + 1 :]])


def _confidence(onset: Curve, beats: Curve, spacing: float) -> float:
    """Return how much stronger attacks are on the beats than elsewhere, 0 to 1."""
    if len(beats) < 8:
        return 0.0
    near = scipy.ndimage.maximum_filter1d(onset, 3)
    on_beats = near[np.clip(np.round(beats).astype(int), 0, len(onset) - 1)]
    contrast = float(np.clip((on_beats.mean() / (near.mean() + 1e-9) - 1) / 2, 0, 1))
    distances = np.diff(beats)
    steadiness = float(np.mean(np.abs(distances / spacing - 1) < 0.04))
    return contrast * steadiness
