"""Loudness per ITU-R BS.1770-4: the filters, the unit and the gates, shared by the meters of composer and audio.

A meter filters the samples with `k_weighting`, sums the power of both channels in equal steps, and gives the steps to
`integrated`. The composer's meter works block by block in 10 ms steps, the studio's on whole files in 100 ms steps.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Powers = NDArray[np.floating]

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0  # LU


def lufs_of(power: Any) -> Any:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def k_weighting(rate: int) -> NDArray[np.float64]:
    """Return the two filters (high shelf, then high-pass) as second-order sections for any sample rate.

    The standard prints coefficients for 48 kHz only; these are its analog prototypes through the bilinear transform (De
    Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
    """
    gain, q, center = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = np.tan(np.pi * center / rate)
    vh = 10 ** (gain / 20)
    vb = vh**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0]
    shelf += [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    q, center = 0.5003270373238773, 38.13547087602444
    k = np.tan(np.pi * center / rate)
    a0 = 1 + k / q + k * k
    high = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, high])


def integrated(steps: Powers, length: int, every: int = 1) -> float | None:
    """Return the gated loudness in LUFS of weighted powers; None if nothing passes the gates.

    A gating block is 400 ms long, and one starts every 100 ms: `length` and `every` are these times in steps.
    """
    loud = gated(steps, length, every)
    return float(lufs_of(loud.mean())) if len(loud) else None


def gated(steps: Powers, length: int, every: int = 1, relative: float = RELATIVE_GATE_LU) -> NDArray[np.float64]:
    """Return the powers of the blocks that pass the absolute gate, and then `relative` LU to the mean of those."""
    blocks = _blocks(steps, length, every)
    loud: NDArray[np.float64] = blocks[lufs_of(blocks) > ABSOLUTE_GATE_LUFS]
    if len(loud):
        loud = loud[lufs_of(loud) > lufs_of(loud.mean()) + relative]
    return loud


def _blocks(steps: Powers, length: int, every: int) -> NDArray[np.float64]:
    """Return the mean of each block of `length` steps; of all steps, if they are fewer."""
    running = np.concatenate(([0.0], np.cumsum(steps, dtype=np.float64)))
    if len(steps) < length:
        return np.asarray(running[-1:] / max(1, len(steps)))
    return np.asarray((running[length:] - running[:-length])[::every] / length)
