"""The band in which speech is understood, 1–4 kHz: a filter that finds it, and one that thins it.

Both are band-passes by the bilinear transform, given by their impulse responses: at the angular frequency ω the
variable of the low-pass they come from is s = (cos ω − cos ω0) / (j β sin ω), β = tan(bandwidth / 2) (Constantinides,
"Spectral transformations for digital filters", Proc. IEE 117, 1970). `iirpeak` and `butter` of `scipy.signal` give the
same, but importing it takes half a second and 50 MB.
"""

import numpy as np
import scipy

from generator.audio.editing.blocks import Filter, Samples

CENTER_HZ, Q = 2000.0, 0.6  # a bell whose half depth is reached at 1 and 4 kHz
LOW_HZ, HIGH_HZ = 1000.0, 4000.0
MAX_SHARE = 0.9  # of half the sample rate: telephone sound has nothing at 4 kHz
RING_S, MIN_RING_FRAMES = 0.005, 128  # after which both have decayed to less than 32-bit floats can add


def dip(rate: int, depth_db: float) -> Samples:
    """Return the impulse response of a bell-shaped cut: the signal less a part of its band-pass."""
    impulse = (10 ** (-depth_db / 20) - 1) * bell(rate)
    impulse[0] += 1
    return np.asarray(impulse, np.float32)


def bell(rate: int) -> Samples:
    """Return the band-pass of `dip`: a signal less (1 − gain) of its bell is that signal with the dip."""
    center = 2 * np.pi * min(CENTER_HZ, MAX_SHARE * rate / 2) / rate
    numerator, denominator = _transformed(rate, float(np.cos(center)), center / Q)
    return _impulse(rate, denominator / (denominator + numerator))


def speech(rate: int) -> Samples:
    """Return the impulse response of the Butterworth band-pass of second order from 1 to 4 kHz."""
    low, high = 2 * np.pi * LOW_HZ / rate, 2 * np.pi * min(HIGH_HZ, MAX_SHARE * rate / 2) / rate
    cosine = float(np.cos((low + high) / 2) / np.cos((high - low) / 2))
    numerator, denominator = _transformed(rate, cosine, high - low)
    total = denominator**2 + np.sqrt(2) * numerator * denominator + numerator**2
    return _impulse(rate, denominator**2 / total)


def _transformed(rate: int, cosine: float, bandwidth: float) -> tuple[np.ndarray, np.ndarray]:
    """Return numerator and denominator of s for every bin of a transform that is long enough for the response."""
    size = 4 * _ring_frames(rate)
    angles = 2 * np.pi * np.arange(size // 2 + 1) / size
    return np.cos(angles) - cosine, 1j * np.tan(bandwidth / 2) * np.sin(angles)


def _ring_frames(rate: int) -> int:
    return max(MIN_RING_FRAMES, round(RING_S * rate))


def _impulse(rate: int, response: np.ndarray) -> Samples:
    return np.asarray(scipy.fft.irfft(response)[: _ring_frames(rate)], np.float32)


def band_powers(samples: Samples, rate: int, step_frames: int) -> np.ndarray:
    """Return the mean power between 1 and 4 kHz of each step, channels averaged; the last step may be shorter."""
    channels = samples.shape[1]
    band = Filter(speech(rate), channels)
    steps = -(-len(samples) // step_frames)
    powers = np.zeros(steps)
    per_block = max(1, (1 << 16) // step_frames)
    for first in range(0, steps, per_block):
        part = samples[first * step_frames : (first + per_block) * step_frames]
        filtered = band.apply(part)
        count = -(-len(part) // step_frames)
        padded = np.pad(filtered, ((0, 0), (0, count * step_frames - len(part)))).reshape(channels, count, step_frames)
        powers[first : first + count] = np.einsum("cbs,cbs->b", padded, padded) / (channels * step_frames)
    return powers
