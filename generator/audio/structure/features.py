"""Curves over time from which the structure is read: onsets, levels of bands, and pitch classes.

The samples are decimated batch by batch; a track of ten minutes needs about 30 MB beside its samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Curve = NDArray[np.floating]

TARGET_RATE_HZ = 22_050
SIZE, HOP = 1024, 256  # 46 ms windows every 12 ms
BANDS = 24
LOW_BANDS = 5  # bands below about 150 Hz: kick and bass
MIN_HZ, MAX_HZ = 40.0, 10_000.0
CHROMA_SIZE, CHROMA_HOP = 8192, 1024  # bins of 2.7 Hz, every 46 ms
MIN_CHORD_HZ, MAX_CHORD_HZ = 55.0, 1800.0
BATCH_SIZE = 256  # frames
_TINY = 1e-10


@dataclass(frozen=True)
class Features:
    """Curves with `rate` frames per second; frame n is centered at n / rate seconds."""

    rate: float
    length_s: float
    bands: Curve  # (frames, BANDS): power
    onset: Curve  # strength of attacks in all bands, evened out over time
    low_onset: Curve  # the same for kick and bass
    attacks: Curve  # strength of attacks in the upper bands, as it is
    strongest_attack: float  # of all bands, as it is
    chroma: Curve  # (chroma frames, 12)
    chroma_rate: float

    @cached_property
    def level_db(self) -> Curve:
        return np.asarray(10 * np.log10(self.bands.sum(axis=1) + _TINY))

    @cached_property
    def band_hz(self) -> Curve:
        """Return the geometric center of each band."""
        edges = np.geomspace(MIN_HZ, MAX_HZ, BANDS + 1)
        return np.asarray(np.sqrt(edges[1:] * edges[:-1]))

    def index(self, seconds: float) -> int:
        return int(np.clip(round(seconds * self.rate), 0, len(self.onset) - 1))


def find_features(samples: Samples, rate: int) -> Features:
    """Measure the curves of a sound of shape (frames, channels)."""
    low_rate = rate / _step(rate)
    bands = _band_powers(samples, rate)
    frame_rate = low_rate / HOP
    rises = _rises(bands)
    strength = rises.mean(axis=1)
    return Features(
        rate=frame_rate,
        length_s=len(samples) / rate,
        bands=bands,
        onset=_even_out(strength, frame_rate),
        low_onset=_even_out(rises[:, :LOW_BANDS].mean(axis=1), frame_rate),
        attacks=rises[:, BANDS // 2 :].mean(axis=1),
        strongest_attack=float(np.quantile(strength, 0.99)),
        chroma=_chroma(samples, rate),
        chroma_rate=low_rate / CHROMA_HOP,
    )


def _step(rate: int) -> int:
    return max(1, round(rate / TARGET_RATE_HZ))


def _decimate(samples: Samples, step: int, first: int, last: int) -> Samples:
    """Average channels and neighboring samples over decimated frames [first, last), with silence outside the sound.

    Aliases stay weak and high, where nothing is measured finely.
    """
    count = len(samples) // step
    start, end = max(0, first), min(count, last)
    out = np.zeros(last - first, np.float32)
    if start < end:
        width = step * samples.shape[1]
        weights = np.full(width, 1 / width, np.float32)
        part = samples[start * step : end * step].reshape(-1, width)
        np.einsum("ij,j->i", part, weights, out=out[start - first : end - first])
    return out


def _batches(samples: Samples, rate: int, size: int, hop: int) -> Iterator[tuple[int, Samples]]:
    """Yield overlapping frames in batches, with the number of the first; frame 0 is centered on the first sample."""
    step = _step(rate)
    frames = frame_count(samples, rate, hop)
    for start in range(0, frames, BATCH_SIZE):
        end = min(frames, start + BATCH_SIZE)
        part = _decimate(samples, step, start * hop - size // 2, (end - 1) * hop + size // 2)
        yield start, np.lib.stride_tricks.sliding_window_view(part, size)[::hop]


def frame_count(samples: Samples, rate: int, hop: int) -> int:
    return len(samples) // _step(rate) // hop + 1


def _window(size: int) -> Samples:
    """Return a Hann window under which a full-scale sine has a power of about one."""
    window = np.hanning(size)
    return np.asarray(2 * window / window.sum(), np.float32)


def _band_powers(samples: Samples, rate: int) -> Curve:
    low_rate = rate / _step(rate)
    edges = np.geomspace(MIN_HZ, min(MAX_HZ, low_rate / 2), BANDS + 1)[:-1] * SIZE / low_rate
    starts = 2 * np.maximum(np.round(edges).astype(np.intp), np.arange(1, BANDS + 1))
    powers = np.empty((frame_count(samples, rate, HOP), BANDS), np.float32)
    window = _window(SIZE)
    for start, frames in _batches(samples, rate, SIZE, HOP):
        spectrum = scipy.fft.rfft(frames * window, axis=1).view(np.float32)
        np.add.reduceat(np.square(spectrum), starts, axis=1, out=powers[start : start + len(frames)])
    return np.asarray(powers)


def _rises(powers: Curve) -> Curve:
    """Return the rise of each band's level against the frame 23 ms before."""
    levels = np.log1p(1000 * powers / (powers.mean() + _TINY))
    rises = np.zeros_like(levels)
    rises[1:-1] = np.maximum(0, levels[2:] - levels[:-2])
    return np.asarray(rises)


