"""Loudness of whole files per ITU-R BS.1770-4 (`generator/bs1770.py`) and EBU R 128.

K-weighting is a multiplication of spectra (overlap-save): left and right are the real and imaginary parts of one
transform, which is faster than the recursive filters and agrees to five digits.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.bs1770 import gated, integrated, k_weighting, lufs_of

Samples = NDArray[np.float32]
Powers = NDArray[np.float64]

STEP_S = 0.1  # gating blocks are 400 ms long and start every 100 ms
GATE_STEPS, SHORT_TERM_STEPS = 4, 30  # BS.1770-4: 400 ms; EBU Tech 3342: 3 s
RANGE_GATE_LU = -20.0  # LU, EBU Tech 3342
PART_STEPS = 3  # steps filtered per transform
MAX_PARTS = 10  # of a step that are measured
TAIL_S = 0.041  # time in which the weighting filter's response decays to a millionth
BATCH_SIZE = 16  # transforms per batch: they stay in the CPU cache
CENTROID_INTERVAL = 4  # one in so many transforms is used for the spectral centroid


@dataclass(frozen=True)
class Loudness:
    """Measured loudness. `lufs` is None if nothing passes the gates; `steps` is the weighted power of each 100 ms.

    `parts` has the same in up to ten parts per step (`parts_per_step`), for gains that move.
    """

    lufs: float | None
    range_lu: float
    brightness: float  # spectral centroid, Hz
    parts: Powers
    parts_per_step: int

    @property
    def steps(self) -> Powers:
        return _steps(self.parts, self.parts_per_step)

    def lufs_with(self, gain_db: Powers | float) -> float | None:
        """Return the loudness after a gain in dB: one, or one per part."""
        powers = self.parts * 10 ** (np.asarray(gain_db) / 10)
        return integrated(powers, GATE_STEPS * self.parts_per_step, self.parts_per_step)


def loudness(samples: Samples, rate: int) -> Loudness:
    """Measure samples of shape (frames, 1 or 2)."""
    parts, per_step, brightness = _weighted_powers(samples, rate)
    steps = _steps(parts, per_step)
    return Loudness(integrated(steps, GATE_STEPS), _range(steps), brightness, parts, per_step)


def _steps(parts: Powers, per_step: int) -> Powers:
    return np.asarray(parts.reshape(len(parts) // per_step, per_step).mean(axis=1))


@lru_cache(maxsize=8)
def _response(rate: int) -> tuple[int, NDArray[np.complex64]]:
    """Return the number of samples in a 100 ms step, and the weighting's frequency response for one transform."""
    step = max(1, round(STEP_S * rate))
    size = int(scipy.fft.next_fast_len(PART_STEPS * step + int(TAIL_S * rate)))
    delays = np.exp(-2j * np.pi / size * np.outer(np.arange(3), np.arange(size)))  # z^0, z^-1, z^-2 of each bin
    ratios = [(section[:3] @ delays) / (section[3:] @ delays) for section in k_weighting(rate)]
    return step, np.prod(ratios, axis=0).astype(np.complex64)


def _weighted_powers(samples: Samples, rate: int) -> tuple[Powers, int, float]:
    """Return K-weighted powers of parts of whole 100 ms, channels summed; parts per step; and the spectral centroid."""
    step, response = _response(rate)
    per_step = max(count for count in range(1, MAX_PARTS + 1) if step % count == 0)
    part = step // per_step
    size, hop = len(response), PART_STEPS * step
    parts = -(-len(samples) // hop)
    powers = np.empty(parts * PART_STEPS * per_step)
    spectrum = np.zeros(size)
    for start in range(0, parts, BATCH_SIZE):
        count = min(BATCH_SIZE, parts - start)
        spectra = scipy.fft.fft(_parts(samples, start * hop, count, hop, size), axis=1, overwrite_x=True)
        for transform in spectra[::CENTROID_INTERVAL]:
            spectrum += transform.real**2 + transform.imag**2
        spectra *= response
        weighted = scipy.fft.ifft(spectra, axis=1, overwrite_x=True)[:, size - hop :].view(np.float32)
        rows = weighted.reshape(count * PART_STEPS * per_step, part * 2)
        first = start * PART_STEPS * per_step
        powers[first : first + len(rows)] = np.einsum("ij,ij->i", rows, rows) / part
    return powers[: len(samples) // step * per_step], per_step, _centroid(spectrum, rate)


def _parts(samples: Samples, start: int, count: int, hop: int, size: int) -> NDArray[np.complex64]:
    """Return overlapping blocks as complex numbers; each ends `hop` after the previous one, outside samples are 0."""
    first = start - (size - hop)
    block = np.zeros((size + (count - 1) * hop, 2), np.float32)
    available = samples[max(0, first) : first + len(block)]
    block[max(0, -first) : max(0, -first) + len(available), : samples.shape[1]] = available
    line = block.view(np.complex64)[:, 0]
    return np.lib.stride_tricks.sliding_window_view(line, size)[::hop].copy()


def _centroid(powers: Powers, rate: int) -> float:
    half = np.sqrt(powers + np.roll(powers[::-1], 1))[2 : len(powers) // 2]  # ± frequencies: both channels
    total = float(half.sum())
    frequencies = np.arange(2, 2 + len(half)) * rate / len(powers)
    return round(float((frequencies * half).sum() / total), 1) if total > 0 else 0.0


def _range(steps: Powers) -> float:
    """Return the loudness range: 10th to 95th percentile of gated short-term loudness (EBU Tech 3342)."""
    powers = gated(steps, SHORT_TERM_STEPS, relative=RANGE_GATE_LU)
    if not len(powers):
        return 0.0
    low, high = np.percentile(lufs_of(powers), (10, 95))
    return float(high - low)
