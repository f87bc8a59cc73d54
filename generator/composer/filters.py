"""Second-order filters, applied as matrix products: faster than sample by sample, and exact in float32 at 26 Hz.

A filter is an array of sections, (sections, 6), as scipy's "sos": three numerator and three denominator coefficients.
Designs from R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 44_100
BUTTERWORTH_Q = 0.5**0.5
ROW_FRAMES, GROUP_ROWS = 48, 49
SMALL_PRODUCT = 250_000  # multiplications
MIN_STRENGTH = 1e-12  # of a state, as a share of the strongest
TAIL_FRAMES = 1024  # of silence after a sound, so that what rings past its end does not wrap to its beginning

_SMOOTH: set[int] = {2**a * 3**b * 5**c for a in range(21) for b in range(13) for c in range(9)}
_FAST_SIZES = sorted(size for size in _SMOOTH if size < 1 << 21)

Samples = NDArray[np.float32]
Sections = NDArray[np.float64]


def pass_filter(kind: str, hz: float) -> Sections:
    """Return a Butterworth filter of the second order, "high" or "low": (1, 6)."""
    w = 2 * np.pi * hz / RATE_HZ
    alpha, cosine = np.sin(w) / (2 * BUTTERWORTH_Q), np.cos(w)
    edge = (1 + cosine) / 2 if kind == "high" else (1 - cosine) / 2
    middle = -2 * edge if kind == "high" else 2 * edge
    return np.asarray(np.array([[edge, middle, edge, 1 + alpha, -2 * cosine, 1 - alpha]]) / (1 + alpha))


def band_pass(low_hz: float, high_hz: float) -> Sections:
    """Return a Butterworth band-pass with slopes of 6 dB per octave: (1, 6)."""
    low, high = np.tan(np.pi * low_hz / RATE_HZ), np.tan(np.pi * high_hz / RATE_HZ)
    width, center = high - low, low * high
    numerator, denominator = (width, 0.0, -width), (1 + width + center, 2 * (center - 1), 1 - width + center)
    return np.asarray(np.array([[*numerator, *denominator]]) / denominator[0])


def response(sections: Sections, turns: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    """Return the complex gain at frequencies given as a share of the sample rate."""
    angle = turns * turns.dtype.type(-2 * np.pi)
    z = np.cos(angle) + 1j * np.sin(angle)
    gain = np.ones_like(z)
    for b0, b1, b2, a0, a1, a2 in sections.tolist():
        gain *= (b0 + z * (b1 + z * b2)) / (a0 + z * (a1 + z * a2))
    return gain


def apply_filter(sound: Samples, sections: Sections) -> Samples:
    """Return a filtered sound of the same shape, (…, frames)."""
    count = sound.shape[-1]
    rows = np.zeros((sound.size // count, -(-count // ROW_FRAMES) * ROW_FRAMES), np.float32)
    rows[:, :count] = sound.reshape(-1, count)
    BlockFilter(sections, len(rows)).process(rows)
    return rows[:, :count].reshape(sound.shape)


def fast_size(frames: int) -> int:
    """Return the next size of a transform that has only the prime factors 2, 3 and 5."""
    return _FAST_SIZES[bisect_left(_FAST_SIZES, frames)]


class BlockFilter:
    """A filter over consecutive blocks, exact and without end: what it remembers of one block it continues in the next.

    A block is cut into rows of ROW_FRAMES. Within a row the filter is a product with its impulse response, and what the
    rows before leave behind is a state of two numbers per section, which is carried from row to row. Both are matrix
    products, four times as fast as a transform of the block.
    """

    def __init__(self, sections: Sections, channels: int) -> None:
        self._steps = _row_steps(sections.tobytes())
        self._state = np.zeros((channels, 2 * len(sections)))

    def prime(self, sound: Samples) -> None:
        """Remember what was before the first block: (channels, frames)."""
        padded = np.pad(sound, ((0, 0), (-sound.shape[1] % ROW_FRAMES, 0)))
        self._carry(padded.reshape(len(sound), -1, ROW_FRAMES))

    def process(self, block: Samples) -> None:
        """Filter a contiguous block in place, (channels, frames); frames is a multiple of ROW_FRAMES."""
        rows = block.reshape(len(block), -1, ROW_FRAMES)
        joined = np.concatenate([rows, self._carry(rows).astype(np.float32)], axis=2)
        _multiply(joined.reshape(-1, joined.shape[2]), self._steps.response, rows.reshape(-1, ROW_FRAMES))

    def _carry(self, rows: Samples) -> NDArray[np.float64]:
        """Return the state before each row, (channels, rows, states), and keep the one after the last."""
        channels, count, size = len(rows), rows.shape[1], self._state.shape[1]
        own = np.empty((channels * count, size), np.float32)
        _multiply(rows.reshape(-1, ROW_FRAMES), self._steps.input, own)
        added = np.zeros((channels, -(-count // GROUP_ROWS) * GROUP_ROWS, size))
        added[:, :count] = own.reshape(channels, count, size)
        groups = np.empty((channels, added.shape[1] // GROUP_ROWS, GROUP_ROWS * size))
        _multiply(added.reshape(-1, groups.shape[2]), self._steps.chain, groups.reshape(-1, groups.shape[2]))
        carried, jump = [self._state], self._steps.powers[:, -size:]
        for last in groups[:, :-1, -size:].swapaxes(0, 1):
            carried.append(last + carried[-1] @ jump)
        groups += np.stack(carried, axis=1) @ self._steps.powers
        after = groups.reshape(channels, -1, size)[:, :count]
        states = np.concatenate([self._state[:, None], after[:, :-1]], axis=1)
        self._state = after[:, -1].copy()
        return states


@dataclass(frozen=True)
class _RowSteps:
    """A filter by rows: `response` turns a row and the state before it into output, (ROW_FRAMES + states, ROW_FRAMES).

    `input` is what a row adds to the state, (ROW_FRAMES, states); `chain` turns what each row of a group adds into the
    states after each, (ROWS · states, ROWS · states); `powers` is what becomes of the state before the group after
    each row, (states, ROWS · states).
    """

    response: Samples
    input: Samples
    chain: NDArray[np.float64]
    powers: NDArray[np.float64]


def _multiply(rows: NDArray[np.floating], matrix: NDArray[np.floating], out: NDArray[np.floating]) -> None:
    """Multiply rows by a matrix into `out`, in parts so small that OpenBLAS keeps them on the calling thread."""
    group = max(1, SMALL_PRODUCT // matrix.size)
    whole = len(rows) // group * group
    np.matmul(rows[:whole].reshape(-1, group, len(matrix)), matrix, out=out[:whole].reshape(-1, group, matrix.shape[1]))
    np.matmul(rows[whole:], matrix, out=out[whole:])


@lru_cache(maxsize=48)
def _row_steps(sections: bytes) -> _RowSteps:
    a, b, c, direct = _state_space(np.frombuffer(sections).reshape(-1, 6))
    size = len(a)
    by_frame = _powers(a, ROW_FRAMES)
    outputs = c @ by_frame[:-1]  # of a state, frame by frame: (ROW_FRAMES, states)
    impulse = np.concatenate([[direct], outputs[:-1] @ b])
    by_row = _powers(by_frame[-1], GROUP_ROWS)
    chain = _lower(by_row[:-1]).transpose(0, 3, 1, 2)
    return _RowSteps(
        np.concatenate([_lower(impulse), outputs.T]).astype(np.float32),
        (by_frame[-2::-1] @ b).astype(np.float32),
        chain.reshape(GROUP_ROWS * size, -1),
        by_row[1:].reshape(-1, size).T,
    )


def _powers(matrix: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the powers of a matrix from 0 to `count`: (count + 1, states, states)."""
    powers = np.array([np.eye(len(matrix)), matrix])
    while len(powers) <= count:
        powers = np.concatenate([powers, powers @ (powers[-1] @ matrix)])
    return powers[: count + 1]


