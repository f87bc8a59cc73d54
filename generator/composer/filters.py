"""Second-order filters, applied in the frequency domain: faster than sample by sample, and exact in float32 at 26 Hz.

A filter is an array of sections, (sections, 6), as scipy's "sos": three numerator and three denominator coefficients.
Designs from R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

RATE_HZ = 44_100
BUTTERWORTH_Q = 0.5**0.5
EXACT_BINS = 6000
MIN_MEMORY_FRAMES = 13_230
TAIL_FRAMES = 1024  # of silence after a sound, so that what rings past its end does not wrap to its beginning

Samples = NDArray[np.float32]
Sections = NDArray[np.float64]


def pass_filter(kind: str, hz: float) -> Sections:
    """Return a Butterworth filter of the second order, "high" or "low": (1, 6)."""
    w = 2 * np.pi * hz / RATE_HZ
    alpha, cosine = np.sin(w) / (2 * BUTTERWORTH_Q), np.cos(w)
    edge = (1 + cosine) / 2 if kind == "high" else (1 - cosine) / 2
    middle = -2 * edge if kind == "high" else 2 * edge
    return np.asarray(np.array([[edge, middle, edge, 1 + alpha, -2 * cosine, 1 - alpha]]) / (1 + alpha))


def band_pass(low_hz: float, high_hz: float) -> Sections:
    """Return a Butterworth band-pass with slopes of 6 dB per octave: (1, 6)."""
    low, high = np.tan(np.pi * low_hz / RATE_HZ), np.tan(np.pi * high_hz / RATE_HZ)
    width, center = high - low, low * high
    numerator, denominator = (width, 0.0, -width), (1 + width + center, 2 * (center - 1), 1 - width + center)
    return np.asarray(np.array([[*numerator, *denominator]]) / denominator[0])


def _transform_gain(sections: Sections, size: int) -> NDArray[np.complex64]:
    return _cached_gain(sections.tobytes(), size)


@lru_cache(maxsize=32)
def _cached_gain(sections: bytes, size: int) -> NDArray[np.complex64]:
    turns = np.arange(size // 2 + 1, dtype=np.float32) / np.float32(size)
    return np.asarray(response(np.frombuffer(sections).reshape(-1, 6), turns))


def response(sections: Sections, turns: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    """Return the complex gain at frequencies given as a share of the sample rate."""
    angle = turns * turns.dtype.type(-2 * np.pi)
    z = np.cos(angle) + 1j * np.sin(angle)
    gain = np.ones_like(z)
    for b0, b1, b2, a0, a1, a2 in sections.tolist():
        gain *= (b0 + z * (b1 + z * b2)) / (a0 + z * (a1 + z * a2))
    return gain


def apply_filter(sound: Samples, sections: Sections) -> Samples:
    """Return a filtered sound of the same shape, (…, frames)."""
    count = sound.shape[-1]
    size = scipy.fft.next_fast_len(count + TAIL_FRAMES, real=True)
    spectrum = scipy.fft.rfft(sound, size)
    spectrum *= _transform_gain(sections, size)
    return np.asarray(scipy.fft.irfft(spectrum, size)[..., :count], np.float32)


class BlockFilter:
    """A filter over consecutive blocks of one size, by overlap-save.

    What the transform has more than the block is the filter's memory, which is longer than the filter rings: the next
    power of two leaves 0.3 s to the mixer's blocks.
    """

    def __init__(self, sections: Sections, block_frames: int, channels: int) -> None:
        self._size = 1 << (block_frames + MIN_MEMORY_FRAMES).bit_length()
        self._response = _block_response(sections.tobytes(), self._size)
        self._before = np.zeros((channels, self._size - block_frames), np.float32)

    def prime(self, sound: Samples) -> None:
        """Remember what was before the first block: (channels, frames)."""
        memory = self._before.shape[1]
        sound = sound[:, -memory:]
        self._before[:, memory - sound.shape[1] :] = sound

    def process(self, block: Samples) -> Samples:
        """Return a filtered block, (channels, block frames)."""
        memory = self._before.shape[1]
        joined = np.concatenate([self._before, block], axis=1)
        self._before = joined[:, -memory:].copy()
        spectrum = scipy.fft.rfft(joined)
        spectrum *= self._response
        return np.asarray(scipy.fft.irfft(spectrum, self._size)[:, memory:])


@lru_cache(maxsize=8)
def _block_response(sections: bytes, size: int) -> NDArray[np.complex64]:
    turns = np.arange(size // 2 + 1) / size
    parts = (turns[:EXACT_BINS], turns[EXACT_BINS:].astype(np.float32))  # low filters need more digits, below 1 kHz
    return np.concatenate(
        [response(np.frombuffer(sections).reshape(-1, 6), part) for part in parts], dtype=np.complex64
    )
