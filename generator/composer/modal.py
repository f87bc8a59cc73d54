"""Sums of decaying sinusoids, as matrix products.

A damped sinusoid is z^t, and z^(k·m+j) = z^(k·m) · z^j: a whole note of any number of modes is one product of a small
matrix of coarse steps with a small matrix of fine ones. That is some twenty times quicker than adding sines one by one.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE = 44_100
FINE = 240  # frames in a row of the product
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
    fine = _fine(modes)
    for begin, end in itertools.pairwise(_SEGMENTS):
        first, last = int(begin * RATE) // FINE, min(out.shape[1] // FINE, int(end * RATE) // FINE)
        alive = np.flatnonzero(modes.t60 * 1.05 > begin)
        if first >= last or not len(alive):
            break
        _add_rows(out[:, first * FINE : last * FINE], modes, alive, fine[:, alive], first)
    return out[:, :frames]


def _fine(modes: Modes) -> NDArray[np.float32]:
    """Every mode's sine and cosine over one row: (2, modes, FINE)."""
    at = np.arange(FINE)
    angle = ((modes.hz[:, None] / RATE) * at % 1.0 * (2 * np.pi)).astype(np.float32)
    level = np.exp((_decay(modes)[:, None] * at).astype(np.float32))
    return np.stack([np.sin(angle) * level, np.cos(angle) * level])


def _decay(modes: Modes) -> NDArray[np.float64]:
    """The exponent a frame: ln(1000) a T60."""
    return np.asarray(-6.9078 / (modes.t60 * RATE))


def _add_rows(
    out: NDArray[np.float32], modes: Modes, alive: NDArray[np.intp], fine: NDArray[np.float32], first: int
) -> None:
    rows = out.shape[1] // FINE
    at = (first + np.arange(rows)) * float(FINE)
    turns = at[:, None] * (modes.hz[alive] / RATE) + modes.phase[alive]
    level = np.exp((at[:, None] * _decay(modes)[alive]).astype(np.float32))
    angle = (turns % 1.0 * (2 * np.pi)).astype(np.float32)
    cosine, sine = np.cos(angle) * level, np.sin(angle) * level
    basis = fine.reshape(-1, FINE)
    group = max(1, SMALL_PRODUCT // basis.size)
    for side, gains in enumerate((modes.left, modes.right)[: len(out)]):
        gain = gains[alive].astype(np.float32)
        coarse = np.concatenate([cosine * gain, sine * gain], axis=1)
        rowed = out[side].reshape(rows, FINE)
        for begin in range(0, rows, group):
            np.matmul(coarse[begin : begin + group], basis, out=rowed[begin : begin + group])
