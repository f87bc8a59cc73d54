"""How a stretch turns the phase of every band: found once on a mix, and applied to it and to each of its stems.

A sound is taken in blocks, each a third later than the one before, with a Hann window before and after its transform.
The block at the time t of the result is that at t × factor of the source, and each of its bands is turned by one angle:
those by which Signalsmith Stretch turned one channel, the guide. Turning is linear: what adds up before
adds up after, to the rounding of 32-bit floats.

Angles are whole numbers, 65,536 to a turn, so that those on the disk are those that the mix was turned by.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.audio.editing.blocks import Filter, Samples, blocks

Angles = NDArray[np.int16]  # (blocks, bands)
Places = NDArray[np.intp]

HOP_S = 1600 / 44_100
OVERLAP = 3  # blocks at any time; two would make tones rougher by up to 17 dB, longer ones smear what is struck
PAD_HOPS = 4  # of silence around a sound: half a block, and the hop before the first at twice the speed
BATCH_BLOCKS = 16  # transforms at a time: they stay in the CPU cache
TURN = 1 << 16
QUARTER_TURN_FRAMES = 255  # on each side of the filter that turns the right channel for the guide


class Phases:
    """The angles of one stretch, part after part, in memory or in a file, and how its parts are joined."""

    def __init__(self, file: Path | None = None) -> None:
        self.joins: list[tuple[int, float]] = []  # per part: the frame in it where it is joined, and the correlation
        self.loop_correlation = 0.0
        self._file = file
        self._kept: list[Angles] = []
        self._places: list[tuple[int, tuple[int, int]]] = []  # in the file: offset in bytes, shape

    @property
    def is_known(self) -> bool:
        return bool(self._places)

    def add(self, angles: Angles, join: tuple[int, float]) -> None:
        self.joins.append(join)
        offset = 0
        if self._file is None:
            self._kept.append(angles)
        else:
            with self._file.open("ab") as file:
                offset = file.tell()
                angles.tofile(file)
        self._places.append((offset, (angles.shape[0], angles.shape[1])))

    def part(self, number: int) -> Angles:
        if self._file is None:
            return self._kept[number]
        offset, shape = self._places[number]
        return np.fromfile(self._file, np.int16, shape[0] * shape[1], offset=offset).reshape(shape)


def guide_of(samples: Samples) -> Samples:
    """Return one channel in which no sound cancels itself: left, and right a quarter of a turn later."""
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0])
    guide = samples[:, 0].astype(np.float32)
    turn = Filter(_quarter_turn(), 1)
    right = np.pad(samples[:QUARTER_TURN_FRAMES, 1:], ((0, max(0, QUARTER_TURN_FRAMES - len(samples))), (0, 0)))
    turn.apply(right)  # the filter answers so many frames later
    for start, block in blocks(guide):
        ahead = samples[start + QUARTER_TURN_FRAMES :][: len(block), 1:]
        turned = turn.apply(np.pad(ahead, ((0, len(block) - len(ahead)), (0, 0))))[0]
        np.add(block, turned, out=block)
    return guide


def find_angles(guide: Samples, stretched: Samples, rate: int, factor: float) -> Angles:
    """Return the angles by which a guide was turned; both have one channel, `stretched` is `factor` times as fast."""
    hop = _hop(rate)
    angles = np.empty((_blocks(len(stretched), hop), OVERLAP * hop // 2 + 1), np.int16)
    before, after = _padded(guide, hop), _padded(stretched, hop)
    for first, centers, sources in _batches(len(angles), hop, factor):
        cross = _spectra(after, centers, hop) * _spectra(before, sources, hop).conj()
        turns = np.rint(np.angle(cross) * np.float32(TURN / (2 * np.pi)))
        angles[first : first + len(centers)] = turns.astype(np.int32)  # half a turn, 32768, becomes −32768
    return angles


def apply_angles(samples: Samples, angles: Angles, rate: int, factor: float, frames: int) -> Samples:
    """Return `frames` frames of the samples (frames, channels), `factor` times as fast and turned by the angles."""
    hop = _hop(rate)
    out = np.zeros((samples.shape[1], len(angles) + OVERLAP - 1, hop), np.float32)
    window, turns = _window(hop) / np.float32(OVERLAP * 3 / 8), _turns()
    sounding = [(out[channel], _padded(samples[:, channel], hop)) for channel in np.flatnonzero(samples.any(axis=0))]
    for first, centers, sources in _batches(len(angles), hop, factor):
        turned = turns[angles[first : first + len(centers)].view(np.uint16)]
        for rows, line in sounding:
            spectra = _spectra(line, sources, hop)
            spectra *= turned
            made = scipy.fft.irfft(spectra, OVERLAP * hop, axis=1, overwrite_x=True)
            made *= window
            for third in range(OVERLAP):
                rows[first + third : first + third + len(centers)] += made[:, third * hop : (third + 1) * hop]
    lead = hop + OVERLAP * hop // 2
    return np.ascontiguousarray(out.reshape(len(out), -1)[:, lead : lead + frames].T)


@lru_cache(maxsize=4)
def _hop(rate: int) -> int:
    return 2 * int(scipy.fft.next_fast_len(round(HOP_S * rate / 2), real=True))


@lru_cache(maxsize=4)
def _window(hop: int) -> Samples:
    return np.hanning(OVERLAP * hop + 1)[:-1].astype(np.float32)


@lru_cache(maxsize=1)
def _turns() -> NDArray[np.complex64]:
    """Return the factor of each angle, negative ones last."""
    return np.asarray(np.exp(2j * np.pi * np.arange(TURN) / TURN), np.complex64)


@lru_cache(maxsize=1)
def _quarter_turn() -> Samples:
    """Return a Hilbert transformer: 2/πn for odd n, under a Hann window."""
    at = np.arange(-QUARTER_TURN_FRAMES, QUARTER_TURN_FRAMES + 1)
    taps = np.where(at % 2, 2 / np.pi / np.where(at, at, 1), 0.0) * np.hanning(len(at))
    return taps.astype(np.float32)


def _blocks(frames: int, hop: int) -> int:
    return -(-frames // hop) + 3


def _batches(blocks: int, hop: int, factor: float) -> Iterator[tuple[int, Places, Places]]:
    """Yield the number of a batch's first block, and the frames its blocks are centered at, in result and source."""
    for first in range(0, blocks, BATCH_BLOCKS):
        centers = (np.arange(first, min(blocks, first + BATCH_BLOCKS)) - 1) * hop  # the first one ends in the sound
        yield first, centers, np.rint(centers * factor).astype(int)


def _padded(line: Samples, hop: int) -> Samples:
    """Return a channel between PAD_HOPS of silence."""
    padded = np.zeros(len(line) + 2 * PAD_HOPS * hop, np.float32)
    padded[PAD_HOPS * hop : PAD_HOPS * hop + len(line)] = line
    return padded


def _spectra(padded: Samples, centers: Places, hop: int) -> NDArray[np.complex64]:
    size = OVERLAP * hop
    starts = np.minimum(centers + PAD_HOPS * hop - size // 2, len(padded) - size)
    blocks = np.lib.stride_tricks.sliding_window_view(padded, size)[starts]
    blocks *= _window(hop)  # an index array made a copy
    return np.asarray(scipy.fft.rfft(blocks, axis=1), np.complex64)
