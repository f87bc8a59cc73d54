"""Sums of decaying sinusoids, as matrix products.

A damped sinusoid is z^t, and z^(k·m+j) = z^(k·m) · z^j: a whole note of any number of modes is one product of a small
matrix of coarse steps with a small matrix of fine ones. That is some twenty times quicker than adding sines one by one.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
FINE = 480  # frames in a row of the product
# OpenBLAS keeps a product on the calling thread below this many multiplications; more threads only burn CPU here.
SMALL_PRODUCT = 250_000
_SEGMENTS = (0.0, 0.12, 0.5, 1.5, 4.0, 60.0)  # seconds; modes that have died are left out of later segments


@dataclass(frozen=True)
class Modes:
    """`hz`, `t60` (seconds to −60 dB), `phase` (turns): shape (modes,). `left`, `right`: amplitudes, shape (modes,)."""

    hz: NDArray[np.float64]
    t60: NDArray[np.float64]
    phase: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]


def ring(modes: Modes, seconds: float, *, stereo: bool = True) -> NDArray[np.float32]:
    """Let modes ring from time zero; float32, shape (2 or 1, frames)."""
    frames = int(seconds * RATE)
    out = np.zeros((2 if stereo else 1, -(-frames // FINE) * FINE), np.float32)
    for begin, end in itertools.pairwise(_SEGMENTS):
        first, last = int(begin * RATE) // FINE, min(out.shape[1] // FINE, int(end * RATE) // FINE)
        alive = modes.t60 * 1.05 > begin
        if first >= last or not alive.any():
            break
        _add_rows(out[:, first * FINE : last * FINE], modes, alive, first)
    return out[:, :frames]


def _add_rows(out: NDArray[np.float32], modes: Modes, alive: NDArray[np.bool_], first: int) -> None:
    hz, decay = modes.hz[alive], -6.9078 / (modes.t60[alive] * RATE)
    rows = out.shape[1] // FINE
    at = (first + np.arange(rows)) * float(FINE)
    turns = at[:, None] * (hz / RATE) + modes.phase[alive]
    level = np.exp(at[:, None] * decay).astype(np.float32)
    angle = ((turns % 1.0) * (2 * np.pi)).astype(np.float32)
    cosine, sine = np.cos(angle) * level, np.sin(angle) * level
    fine_at = np.arange(FINE)
    fine_angle = (((hz[:, None] / RATE) * fine_at % 1.0) * (2 * np.pi)).astype(np.float32)
    fine_level = np.exp(decay[:, None] * fine_at).astype(np.float32)
    fine = np.concatenate([np.sin(fine_angle) * fine_level, np.cos(fine_angle) * fine_level])
    group = max(1, SMALL_PRODUCT // (FINE * len(fine)))
    for side, gains in enumerate((modes.left, modes.right)[: len(out)]):
        gain = gains[alive].astype(np.float32)
        coarse = np.concatenate([cosine * gain, sine * gain], axis=1)
        rowed = out[side].reshape(rows, FINE)
        for begin in range(0, rows, group):
            np.matmul(coarse[begin : begin + group], fine, out=rowed[begin : begin + group])