def _even_out(curve: Curve, rate: float) -> Curve:
    """Smooth a curve, take away its local average, and divide by its local strength, so that quiet parts count."""
    smooth = np.convolve(curve, np.hanning(5)[1:-1] / 2, "same")
    smooth = np.maximum(0, smooth - moving_average(smooth, round(rate)))
    strength = np.sqrt(np.maximum(0, moving_average(np.square(smooth), round(8 * rate))))
    return np.asarray(smooth / (strength + 0.1 * strength.mean() + _TINY), np.float32)


def moving_average(curve: Curve, width: int) -> Curve:
    """Return the centered average over `width` frames, with the edges repeated."""
    return np.asarray(scipy.ndimage.uniform_filter1d(curve, max(1, width), axis=0, mode="nearest"))


def _chroma(samples: Samples, rate: int) -> Curve:
    """Return the strength of the twelve pitch classes over time, from spectral bins weighted by their tuning."""
    low_rate = rate / _step(rate)
    first, last = int(MIN_CHORD_HZ * CHROMA_SIZE / low_rate), int(MAX_CHORD_HZ * CHROMA_SIZE / low_rate)
    pitches = 69 + 12 * np.log2(np.arange(first, last) * low_rate / CHROMA_SIZE / 440)
    fold = np.zeros((last - first, 12), np.float32)
    fold[np.arange(last - first), np.round(pitches).astype(int) % 12] = (
        np.cos(np.pi * (pitches - np.round(pitches))) ** 2
    )
    chroma = np.empty((frame_count(samples, rate, CHROMA_HOP), 12), np.float32)
    window = _window(CHROMA_SIZE)
    for start, frames in _batches(samples, rate, CHROMA_SIZE, CHROMA_HOP):
        spectra = np.abs(scipy.fft.rfft(frames * window, axis=1)[:, first:last])
        peaks = spectra * (spectra > 2 * spectra.mean(axis=1, keepdims=True))
        chroma[start : start + len(frames)] = np.einsum("ij,jk->ik", np.sqrt(peaks), fold)
    return np.asarray(chroma)


def find_peaks(curve: Curve, distance: int = 1, height: float = -np.inf) -> NDArray[np.intp]:
    """Return the local maxima of at least a height; of two closer than the distance, the higher one stays.

    scipy.signal has it, too, but importing that takes half a second and 50 MB.
    """
    inner = curve[1:-1]
    peaks = np.flatnonzero((inner > curve[:-2]) & (inner >= curve[2:]) & (inner >= height)) + 1
    keep = np.ones(len(peaks), bool)
    for index in np.argsort(-curve[peaks], kind="stable"):
        if keep[index]:
            is_near = np.abs(peaks - peaks[index]) < distance
            is_near[index] = False
            keep[is_near] = False
    return peaks[keep]
