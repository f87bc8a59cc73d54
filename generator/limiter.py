"""A true-peak limiter that is planned on peaks, so that only its gain curve touches the audio.

Peaks are taken in steps of about 1.4 ms. The gain is the highest curve, falling at most ATTACK_DB_PER_S and rising at
most RELEASE_DB_PER_S, that keeps every peak under the ceiling. Shared by the composer's master and by `audio.editing`.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

STEP_FRAMES = 63  # frames per peak value at 44.1 and 48 kHz: 1.4 ms
ATTACK_DB_PER_S, RELEASE_DB_PER_S, SLOW_RELEASE_DB_PER_S = 700.0, 45.0, 9.0  # dB/s
PART_FRAMES = 21  # of a step
_TAPS = 12  # on each side of the windowed sinc that interpolates true peaks
_AVERAGE_SHARE, _AVERAGE_CHUNK = 0.004, 256
_MAX_PRODUCT = 250_000  # values per matrix product: small ones are not spread over threads


def step_peaks(block: Samples, threshold: float, step_frames: int = STEP_FRAMES) -> Samples:
    """Return the peak of each step over all channels; a true peak where samples exceed `threshold`.

    `block` has the shape (channels, frames); frames is a multiple of `step_frames`. Only the parts of a step that are
    loud are interpolated.
    """
    part_frames = PART_FRAMES if step_frames % PART_FRAMES == 0 else step_frames
    parts = np.abs(block).max(axis=0).reshape(-1, part_frames).max(axis=1)
    loud_parts = np.flatnonzero(parts > threshold)
    if len(loud_parts):
        oversampling = _oversampling_matrix(part_frames)
        padded = np.pad(block, ((0, 0), (_TAPS, _TAPS)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, part_frames + 2 * _TAPS, axis=1)
        group = max(1, _MAX_PRODUCT // oversampling.size)
        for channel in windows:
            for begin in range(0, len(loud_parts), group):
                chosen = loud_parts[begin : begin + group]
                interpolated = np.abs(channel[chosen * part_frames] @ oversampling).max(axis=1)
                parts[chosen] = np.maximum(parts[chosen], interpolated)
    return np.asarray(parts.reshape(-1, step_frames // part_frames).max(axis=1))


@lru_cache(maxsize=4)
def _oversampling_matrix(step_frames: int) -> Samples:
    """Return the 4× oversampling matrix: from a window of samples to the values 1/4, 1/2 and 3/4 after each sample."""
    matrix = np.zeros((step_frames + 2 * _TAPS, step_frames, 3), np.float32)
    for column, share in enumerate((0.25, 0.5, 0.75)):
        positions = np.arange(-_TAPS + 1, _TAPS + 1) - share
        kernel = np.sinc(positions) * np.cos(np.pi * positions / (2 * _TAPS)) ** 2
        kernel /= kernel.sum()
        for frame in range(step_frames):
            matrix[frame + 1 : frame + 1 + 2 * _TAPS, frame, column] = kernel
    return matrix.reshape(step_frames + 2 * _TAPS, step_frames * 3)


def plan_reduction(headroom: NDArray[np.float64], step_s: float, loop: bool = False) -> NDArray[np.float64]:
    """Return the gain in dB at the left edge of each step, never above 0 nor above the headroom of each peak.

    `loop` makes the end lead into the beginning.
    """
    reduction = np.minimum(headroom, 0.0)
    if reduction.min(initial=0.0) >= 0:
        return reduction
    # The gain is interpolated linearly between step edges.
    neighbors = np.concatenate([reduction[-1:], reduction, reduction[:1]])
    reduction = np.minimum(np.minimum(neighbors[:-2], neighbors[1:-1]), neighbors[2:])
    repeated = np.tile(reduction, 3) if loop else reduction
    del neighbors
    seconds = np.arange(len(repeated)) * step_s
    fast = np.minimum.accumulate(repeated - seconds * RELEASE_DB_PER_S) + seconds * RELEASE_DB_PER_S
    # Slow release after long passages of limiting, so that dense music does not pump.
    average = _running_average(fast)
    slow = (
        np.minimum.accumulate(np.minimum(average * 0.5, 0) - seconds * SLOW_RELEASE_DB_PER_S)
        + seconds * SLOW_RELEASE_DB_PER_S
    )
    combined = np.minimum(fast, slow)
    del repeated, average, fast, slow  # each has four megabytes in ten minutes
    anticipated = np.minimum.accumulate((combined + seconds * ATTACK_DB_PER_S)[::-1])[::-1] - seconds * ATTACK_DB_PER_S
    limited = np.minimum(anticipated, 0.0)
    return np.asarray(limited[len(reduction) : 2 * len(reduction)] if loop else limited)


def _running_average(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an exponential average from zero on, a chunk at a time: y[n] = 0.004·x[n] + 0.996·y[n − 1]."""
    powers, weights = _average_weights()
    padded = np.pad(values, (0, -len(values) % _AVERAGE_CHUNK)).reshape(-1, _AVERAGE_CHUNK)
    group = max(1, _MAX_PRODUCT // weights.size)
    chunks = np.concatenate([padded[first : first + group] @ weights for first in range(0, len(padded), group)])
    for number in range(1, len(chunks)):
        chunks[number] += chunks[number - 1, -1] * powers[1:]
    return np.asarray(chunks.reshape(-1)[: len(values)])


@lru_cache(maxsize=1)
def _average_weights() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what an average keeps after n steps, and what each value of a chunk adds to each later average."""
    powers = (1 - _AVERAGE_SHARE) ** np.arange(_AVERAGE_CHUNK + 1)
    later = np.arange(_AVERAGE_CHUNK) - np.arange(_AVERAGE_CHUNK)[:, None]
    return np.asarray(powers, np.float64), np.where(later >= 0, powers[np.maximum(later, 0)], 0) * _AVERAGE_SHARE


def interpolate_gain(gain: Samples, first: int, steps: int, step_frames: int = STEP_FRAMES) -> Samples:
    """Interpolate the gains at step edges linearly: one factor per frame."""
    edges = gain[first : first + steps + 1]
    share = np.arange(step_frames, dtype=np.float32) / step_frames
    return np.asarray((edges[:-1, None] + (edges[1:] - edges[:-1])[:, None] * share).reshape(-1))
