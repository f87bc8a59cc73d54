"""Master EQ: a dip that leaves space for a voice, and a shelf that matches a target brightness.

Filters from R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

import numpy as np

from generator.composer.filters import Sections, response
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound

SPEECH_HZ, SPEECH_Q, SPEECH_DB = 2000.0, 0.6, -6.0  # a dip from 1 to 4 kHz, the range of consonants
SHELF_HZ, MAX_TILT_DB, TILT_STEP_DB = 1000.0, 12.0, 0.5
FFT_FRAMES = 4096  # FFT size in frames
FRAME_INTERVAL = 4  # analyze one in so many FFT frames


def dip(hz: float, q: float, decibels: float) -> Sections:
    """Return a peaking EQ (bell) around a frequency: one second-order section, (1, 6)."""
    a, w = 10 ** (decibels / 40), 2 * np.pi * hz / RATE_HZ
    alpha, cosine = np.sin(w) / (2 * q), np.cos(w)
    numerator = np.array([1 + alpha * a, -2 * cosine, 1 - alpha * a])
    denominator = np.array([1 + alpha / a, -2 * cosine, 1 - alpha / a])
    return np.asarray(np.concatenate([numerator, denominator])[None] / denominator[0])


def shelf(hz: float, decibels: float) -> Sections:
    """Return a gentle high shelf (slope 0.5): one second-order section, (1, 6)."""
    a, w = 10 ** (decibels / 40), 2 * np.pi * hz / RATE_HZ
    alpha = np.sin(w) / 2 * np.sqrt((a + 1 / a) * (1 / 0.5 - 1) + 2)
    cosine, root = np.cos(w), 2 * np.sqrt(a) * alpha
    numerator = a * np.array(
        [(a + 1) + (a - 1) * cosine + root, -2 * ((a - 1) + (a + 1) * cosine), (a + 1) + (a - 1) * cosine - root]
    )
    denominator = np.array(
        [(a + 1) - (a - 1) * cosine + root, 2 * ((a - 1) - (a + 1) * cosine), (a + 1) - (a - 1) * cosine - root]
    )
    return np.asarray(np.concatenate([numerator, denominator])[None] / denominator[0])


class Brightness:
    """Analyzer of blocks that finds the shelf bringing their spectral centroid closest to a target."""

    def __init__(self) -> None:
        self._power = np.zeros(FFT_FRAMES // 2 + 1)

    def add(self, block: Sound) -> None:
        frames = block.sum(axis=0)[: block.shape[1] // FFT_FRAMES * FFT_FRAMES].reshape(-1, FFT_FRAMES)[
            ::FRAME_INTERVAL
        ]
        self._power += (np.abs(np.fft.rfft(frames, axis=1)) ** 2).sum(axis=0)

    def matching_shelf(self, target_hz: float) -> Sections:
        """Return the shelf whose result is closest to the target, in octaves of the centroid."""
        levels = np.arange(-MAX_TILT_DB, MAX_TILT_DB + TILT_STEP_DB, TILT_STEP_DB)
        return shelf(SHELF_HZ, float(min(levels, key=lambda level: abs(np.log2(self._centroid(level) / target_hz)))))

    def _centroid(self, decibels: float) -> float:
        hz = np.arange(2, len(self._power)) * RATE_HZ / FFT_FRAMES
        amplitude = np.sqrt(self._power[2:]) * np.abs(response(shelf(SHELF_HZ, decibels), hz / RATE_HZ))
        return float((hz * amplitude).sum() / max(1e-12, amplitude.sum()))
