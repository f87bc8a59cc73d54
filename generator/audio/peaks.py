"""Levels sample by sample: block peaks, true peak, clipping, silence."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BLOCK = 128  # frames
OVERSAMPLE = 4
TAPS = 24  # of the interpolating filter, each phase
CLIP_LEVEL = 0.9999
CLIP_RUN = 3  # samples in a row at full scale
SILENCE_DB = -60.0
SHORTEST_SILENCE_S = 0.5
# A sample this much lower than the largest peak found so far has no higher peak beside it: 6 dB of overshoot between
# samples does not happen outside signals built for it (fs/4 at 45° gives 3.01 dB).
_WORTH_A_LOOK = 0.5
_AT_ONCE = 1 << 16


def block_peaks(samples: Samples, size: int = BLOCK) -> Samples:
    """The largest |sample| over all channels of each `size` frames; the last block may be shorter."""
    whole = len(samples) // size * size
    blocks = samples[:whole].reshape(-1, size * samples.shape[1])
    tops: Samples = np.maximum(blocks.max(axis=1, initial=0.0), -blocks.min(axis=1, initial=0.0))
    if whole < len(samples):
        tops = np.append(tops, np.abs(samples[whole:]).max()).astype(np.float32)
    return tops


def _phases() -> Samples:
    """Three filters of a Kaiser-windowed sinc that give the values at 1/4, 2/4 and 3/4 between two samples."""
    places = np.arange(TAPS) - (TAPS // 2 - 1)
    wanted = np.arange(1, OVERSAMPLE) / OVERSAMPLE
    distance = wanted[None, :] - places[:, None]
    window = np.i0(8.0 * np.sqrt(np.clip(1 - (distance / (TAPS / 2)) ** 2, 0, None))) / np.i0(8.0)
    taps = np.sinc(distance) * window
    return np.asarray(taps / taps.sum(axis=0), np.float32)


_PHASES = _phases()


def true_peak(samples: Samples, tops: Samples) -> float:
    """The largest value between the samples by 4× oversampling (BS.1770-4 annex 2); 1.0 is 0 dBTP.

    Only the surroundings of local maxima that could hold the largest peak are oversampled, loudest first.
    """
    best = float(tops.max(initial=0.0))
    if best <= 0:
        return 0.0
    for low, high in ((0.93, 2.0), (0.8, 0.93), (_WORTH_A_LOOK, 0.8)):
        ceiling = float(tops.max())
        if high * ceiling < best * _WORTH_A_LOOK:
            break
        floor = max(low * ceiling, best * _WORTH_A_LOOK)
        blocks = np.flatnonzero(tops >= floor)
        best = max(best, _peak_near(samples, blocks, floor, high * ceiling))
    return best


def _peak_near(samples: Samples, blocks: NDArray[np.intp], floor: float, ceiling: float) -> float:
    """The largest interpolated value beside local maxima of floor ≤ |sample| < ceiling in some blocks."""
    best = 0.0
    around = np.arange(-1, BLOCK + 1)
    per_turn = max(1, _AT_ONCE * 8 // BLOCK)
    for start in range(0, len(blocks), per_turn):
        frames = np.clip(blocks[start : start + per_turn, None] * BLOCK + around, 0, len(samples) - 1)
        for channel in range(samples.shape[1]):
            levels = np.abs(samples[:, channel][frames])
            here = levels[:, 1:-1]
            tops = (here >= floor) & (here < ceiling) & (here >= levels[:, :-2]) & (here >= levels[:, 2:])
            best = max(best, _interpolated(samples[:, channel], frames[:, 1:-1][tops]))
    return best


def _interpolated(line: Samples, at: NDArray[np.intp]) -> float:
    best = 0.0
    near = np.arange(-(TAPS // 2), TAPS // 2 + 1)  # enough for the gap before the sample and the gap after it
    for start in range(0, len(at), _AT_ONCE):
        places = at[start : start + _AT_ONCE, None] + near
        inside = (places >= 0) & (places < len(line))
        window = np.where(inside, line[np.clip(places, 0, len(line) - 1)], np.float32(0))
        for side in (window[:, :-1], window[:, 1:]):
            best = max(best, float(np.abs(side @ _PHASES).max(initial=0)))
    return best


def clipped_runs(samples: Samples, tops: Samples) -> int:
    """Count places where a channel is held at full scale for several samples."""
    blocks = np.flatnonzero(tops >= CLIP_LEVEL)
    runs = 0
    if len(blocks):
        groups = np.split(blocks, np.flatnonzero(np.diff(blocks) > 1) + 1)
        for group in groups:
            part = samples[group[0] * BLOCK : (group[-1] + 1) * BLOCK]
            for channel in range(samples.shape[1]):
                flat = np.concatenate(([0], (np.abs(part[:, channel]) >= CLIP_LEVEL).astype(np.int8), [0]))
                change = np.diff(flat)
                runs += int((np.flatnonzero(change == -1) - np.flatnonzero(change == 1) >= CLIP_RUN).sum())
    return runs


def silences(tops: Samples, frames: int, rate: int) -> tuple[tuple[float, float], ...]:
    """Stretches of at least half a second in which every sample is below −60 dBFS: (start, end) in seconds."""
    quiet = tops < 10 ** (SILENCE_DB / 20)
    change = np.diff(np.concatenate(([0], quiet.astype(np.int8), [0])))
    starts = np.flatnonzero(change == 1) * BLOCK
    ends = np.minimum(np.flatnonzero(change == -1) * BLOCK, frames)
    return tuple(
        (round(float(start / rate), 2), round(float(end / rate), 2))
        for start, end in zip(starts, ends, strict=True)
        if end - start > SHORTEST_SILENCE_S * rate
    )
