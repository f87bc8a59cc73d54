"""Sums of decaying sinusoids, as matrix products.

A damped sinusoid is z^t, and z^(k·m+j) = z^(k·m) · z^j: a whole note with any number of modes is the product of a small
matrix of coarse steps and a small matrix of fine steps. This is about twenty times faster than adding sines.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 44_100
ROW_FRAMES = 240  # frames per row of the product
# Below this many multiplications OpenBLAS keeps a product on the calling thread; more threads only waste CPU here.
SMALL_PRODUCT = 250_000
_SEGMENTS_S = (0.0, 0.12, 0.5, 1.5, 4.0, 60.0)  # seconds; decayed modes are dropped from later segments


@dataclass(frozen=True)
class Modes:
    """`hz`, `t60` (seconds to −60 dB), `phase` (turns): shape (modes,). `left`, `right`: amplitudes, shape (modes,)."""

    hz: NDArray[np.float64]
    t60: NDArray[np.float64]
    phase: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]


def ring(modes: Modes, seconds: float, *, stereo: bool = True) -> NDArray[np.float32]:
    """Render modes from time zero; float32, shape (2 or 1, frames)."""
    frames = int(seconds * RATE_HZ)
    out = np.zeros((2 if stereo else 1, -(-frames // ROW_FRAMES) * ROW_FRAMES), np.float32)
    fine = _fine_steps(modes)
    for begin, end in itertools.pairwise(_SEGMENTS_S):
        first, last = (
            int(begin * RATE_HZ) // ROW_FRAMES,
            min(out.shape[1] // ROW_FRAMES, int(end * RATE_HZ) // ROW_FRAMES),
        )
        audible = np.flatnonzero(modes.t60 * 1.05 > begin)
        if first >= last or not len(audible):
            break
        _add_rows(out[:, first * ROW_FRAMES : last * ROW_FRAMES], modes, audible, fine[:, audible], first)
    return out[:, :frames]


def _fine_steps(modes: Modes) -> NDArray[np.float32]:
    """Return the sine and cosine of every mode over one row: (2, modes, FINE)."""
    frames = np.arange(ROW_FRAMES)
    angle = ((modes.hz[:, None] / RATE_HZ) * frames % 1.0 * (2 * np.pi)).astype(np.float32)
    level = np.exp((_decay(modes)[:, None] * frames).astype(np.float32))
    return np.stack([np.sin(angle) * level, np.cos(angle) * level])


def _decay(modes: Modes) -> NDArray[np.float64]:
    """Return the decay exponent per frame: ln(1000) per T60."""
    return np.asarray(-6.9078 / (modes.t60 * RATE_HZ))


def _add_rows(
    out: NDArray[np.float32], modes: Modes, audible: NDArray[np.intp], fine: NDArray[np.float32], first: int
) -> None:
    rows = out.shape[1] // ROW_FRAMES
    frames = (first + np.arange(rows)) * float(ROW_FRAMES)
    turns = frames[:, None] * (modes.hz[audible] / RATE_HZ) + modes.phase[audible]
    level = np.exp((frames[:, None] * _decay(modes)[audible]).astype(np.float32))
    angle = (turns % 1.0 * (2 * np.pi)).astype(np.float32)
    cosine, sine = np.cos(angle) * level, np.sin(angle) * level
    basis = fine.reshape(-1, ROW_FRAMES)
    group = max(1, SMALL_PRODUCT // basis.size)
    for side, gains in enumerate((modes.left, modes.right)[: len(out)]):
        gain = gains[audible].astype(np.float32)
        coarse = np.concatenate([cosine * gain, sine * gain], axis=1)
        target_rows = out[side].reshape(rows, ROW_FRAMES)
        for begin in range(0, rows, group):
            np.matmul(coarse[begin : begin + group], basis, out=target_rows[begin : begin + group])
