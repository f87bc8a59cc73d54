"""How loud it is: ITU-R BS.1770-4 and EBU R 128, from one pass of spectra instead of a filter over every sample.

Loudness is the mean *power* of the K-weighted signal, so by Parseval's theorem the weighting can be applied to power
spectra: no filter is run. Left and right travel as the real and imaginary part of one transform. Against the filters
themselves this is within 0.03 dB for any tone above 35 Hz and nearer for music (`tests/audio/test_loudness.py`), at
half the time.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, signal

Samples = NDArray[np.float32]
Powers = NDArray[np.float64]

STEP_S = 0.1  # gating blocks are 400 ms long and begin every 100 ms
GATE_STEPS, SHORT_TERM_STEPS = 4, 30  # BS.1770-4: 400 ms; EBU Tech 3342: 3 s
ABSOLUTE_GATE = -70.0  # LUFS
RELATIVE_GATE = -10.0  # LU
RANGE_GATE = -20.0  # LU, EBU Tech 3342
FRAME_S = 0.093  # of a spectrum: 4,096 samples at 44.1 and 48 kHz
TOGETHER = 64  # spectra at a time: they stay in the processor's cache


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
def _tables(rate: int) -> tuple[int, Samples, Samples, Samples]:
    """Size, window, (weight, flat) for power, and frequencies, of a spectrum at a sample rate."""
    size = 1 << max(6, round(float(np.log2(rate * FRAME_S))))
    window = np.sin(np.pi * (np.arange(size) + 0.5) / size)  # its square and the next one's add up to one
    _, response = signal.sosfreqz(k_weighting(rate), worN=np.arange(size) * 2 * np.pi / size)
    weight = np.abs(response) ** 2 / size
    weight[[0, 1, -1]] = 0.0  # no ear hears it: a constant offset leaks no further than this
    flat = np.full(size, 1.0 / size)
    flat[[0, 1, -1]] = 0.0
    columns = np.repeat(np.stack([weight, flat], 1), 2, axis=0).astype(np.float32)
    return size, np.repeat(window, 2).astype(np.float32), columns, fft.fftfreq(size, 1 / rate).astype(np.float32)


def _weighted_powers(samples: Samples, rate: int) -> tuple[Powers, float]:
    """K-weighted power, channels summed, of each whole 100 ms; and the spectral centroid of everything."""
    size, window, columns, frequencies = _tables(rate)
    hop = size // 2
    frames = len(samples)
    padded = _as_pairs(samples, hop, size)
    count = frames // hop + 2
    spectra = np.lib.stride_tricks.sliding_window_view(padded, 2 * size)[:: 2 * hop]
    powers = np.empty(count)
    total = np.zeros(2 * size)
    for start in range(0, count, TOGETHER):
        part = spectra[start : min(start + TOGETHER, count)] * window
        found = fft.fft(part.view(np.complex64), axis=1, overwrite_x=True).view(np.float32)
        np.multiply(found, found, out=found)
        powers[start : start + len(found)] = (found @ columns)[:, 0]
        total += found.sum(axis=0)
    spectrum = np.sqrt(total.reshape(-1, 2).sum(axis=1) * columns[::2, 1])
    heard = float(spectrum.sum())
    centroid = float((np.abs(frequencies) * spectrum).sum() / heard) if heard > 0 else 0.0
    return _to_steps(powers, frames, hop, rate), round(centroid, 1)


def _as_pairs(samples: Samples, before: int, size: int) -> Samples:
    """Left and right side by side as they lie in memory, one hop of nothing before and enough after."""
    out = np.zeros((before + len(samples) + size + before, 2), np.float32)
    out[before : before + len(samples), : samples.shape[1]] = samples
    return out.reshape(-1)


def _to_steps(powers: Powers, frames: int, hop: int, rate: int) -> Powers:
    """Energies of overlapping frames to mean powers of whole 100 ms steps, by way of their running sum."""
    edges = np.concatenate(([0.0], (np.arange(len(powers)) + 0.5) * hop))  # frame n is centred on sample n × hop
    running = np.concatenate(([0.0], np.cumsum(powers)))
    last = int(np.searchsorted(edges, frames))
    edges, running = np.append(edges[:last], frames), np.append(running[:last], running[-1])
    step = STEP_S * rate
    at = np.arange(int(frames / step) + 1) * step
    return np.asarray(np.maximum(0.0, np.diff(np.interp(at, edges, running))) / step)


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
