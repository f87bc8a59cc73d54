"""Where a piece lies between mixing and mastering: blocks of sound, on tape (as they are) or on a reel (compact)."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from generator.composer.cache import Sound
from generator.composer.room import BLOCK

FULL = 32_767


class Store(Protocol):
    """Blocks (2, BLOCK) by number; the last reaches past the end."""

    def put(self, number: int, block: Sound) -> None: ...

    def get(self, number: int) -> Sound: ...


class Tape:
    """Blocks as they are: `sound` is float32, (2, frames rounded up to whole blocks)."""

    def __init__(self, frames: int) -> None:
        self.sound = np.zeros((2, -(-frames // BLOCK) * BLOCK), np.float32)

    def put(self, number: int, block: Sound) -> None:
        self.sound[:, number * BLOCK : (number + 1) * BLOCK] = block

    def get(self, number: int) -> Sound:
        return self.sound[:, number * BLOCK : (number + 1) * BLOCK].copy()


class Reel:
    """Blocks in 16 bits a sample, and room for the finished samples in the same place.

    Ten minutes of floats are 212 MB, these 106. A sample x of a block that peaks at p is kept as ±√(|x|/p), so that
    what is lost lies 90 dB below loud samples and ever further below soft ones: less than the last rounding to 16 bits.
    """

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.count = -(-frames // BLOCK)
        self._kept = np.zeros((self.count * BLOCK, 2), np.int16)
        self._peaks = [0.0] * self.count

    def put(self, number: int, block: Sound) -> None:
        peak = max(float(block.max()), -float(block.min()))
        self._peaks[number] = peak
        packed = np.abs(block)
        packed *= np.float32(1 / max(peak, 1e-12))
        np.sqrt(packed, out=packed)
        packed *= np.float32(FULL)
        np.copysign(packed, block, out=packed)
        np.rint(packed, out=packed)
        self._place(number).reshape(2, BLOCK)[:] = packed

    def get(self, number: int) -> Sound:
        block = self._place(number).reshape(2, BLOCK).astype(np.float32)
        block *= np.abs(block)
        block *= np.float32(self._peaks[number] / FULL**2)
        return block

    def finish(self, number: int, samples: NDArray[np.int16]) -> None:
        """Put the finished samples of a block, (BLOCK or fewer, 2), where it was; it cannot be got again."""
        self._place(number)[: len(samples)] = samples

    def finished(self) -> NDArray[np.int16]:
        """The finished piece, (frames, 2)."""
        return self._kept[: self.frames]

    def _place(self, number: int) -> NDArray[np.int16]:
        return self._kept[number * BLOCK : (number + 1) * BLOCK]
