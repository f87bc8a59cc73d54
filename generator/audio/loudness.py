"""How loud it is: ITU-R BS.1770-4 and EBU R 128.

The K-weighting is applied as a multiplication of spectra (overlap-save): left and right travel as the real and the
imaginary part of one transform, which is quicker than the recursive filters and the same to five digits.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Powers = NDArray[np.float64]

STEP_S = 0.1  # gating blocks are 400 ms long and begin every 100 ms
GATE_STEPS, SHORT_TERM_STEPS = 4, 30  # BS.1770-4: 400 ms; EBU Tech 3342: 3 s
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU
RANGE_GATE = -20.0  # LU, EBU Tech 3342
PART_STEPS = 3  # steps filtered by one transform
TAIL_S = 0.041  # after that long the weighting filter's answer has died away to a millionth
TOGETHER = 16  # transforms at a time: they stay in the processor's cache
CENTROID_EVERY = 4  # of the transforms, one is looked at for its brightness


@dataclass(frozen=True)
class Loudness:
    """`lufs` is None when nothing passes the gates; `steps` is the weighted power of each 100 ms."""

    lufs: float | None
    range_lu: float
    brightness: float  # spectral centroid, Hz
    steps: Powers


def loudness(samples: Samples, rate: int) -> Loudness:
    """Measure samples of shape (frames, 1 or 2)."""
    steps, brightness = _weighted_powers(samples, rate)
    return Loudness(_integrated(steps), _range(steps), brightness, steps)


def lufs_of(power: Any) -> Any:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def k_weighting(rate: int) -> NDArray[np.float64]:
    """The two filters of BS.1770-4 (high shelf, then high pass) as second-order sections for any sample rate.

    The standard prints coefficients for 48 kHz only; these are its analogue prototypes through the bilinear transform
    (De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
    """
    gain, q, centre = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = np.tan(np.pi * centre / rate)
    vh = 10 ** (gain / 20)
    vb = vh**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0]
    shelf += [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    q, centre = 0.5003270373238773, 38.13547087602444
    k = np.tan(np.pi * centre / rate)
    a0 = 1 + k / q + k * k
    high = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, high])


@lru_cache(maxsize=8)
def _response(rate: int) -> tuple[int, NDArray[np.complex64]]:
    """Samples in a 100 ms step, and the weighting's response at the frequencies of one transform."""
    step = max(1, round(STEP_S * rate))
    size = int(scipy.fft.next_fast_len(PART_STEPS * step + int(TAIL_S * rate)))
    _, response = scipy.signal.sosfreqz(k_weighting(rate), worN=np.arange(size) * 2 * np.pi / size)
    return step, np.asarray(response, np.complex64)


def _weighted_powers(samples: Samples, rate: int) -> tuple[Powers, float]:
    """K-weighted power, channels summed, of each whole 100 ms; and the spectral centroid of the unweighted sound."""
    step, response = _response(rate)
    size, hop = len(response), PART_STEPS * step
    parts = -(-len(samples) // hop)
    powers = np.empty(parts * PART_STEPS)
    spectrum = np.zeros(size)
    for start in range(0, parts, TOGETHER):
        count = min(TOGETHER, parts - start)
        found = scipy.fft.fft(_parts(samples, start * hop, count, hop, size), axis=1, overwrite_x=True)
        for one in found[::CENTROID_EVERY]:
            spectrum += one.real**2 + one.imag**2
        found *= response
        weighted = scipy.fft.ifft(found, axis=1, overwrite_x=True)[:, size - hop :].view(np.float32)
        steps = weighted.reshape(count * PART_STEPS, step * 2)
        powers[start * PART_STEPS : (start + count) * PART_STEPS] = np.einsum("ij,ij->i", steps, steps) / step
    return powers[: len(samples) // step], _centroid(spectrum, rate)


def _parts(samples: Samples, start: int, count: int, hop: int, size: int) -> NDArray[np.complex64]:
    """Some overlapping parts as complex numbers; each ends `hop` after the one before, nothing lies outside."""
    first = start - (size - hop)
    block = np.zeros((size + (count - 1) * hop, 2), np.float32)
    given = samples[max(0, first) : first + len(block)]
    block[max(0, -first) : max(0, -first) + len(given), : samples.shape[1]] = given
    line = block.view(np.complex64)[:, 0]
    return np.lib.stride_tricks.sliding_window_view(line, size)[::hop].copy()


def _centroid(powers: Powers, rate: int) -> float:
    half = np.sqrt(powers + np.roll(powers[::-1], 1))[2 : len(powers) // 2]  # both sides of zero: both channels
    heard = float(half.sum())
    frequencies = np.arange(2, 2 + len(half)) * rate / len(powers)
    return round(float((frequencies * half).sum() / heard), 1) if heard > 0 else 0.0


def _blocks(steps: Powers, length: int) -> Powers:
    if len(steps) < length:
        return np.asarray(steps.mean(keepdims=True)) if len(steps) else steps
    running = np.concatenate(([0.0], np.cumsum(steps)))
    return np.asarray((running[length:] - running[:-length]) / length)


def _integrated(steps: Powers) -> float | None:
    blocks = _blocks(steps, GATE_STEPS)
    blocks = blocks[lufs_of(blocks) > ABSOLUTE_GATE]
    if not len(blocks):
        return None
    loud = blocks[lufs_of(blocks) > lufs_of(blocks.mean()) + RELATIVE_GATE]
    return float(lufs_of(loud.mean()))


def _range(steps: Powers) -> float:
    """Loudness range: 10th to 95th percentile of gated short-term loudness (EBU Tech 3342)."""
    blocks = _blocks(steps, SHORT_TERM_STEPS)
    blocks = blocks[lufs_of(blocks) > ABSOLUTE_GATE]
    if len(blocks) < 2:
        return 0.0
    levels = lufs_of(blocks[lufs_of(blocks) > lufs_of(blocks.mean()) + RANGE_GATE])
    low, high = np.percentile(levels, (10, 95))
    return float(high - low)
