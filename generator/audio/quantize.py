"""Float samples as whole numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 32768.0


def is_on_grid(samples: NDArray[Any]) -> bool:
    """Return whether every sample is already a 16-bit number."""
    scaled = samples * FULL_SCALE
    return np.array_equal(scaled, np.rint(scaled))


def to_16_bit(block: NDArray[Any], random: np.random.Generator | None) -> NDArray[np.int16]:
    """Return 16-bit numbers; with a generator, under triangular dither (TPDF), two steps wide."""
    scaled = np.asarray(block, np.float32) * np.float32(FULL_SCALE)
    if random is not None:
        noise = random.random((2, *block.shape), dtype=np.float32)
        scaled += noise[0]
        scaled -= noise[1]
    np.rint(scaled, out=scaled)
    return np.asarray(np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16))


def to_24_bit(block: NDArray[Any]) -> NDArray[np.int32]:
    """Return 24-bit numbers in the upper bytes of 32-bit ones."""
    scaled = np.rint(block.astype(np.float64) * 2.0**23)
    return np.clip(scaled, -(2.0**23), 2.0**23 - 1).astype(np.int32) << 8
