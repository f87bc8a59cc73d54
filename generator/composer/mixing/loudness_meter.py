"""Loudness metering in small steps, so that a limiter can be planned without touching the audio.

Loudness is ITU-R BS.1770-4 (`generator/bs1770.py`), measured in steps of 10 ms.
"""

import numpy as np
from numpy.typing import NDArray

from generator import bs1770
from generator.composer.filters import BlockFilter
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound

POWER_STEP_FRAMES = 441  # frames per power value: 10 ms, 7 steps of the limiter


class Powers:
    """K-weighted power of both channels summed, one value per 10 ms, over consecutive blocks of one size."""

    def __init__(self) -> None:
        self._filter = BlockFilter(bs1770.k_weighting(RATE_HZ), 2)

    def measure(self, block: Sound) -> NDArray[np.float32]:
        """Return the powers of a block, (2, frames); frames is a multiple of POWER_STEP_FRAMES and of ROW_FRAMES."""
        weighted = block.copy()
        self._filter.process(weighted)
        rows = weighted.reshape(2, -1, POWER_STEP_FRAMES)
        return np.asarray(np.einsum("cbs,cbs->b", rows, rows) / np.float32(POWER_STEP_FRAMES))


def integrated(powers: NDArray[np.floating]) -> float | None:
    """Return the gated loudness in LUFS of 10 ms K-weighted powers; None for silence."""
    return bs1770.integrated(powers, 40, 10)
