"""Passes over long sounds in blocks."""

from collections.abc import Callable, Iterator

import numpy as np
import scipy
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BLOCK_FRAMES = 1 << 16
TRANSFORM_IMPULSES = 8  # the length of a filter's transform, in impulse responses: it stays in the CPU cache
Report = Callable[[float], None]


def ignore_progress(done: float) -> None:
    """Take the progress, from 0 to 1, and do nothing with it."""


def blocks(samples: Samples, size: int = BLOCK_FRAMES) -> Iterator[tuple[int, Samples]]:
    """Yield views of the samples with the frame at which each begins."""
    for start in range(0, len(samples), size):
        yield start, samples[start : start + size]


def multiply(samples: Samples, factors: Samples) -> None:
    """Multiply every channel by one factor per frame, in place: four times as fast as NumPy's broadcasting."""
    for channel in range(samples.shape[1]):
        samples[:, channel] *= factors


def scale(samples: Samples, gain_db: float) -> None:
    """Apply a gain in place."""
    if gain_db:
        samples *= np.float32(10 ** (gain_db / 20))


def move(samples: Samples, source: int, target: int, frames: int) -> None:
    """Copy frames to an earlier place of the same array, where they may overlap with themselves."""
    for start in range(0, frames, BLOCK_FRAMES):
        count = min(BLOCK_FRAMES, frames - start)
        samples[target + start : target + start + count] = samples[source + start : source + start + count]


def shorten(samples: Samples, frames: int) -> Samples:
    """Return the first frames, and free the memory of the others where that is possible without a copy.

    The given array, and views of it, must not be used any more.
    """
    owner = _owner(samples)
    if owner is None:
        return samples[:frames]
    owner.resize((frames, samples.shape[1]), refcheck=False)
    return owner


def lengthen(samples: Samples, frames: int) -> Samples:
    """Return an array of so many frames that ends with the samples, in their memory where that can grow.

    The given array, and views of it, must not be used any more.
    """
    total, owner = len(samples), _owner(samples)
    if owner is None:
        out = np.empty((frames, samples.shape[1]), np.float32)
        out[frames - total :] = samples
        return out
    owner.resize((frames, samples.shape[1]), refcheck=False)
    for end in range(total, 0, -BLOCK_FRAMES):  # the last block first: they may overlap with themselves
        start = max(0, end - BLOCK_FRAMES)
        owner[frames - total + start : frames - total + end] = owner[start:end].copy()
    return owner


def _owner(samples: Samples) -> Samples | None:
    """Return the array whose memory begins with the samples and can change its size, if there is one."""
    owner = samples if samples.base is None else samples.base
    is_beginning = (
        isinstance(owner, np.ndarray)
        and owner.flags.owndata
        and owner.flags.c_contiguous
        and owner.dtype == samples.dtype
        and (owner.ndim == 1 or owner.shape[1:] == samples.shape[1:])  # a file is read flat
        and owner.ctypes.data == samples.ctypes.data
    )
    return owner if is_beginning else None


class Filter:
    """A filter over consecutive blocks of shape (frames, channels), with one or two channels.

    It is given by its impulse response and applied by fast convolution.
    """

    def __init__(self, impulse: Samples, channels: int) -> None:
        self._size = int(scipy.fft.next_fast_len(TRANSFORM_IMPULSES * len(impulse)))
        self._response = scipy.fft.fft(impulse.astype(np.float32), self._size)
        self._heard = np.zeros((len(impulse) - 1, channels), np.float32)

    def apply(self, block: Samples) -> Samples:
        """Return the filtered block, (channels, frames)."""
        reach, channels = self._heard.shape
        hop = self._size - reach
        count = -(-len(block) // hop)
        sound = np.zeros((reach + count * hop, channels), np.float32)
        sound[:reach] = self._heard
        sound[reach : reach + len(block)] = block
        self._heard = sound[len(block) : len(block) + reach].copy()
        line = sound.view(np.complex64)[:, 0] if channels == 2 else sound[:, 0]  # both channels in one transform
        parts = np.lib.stride_tricks.sliding_window_view(line, self._size)[::hop].astype(np.complex64)
        spectra = scipy.fft.fft(parts, axis=1, overwrite_x=True)
        spectra *= self._response
        made = scipy.fft.ifft(spectra, axis=1, overwrite_x=True)[:, reach:].reshape(-1)[: len(block)]
        return np.asarray(made.view(np.float32).reshape(-1, 2)[:, :channels].T)
