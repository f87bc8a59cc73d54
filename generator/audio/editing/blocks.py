"""Passes over long sounds in blocks."""

from collections.abc import Callable, Iterator

import numpy as np
import scipy
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Sections = NDArray[np.float64]

BLOCK_FRAMES = 1 << 16
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
        and owner.shape[1:] == samples.shape[1:]
        and owner.ctypes.data == samples.ctypes.data
    )
    return owner if is_beginning else None


class Filter:
    """Second-order sections over consecutive blocks of shape (frames, channels)."""

    def __init__(self, sections: Sections, channels: int) -> None:
        self._sections = sections.astype(np.float32)
        self._state = np.zeros((len(sections), channels, 2), np.float32)

    def apply(self, block: Samples) -> Samples:
        """Return the filtered block, (channels, frames)."""
        filtered, self._state = scipy.signal.sosfilt(
            self._sections, np.ascontiguousarray(block.T), axis=1, zi=self._state
        )
        return np.asarray(filtered)