def _lower(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each time of a row has of each earlier one: (n, …) → (n, n, …), [earlier, later]."""
    later = np.arange(len(values)) - np.arange(len(values))[:, None]
    return np.where(later.reshape(later.shape + (1,) * (values.ndim - 1)) >= 0, values[later], 0)


def _state_space(sections: Sections) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Return a cascade as s' = A·s + b·x, y = c·s + d·x, with states of equal size, which float32 can carry."""
    size = 2 * len(sections)
    a, b, c, direct = np.zeros((size, size)), np.zeros(size), np.zeros(size), 1.0
    for number, (b0, b1, b2, a0, a1, a2) in enumerate(sections):
        own = slice(2 * number, 2 * number + 2)
        column = np.array([b1 * a0 - a1 * b0, b2 * a0 - a2 * b0]) / a0**2
        a[own] = np.outer(column, c)
        a[own, own] = [[-a1 / a0, 1], [-a2 / a0, 0]]
        b[own] = column * direct
        c = c * (b0 / a0)
        c[2 * number], direct = 1.0, direct * b0 / a0
    # White noise leaves states of this covariance; in a basis in which it is the identity, no power of A is above 1.
    both = (a[:, None, :, None] * a[None, :, None]).reshape(size**2, size**2)
    covariance = np.linalg.solve(np.eye(size**2) - both, np.outer(b, b).reshape(-1)).reshape(size, size)
    # A section that changes nothing leaves states that are never reached: of those any size will do.
    strengths, directions = np.linalg.eigh(covariance)
    scale = np.sqrt(np.maximum(strengths, max(strengths[-1] * MIN_STRENGTH, MIN_STRENGTH)))
    basis, inverse = directions * scale, (directions / scale).T
    return inverse @ a @ basis, inverse @ b, c @ basis, direct
