"""Loudness and peaks, measured at the rate of small steps so that a limiter can be planned without touching audio.

Loudness is ITU-R BS.1770-4 (K-weighting, 400 ms blocks overlapping by 75 %, gates at −70 LUFS and 10 LU below).
"""

from collections.abc import Iterable

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.cache import Sound
from generator.composer.modal import SMALL_PRODUCT

STEP = 63  # frames a peak is taken over, 1.4 ms
POWER_STEP = 441  # frames a power is taken over: 10 ms, 7 steps
# BS.1770 K-weighting at 44.1 kHz: the 48 kHz filters of the standard through the bilinear transform at this rate.
K_WEIGHTING = np.array(
    [
        [1.530841230050348, -2.650979995154729, 1.169079079921584, 1.0, -1.663655113256020, 0.712595428073224],
        [1.0, -2.0, 1.0, 1.0, -1.989169673629796, 0.989199035787039],
    ]
)
_TAPS = 12  # each side of the windowed sinc that finds true peaks


class Powers:
    """K-weighted power of both channels together, a value every 10 ms, of blocks heard one after the other."""

    def __init__(self) -> None:
        self._state = np.zeros((2, 2, 2), np.float32)

    def of(self, block: Sound) -> NDArray[np.float32]:
        """Powers of a block (2, frames), frames a multiple of POWER_STEP."""
        weighted, self._state = scipy.signal.sosfilt(K_WEIGHTING.astype(np.float32), block, axis=1, zi=self._state)
        rows = weighted.reshape(2, -1, POWER_STEP)
        return np.asarray(np.einsum("cbs,cbs->b", rows, rows) / np.float32(POWER_STEP))


def integrated(powers: NDArray[np.floating]) -> float | None:
    """Gated loudness in LUFS of K-weighted powers at 10 ms; None for silence."""
    total = np.concatenate([[0.0], np.cumsum(powers, dtype=np.float64)])
    if len(powers) < 40:
        blocks = np.array([total[-1] / max(1, len(powers))])
    else:
        begins = np.arange(0, len(powers) - 39, 10)
        blocks = (total[begins + 40] - total[begins]) / 40
    blocks = blocks[_lufs(blocks) > -70]
    if not len(blocks):
        return None
    loud = blocks[_lufs(blocks) > _lufs(blocks.mean()) - 10]
    return float(_lufs(loud.mean()))


def _lufs(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-12)))


def loudness_of(blocks: Iterable[Sound]) -> float | None:
    """Integrated loudness in LUFS of blocks (2, frames), frames a multiple of POWER_STEP but for the last."""
    powers = Powers()
    measured = [powers.of(block[:, : block.shape[1] // POWER_STEP * POWER_STEP]) for block in blocks]
    return integrated(np.concatenate(measured)) if measured else None


def step_peaks(block: Sound, near: float) -> NDArray[np.float32]:
    """The largest value in each step of 63 frames, either side; true peaks where the samples come above `near`."""
    peaks = np.abs(block).max(axis=0).reshape(-1, STEP).max(axis=1)
    risky = np.flatnonzero(peaks > near)
    if len(risky):
        padded = np.pad(block, ((0, 0), (_TAPS, _TAPS)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, STEP + 2 * _TAPS, axis=1)
        group = max(1, SMALL_PRODUCT // _BETWEEN.size)
        for side in range(2):
            for begin in range(0, len(risky), group):
                chosen = risky[begin : begin + group]
                between = np.abs(windows[side, chosen * STEP] @ _BETWEEN).max(axis=1)
                peaks[chosen] = np.maximum(peaks[chosen], between)
    return np.asarray(peaks)


def _between_matrix() -> NDArray[np.float32]:
    """From a window of samples to the values a quarter, a half and three quarters of the way to each next sample."""
    matrix = np.zeros((STEP + 2 * _TAPS, STEP, 3), np.float32)
    for place, share in enumerate((0.25, 0.5, 0.75)):
        at = np.arange(-_TAPS + 1, _TAPS + 1) - share
        kernel = np.sinc(at) * np.cos(np.pi * at / (2 * _TAPS)) ** 2
        kernel /= kernel.sum()
        for frame in range(STEP):
            matrix[frame + 1 : frame + 1 + 2 * _TAPS, frame, place] = kernel
    return matrix.reshape(STEP + 2 * _TAPS, STEP * 3)


_BETWEEN = _between_matrix()
