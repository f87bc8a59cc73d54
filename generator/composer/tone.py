"""The tone of the whole: room for a voice, and as bright as something else. Filters of R. Bristow-Johnson's "Cookbook
formulae for audio EQ biquad filter coefficients"."""

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.cache import Sound
from generator.composer.modal import RATE

Sections = NDArray[np.float64]

SPEECH_HZ, SPEECH_Q, SPEECH_DB = 2000.0, 0.6, -6.0  # a dip over 1 to 4 kHz, where consonants are understood
SHELF_HZ, MOST_TILT_DB, TILT_STEP_DB = 1000.0, 12.0, 0.5
SIZE = 4096  # frames of a spectrum
EVERY = 4  # of them, one is looked at


def dip(hz: float, q: float, decibels: float) -> Sections:
    """A bell that lowers or lifts what lies around a frequency: one second-order section, (1, 6)."""
    a, w = 10 ** (decibels / 40), 2 * np.pi * hz / RATE
    alpha, cosine = np.sin(w) / (2 * q), np.cos(w)
    top = np.array([1 + alpha * a, -2 * cosine, 1 - alpha * a])
    under = np.array([1 + alpha / a, -2 * cosine, 1 - alpha / a])
    return np.asarray(np.concatenate([top, under])[None] / under[0])


def shelf(hz: float, decibels: float) -> Sections:
    """A gentle high shelf (slope 0.5): one second-order section, (1, 6)."""
    a, w = 10 ** (decibels / 40), 2 * np.pi * hz / RATE
    alpha = np.sin(w) / 2 * np.sqrt((a + 1 / a) * (1 / 0.5 - 1) + 2)
    cosine, root = np.cos(w), 2 * np.sqrt(a) * alpha
    top = a * np.array(
        [(a + 1) + (a - 1) * cosine + root, -2 * ((a - 1) + (a + 1) * cosine), (a + 1) + (a - 1) * cosine - root]
    )
    under = np.array(
        [(a + 1) - (a - 1) * cosine + root, 2 * ((a - 1) - (a + 1) * cosine), (a + 1) - (a - 1) * cosine - root]
    )
    return np.asarray(np.concatenate([top, under])[None] / under[0])


class Brightness:
    """Listens to blocks and finds the shelf that brings their spectral centroid nearest to a wanted one."""

    def __init__(self) -> None:
        self._power = np.zeros(SIZE // 2 + 1)

    def hear(self, block: Sound) -> None:
        frames = block.sum(axis=0)[: block.shape[1] // SIZE * SIZE].reshape(-1, SIZE)[::EVERY]
        self._power += (np.abs(scipy.fft.rfft(frames, axis=1)) ** 2).sum(axis=0)

    def towards(self, wanted_hz: float) -> Sections:
        """The shelf whose result is nearest, in octaves of the centroid."""
        levels = np.arange(-MOST_TILT_DB, MOST_TILT_DB + TILT_STEP_DB, TILT_STEP_DB)
        return shelf(SHELF_HZ, float(min(levels, key=lambda level: abs(np.log2(self._centroid(level) / wanted_hz)))))

    def _centroid(self, decibels: float) -> float:
        hz = np.arange(2, len(self._power)) * RATE / SIZE
        _, response = scipy.signal.sosfreqz(shelf(SHELF_HZ, decibels), worN=hz, fs=RATE)
        heard = np.sqrt(self._power[2:]) * np.abs(response)
        return float((hz * heard).sum() / max(1e-12, heard.sum()))
