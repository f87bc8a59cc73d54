"""Sample levels: block peaks, true peak, clipping, silence."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BLOCK_FRAMES = 128  # frames
OVERSAMPLE = 4
TAPS = 24  # of the interpolation filter, per phase
CLIP_LEVEL = 0.9999
MIN_CLIP_RUN = 3  # consecutive samples at full scale
SILENCE_DB = -60.0
MIN_SILENCE_S = 0.5
# A sample 6 dB below the largest peak found so far has no higher peak next to it: 6 dB of intersample overshoot occurs
# only in signals built for it (fs/4 at 45° gives 3.01 dB).
_MIN_CANDIDATE_SHARE = 0.5
_BATCH_SIZE = 1 << 16


def block_peaks(samples: Samples, size: int = BLOCK_FRAMES) -> Samples:
    """Return the largest |sample| over all channels of each `size` frames; the last block may be shorter."""
    whole = len(samples) // size * size
    blocks = samples[:whole].reshape(-1, size * samples.shape[1])
    tops: Samples = np.maximum(blocks.max(axis=1, initial=0.0), -blocks.min(axis=1, initial=0.0))
    if whole < len(samples):
        tops = np.append(tops, np.abs(samples[whole:]).max()).astype(np.float32)
    return tops


def _phases() -> Samples:
    """Return three Kaiser-windowed sinc filters that interpolate at 1/4, 2/4 and 3/4 between two samples."""
    taps_at = np.arange(TAPS) - (TAPS // 2 - 1)
    phases = np.arange(1, OVERSAMPLE) / OVERSAMPLE
    distance = phases[None, :] - taps_at[:, None]
    window = np.i0(8.0 * np.sqrt(np.clip(1 - (distance / (TAPS / 2)) ** 2, 0, None))) / np.i0(8.0)
    taps = np.sinc(distance) * window
    return np.asarray(taps / taps.sum(axis=0), np.float32)


_PHASES = _phases()


def true_peak(samples: Samples, tops: Samples) -> float:
    """Return the true peak by 4× oversampling (BS.1770-4 annex 2); 1.0 is 0 dBTP.

    Only samples around local maxima that could hold the largest peak are oversampled, loudest first.
    """
    best = float(tops.max(initial=0.0))
    if best <= 0:
        return 0.0
    for low, high in ((0.93, 2.0), (0.8, 0.93), (_MIN_CANDIDATE_SHARE, 0.8)):
        ceiling = float(tops.max())
        if high * ceiling < best * _MIN_CANDIDATE_SHARE:
            break
        floor = max(low * ceiling, best * _MIN_CANDIDATE_SHARE)
        blocks = np.flatnonzero(tops >= floor)
        best = max(best, _peak_near(samples, blocks, floor, high * ceiling))
    return best


def _peak_near(samples: Samples, blocks: NDArray[np.intp], floor: float, ceiling: float) -> float:
    """Return the largest interpolated value next to local maxima of floor ≤ |sample| < ceiling in some blocks."""
    best = 0.0
    offsets = np.arange(-1, BLOCK_FRAMES + 1)
    per_batch = max(1, _BATCH_SIZE * 8 // BLOCK_FRAMES)
    for start in range(0, len(blocks), per_batch):
        frames = np.clip(blocks[start : start + per_batch, None] * BLOCK_FRAMES + offsets, 0, len(samples) - 1)
        for channel in range(samples.shape[1]):
            levels = np.abs(samples[:, channel][frames])
            middle = levels[:, 1:-1]
            tops = (middle >= floor) & (middle < ceiling) & (middle >= levels[:, :-2]) & (middle >= levels[:, 2:])
            best = max(best, _max_interpolated(samples[:, channel], frames[:, 1:-1][tops]))
    return best


def _max_interpolated(channel: Samples, frames: NDArray[np.intp]) -> float:
    best = 0.0
    offsets = np.arange(-(TAPS // 2), TAPS // 2 + 1)  # covers the gaps before and after the sample
    for start in range(0, len(frames), _BATCH_SIZE):
        positions = frames[start : start + _BATCH_SIZE, None] + offsets
        inside = (positions >= 0) & (positions < len(channel))
        window = np.where(inside, channel[np.clip(positions, 0, len(channel) - 1)], np.float32(0))
        for side in (window[:, :-1], window[:, 1:]):
            best = max(best, float(np.abs(side @ _PHASES).max(initial=0)))
    return best


def clipped_runs(samples: Samples, tops: Samples) -> int:
    """Count the places where a channel stays at full scale for several samples."""
    blocks = np.flatnonzero(tops >= CLIP_LEVEL)
    runs = 0
    if len(blocks):
        groups = np.split(blocks, np.flatnonzero(np.diff(blocks) > 1) + 1)
        for group in groups:
            part = samples[group[0] * BLOCK_FRAMES : (group[-1] + 1) * BLOCK_FRAMES]
            for channel in range(samples.shape[1]):
                is_clipped = np.concatenate(([0], (np.abs(part[:, channel]) >= CLIP_LEVEL).astype(np.int8), [0]))
                change = np.diff(is_clipped)
                runs += int((np.flatnonzero(change == -1) - np.flatnonzero(change == 1) >= MIN_CLIP_RUN).sum())
    return runs


def silences(tops: Samples, frames: int, rate: int) -> tuple[tuple[float, float], ...]:
    """Return the ranges of at least half a second in which every sample is below −60 dBFS: (start, end) in seconds."""
    quiet = tops < 10 ** (SILENCE_DB / 20)
    change = np.diff(np.concatenate(([0], quiet.astype(np.int8), [0])))
    starts = np.flatnonzero(change == 1) * BLOCK_FRAMES
    ends = np.minimum(np.flatnonzero(change == -1) * BLOCK_FRAMES, frames)
    return tuple(
        (round(float(start / rate), 2), round(float(end / rate), 2))
        for start, end in zip(starts, ends, strict=True)
        if end - start > MIN_SILENCE_S * rate
    )
