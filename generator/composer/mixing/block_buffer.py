"""Audio block storage between mixing and mastering: as float32, or packed into 16 bits."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from generator.composer.mixing.reverb import BLOCK_FRAMES
from generator.composer.sound.sound_cache import Sound

FULL_SCALE = 32_767


class Store(Protocol):
    """Blocks (2, BLOCK) by number; the last one extends past the end, which is after `frames`."""

    frames: int
    count: int

    def put(self, number: int, block: Sound) -> None: ...

    def get(self, number: int) -> Sound: ...


class BlockBuffer:
    """Unpacked blocks: `sound` is float32, (2, frames rounded up to whole blocks)."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.count = -(-frames // BLOCK_FRAMES)
        self.sound = np.zeros((2, self.count * BLOCK_FRAMES), np.float32)

    def put(self, number: int, block: Sound) -> None:
        self.sound[:, number * BLOCK_FRAMES : (number + 1) * BLOCK_FRAMES] = block

    def get(self, number: int) -> Sound:
        return self.sound[:, number * BLOCK_FRAMES : (number + 1) * BLOCK_FRAMES].copy()


class PackedBlockBuffer:
    """Blocks packed into 16 bits per sample; the finished samples are stored in the same memory.

    Ten minutes take 212 MB as floats and 106 MB here. A sample x of a block with peak p is stored as ±√(|x|/p): the
    error lies 90 dB below loud samples and further below soft ones, which is less than the final rounding to 16 bits.
    """

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.count = -(-frames // BLOCK_FRAMES)
        self._samples = np.zeros((self.count * BLOCK_FRAMES, 2), np.int16)
        self._peaks = [0.0] * self.count

    def put(self, number: int, block: Sound) -> None:
        peak = max(float(block.max()), -float(block.min()))
        self._peaks[number] = peak
        packed = np.abs(block)
        packed *= np.float32(1 / max(peak, 1e-12))
        np.sqrt(packed, out=packed)
        packed *= np.float32(FULL_SCALE)
        np.copysign(packed, block, out=packed)
        np.rint(packed, out=packed)
        self._rows(number).reshape(2, BLOCK_FRAMES)[:] = packed

    def get(self, number: int) -> Sound:
        block = self._rows(number).reshape(2, BLOCK_FRAMES).astype(np.float32)
        block *= np.abs(block)
        block *= np.float32(self._peaks[number] / FULL_SCALE**2)
        return block

    def finish(self, number: int, samples: NDArray[np.int16]) -> None:
        """Replace a block by its finished samples, (BLOCK or fewer, 2); `get` can no longer read it."""
        self._rows(number)[: len(samples)] = samples

    def finished(self) -> NDArray[np.int16]:
        """Return the finished piece, (frames, 2)."""
        return self._samples[: self.frames]

    def _rows(self, number: int) -> NDArray[np.int16]:
        return self._samples[number * BLOCK_FRAMES : (number + 1) * BLOCK_FRAMES]
