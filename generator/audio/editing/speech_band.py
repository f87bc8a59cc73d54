"""The band in which speech is understood, 1–4 kHz: a filter that finds it, and one that thins it."""

import numpy as np
import scipy

from generator.audio.editing.blocks import Filter, Samples, Sections

CENTER_HZ, Q = 2000.0, 0.6  # a bell whose half depth is reached at 1 and 4 kHz
LOW_HZ, HIGH_HZ = 1000.0, 4000.0
MAX_SHARE = 0.9  # of half the sample rate: telephone sound has nothing at 4 kHz


def dip(rate: int, depth_db: float) -> Sections:
    """Return a bell-shaped cut as second-order sections: the signal less a part of its band-pass."""
    numerator, denominator = scipy.signal.iirpeak(_center(rate), Q, rate)
    loss = 1 - 10 ** (-depth_db / 20)
    return np.concatenate([denominator - loss * numerator, denominator])[None]


def bell(rate: int) -> Sections:
    """Return the band-pass of `dip`: a signal less (1 − gain) of its bell is that signal with the dip."""
    return np.concatenate(scipy.signal.iirpeak(_center(rate), Q, rate))[None]


def _center(rate: int) -> float:
    return min(CENTER_HZ, MAX_SHARE * rate / 2)


def band_powers(samples: Samples, rate: int, step_frames: int) -> np.ndarray:
    """Return the mean power between 1 and 4 kHz of each step, channels averaged; the last step may be shorter."""
    channels = samples.shape[1]
    edges = LOW_HZ, min(HIGH_HZ, MAX_SHARE * rate / 2)
    band = Filter(scipy.signal.butter(2, edges, "band", fs=rate, output="sos"), channels)
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
