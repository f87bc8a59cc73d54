"""Measures of finished audio, of numpy and scipy alone: change over time, motion of pitch, the key that is heard.

All take mono samples at RATE_HZ. Nothing here is shared with `generator.audio` or with the composer.
"""

from bisect import bisect
from dataclasses import dataclass
from math import gcd

import numpy as np
import scipy
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE_HZ = 22_050
WINDOW, HOP = 2048, 512
BANDS_HZ = 50 * 2 ** (np.arange(24) / 3)  # lower edges of third octaves, 50 Hz to 10 kHz
SILENT_DB = 60.0  # seconds further below the loudest do not count
AUDIBLE_DB = 40.0  # frames further below the loudest are silence
BLOCK_S = 1.0
REPETITION_S = (2.0, 4.0)
CLASS_HOP_S, CLASS_HZ = 0.1, (80.0, 2000.0)
MOVING_CENTS = 15.0
TRACK_HZ, TRACK_CENTS, MIN_TRACK_S, PARTIAL_DB = (150.0, 2500.0), 45.0, 0.35, 30.0
KEY_HZ = (60.0, 2000.0)
# Krumhansl & Kessler 1982; Temperley 1999 (CBMS): how well each degree fits a key, from the tonic upward.
PROFILES = {
    "krumhansl": (
        (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
        (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
    ),
    "temperley": (
        (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
        (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
    ),
}


@dataclass(frozen=True)
class Change:
    """How a piece changes over time.

    texture_span: how many third octaves sound, in effect: 90th minus 10th percentile over seconds, by the median.
    brightness_span: spectral centroid, 90th minus 10th percentile over seconds, in octaves. repetition: greatest
    correlation of the pitch classes with those 2 to 4 s later, −1..1. pitch_motion: share of the time of partials in
    which the pitch deviates within the note.
    """

    texture_span: float
    brightness_span: float
    repetition: float
    pitch_motion: float


def to_mono(samples: NDArray[np.float32], rate_hz: int) -> Samples:
    """Mix samples of shape (frames, channels) to mono at RATE_HZ, with its loudest sample at 1."""
    mono = samples.astype(np.float64).mean(axis=1) if samples.ndim == 2 else samples.astype(np.float64)
    divisor = gcd(RATE_HZ, rate_hz)
    mono = np.asarray(scipy.signal.resample_poly(mono, RATE_HZ // divisor, rate_hz // divisor))
    return mono / max(1e-9, float(np.abs(mono).max()))


def measure_change(mono: Samples) -> Change:
    """Measure how a piece changes over time. Shorter than 10 s gives figures without meaning."""
    magnitudes = spectrogram(mono)
    bands = band_powers(magnitudes)
    return Change(texture_span(bands), brightness_span(magnitudes), repetition(mono), pitch_motion(magnitudes))


def spectrogram(mono: Samples) -> Samples:
    """Return magnitudes of shape (frames, bins): Hann windows of WINDOW samples every HOP."""
    padded = np.pad(mono, (0, max(0, WINDOW - len(mono))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.asarray(np.abs(scipy.fft.rfft(frames * np.hanning(WINDOW), axis=1)))


def band_powers(magnitudes: Samples) -> Samples:
    """Return the power in each third octave: (frames, bands)."""
    hz = np.arange(magnitudes.shape[1]) * RATE_HZ / WINDOW
    starts = np.unique(np.searchsorted(hz, BANDS_HZ))
    starts = starts[starts < len(hz)]
    return np.asarray(np.add.reduceat(magnitudes**2, starts, axis=1))


def texture_span(bands: Samples) -> float:
    """Return how much the number of third octaves that sound varies: 90th minus 10th percentile, by the median.

    The number in effect is the exponential of the entropy of their shares in the amplitude of a second: 1 when all
    sound is in one, 24 when all are alike. Silent seconds are left out.
    """
    amplitudes = np.sqrt(_blocks(bands, BLOCK_S))
    total = amplitudes.sum(axis=1)
    audible = total > total.max() * 10 ** (-SILENT_DB / 20)
    shares = amplitudes[audible] / total[audible, None]
    counts = np.exp(-(shares * np.log(shares + 1e-12)).sum(axis=1))
    low, median, high = np.percentile(counts, [10, 50, 90])
    return float((high - low) / median)


def brightness_span(magnitudes: Samples) -> float:
    """Return the 90th minus the 10th percentile of the spectral centroid by seconds, in octaves."""
    blocks = _blocks(magnitudes**2, BLOCK_S)
    hz = np.arange(magnitudes.shape[1]) * RATE_HZ / WINDOW
    total = blocks.sum(axis=1)
    audible = total > total.max() * 10 ** (-AUDIBLE_DB / 10)
    weights = np.sqrt(blocks[audible])
    centroids = np.log2((weights * hz).sum(axis=1) / weights.sum(axis=1))
    low, high = np.percentile(centroids, [10, 90])
    return float(high - low)


def repetition(mono: Samples) -> float:
    """Return the greatest correlation of the pitch classes with those 2 to 4 s later.

    Each moment's classes have the same length; what counts is how they deviate from their mean over the piece.
    """
    frames = np.sqrt(_class_frames(mono))
    frames = frames[: len(frames) // 2 * 2].reshape(-1, 2, 12).mean(axis=1)
    frames /= np.linalg.norm(frames, axis=1, keepdims=True) + 1e-9
    frames -= frames.mean(axis=0)
    best = -1.0
    for lag in range(round(REPETITION_S[0] / (2 * CLASS_HOP_S)), round(REPETITION_S[1] / (2 * CLASS_HOP_S)) + 1):
        first, second = frames[:-lag], frames[lag:]
        norm = np.sqrt((first**2).sum() * (second**2).sum())
        best = max(best, float((first * second).sum() / max(norm, 1e-12)))
    return best


def _class_frames(mono: Samples) -> Samples:
    """Return the amplitude of each pitch class, C first, every CLASS_HOP_S: (frames, 12)."""
    size = 4 * WINDOW
    padded = np.pad(mono, (0, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: round(CLASS_HOP_S * RATE_HZ)]
    magnitudes = np.asarray(np.abs(scipy.fft.rfft(frames * np.hanning(size), axis=1)))
    hz = np.arange(magnitudes.shape[1]) * RATE_HZ / size
    inside = (hz > CLASS_HZ[0]) & (hz < CLASS_HZ[1])
    classes = np.round(69 + 12 * np.log2(hz[inside] / 440)).astype(int) % 12
    return np.asarray(magnitudes[:, inside] @ np.eye(12)[classes])


def _blocks(rows: Samples, seconds: float) -> Samples:
    """Return the means of consecutive rows."""
    size = max(1, round(seconds * RATE_HZ / HOP))
    count = max(1, len(rows) // size)
    return np.asarray(rows[: count * size].reshape(count, -1, rows.shape[1]).mean(axis=1))


def pitch_motion(magnitudes: Samples) -> float:
    """Return the share of the time of partials in which the pitch deviates by more than MOVING_CENTS within the note.

    Peaks of the spectrum, placed by a parabola through the logarithms of three bins, are followed from frame to frame;
    the deviation is the standard one, without the attack.
    """
    tracks = _partials(magnitudes)
    if not tracks:
        return float("nan")
    moves = [float(np.std(1200 * np.log2(np.asarray(track[3:-1])))) > MOVING_CENTS for track in tracks]
    return float(np.average(moves, weights=[len(track) for track in tracks]))


def _partials(magnitudes: Samples) -> list[list[float]]:
    """Return the frequencies of every partial that lasts, in Hz frame by frame."""
    minimum = round(MIN_TRACK_S * RATE_HZ / HOP)
    finished: list[list[float]] = []
    tracks: list[list[float]] = []
    for peaks in _peaks(magnitudes):
        continued: list[list[float]] = []
        taken: set[int] = set()
        for track in tracks:
            nearest = _nearest(peaks, track[-1])
            if nearest is not None and nearest not in taken:
                taken.add(nearest)
                track.append(peaks[nearest])
                continued.append(track)
            elif len(track) >= minimum:
                finished.append(track)
        tracks = continued + [[hz] for place, hz in enumerate(peaks) if place not in taken]
    return finished + [track for track in tracks if len(track) >= minimum]


def _nearest(peaks: list[float], hz: float) -> int | None:
    """Return the place of the peak nearest to a frequency; None if none is within TRACK_CENTS. `peaks` ascend."""
    place = bisect(peaks, hz)
    around = [at for at in (place - 1, place) if 0 <= at < len(peaks)]
    near = min(around, key=lambda at: abs(peaks[at] - hz), default=None)
    ratio = 2 ** (TRACK_CENTS / 1200)
    return near if near is not None and hz / ratio < peaks[near] < hz * ratio else None


def _peaks(magnitudes: Samples) -> list[list[float]]:
    """Return the frequencies of the strong peaks of every frame, in Hz, ascending."""
    low, high = (round(hz * WINDOW / RATE_HZ) for hz in TRACK_HZ)
    levels = 20 * np.log10(magnitudes[:, low - 1 : high + 1] + 1e-9)
    left, inner, right = levels[:, :-2], levels[:, 1:-1], levels[:, 2:]
    floor = np.maximum(inner.max(axis=1) - PARTIAL_DB, levels.max() - 2 * PARTIAL_DB)
    frames, bins = np.nonzero((inner > left) & (inner >= right) & (inner > floor[:, None]))
    before, at, after = left[frames, bins], inner[frames, bins], right[frames, bins]
    offset = 0.5 * (before - after) / np.minimum(before - 2 * at + after, -1e-9)
    hz = (low + bins + np.clip(offset, -0.5, 0.5)) * RATE_HZ / WINDOW
    splits = np.searchsorted(frames, np.arange(1, len(magnitudes)))
    return [part.tolist() for part in np.split(hz, splits)]


def heard_key(mono: Samples, profile: str = "krumhansl") -> tuple[int, str]:
    """Return the key that the pitch classes fit best: tonic 0..11 and "major" or "minor"."""
    classes = chroma(mono)
    best = (-2.0, 0, "major")
    for mode, weights in zip(("major", "minor"), PROFILES[profile], strict=True):
        for tonic in range(12):
            fit = float(np.corrcoef(classes, np.roll(weights, tonic))[0, 1])
            best = max(best, (fit, tonic, mode))
    return best[1], best[2]


def chroma(mono: Samples) -> Samples:
    """Return how long and how strongly each pitch class sounds, C first; windows of 0.37 s, peaks only."""
    size = 4 * WINDOW
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(mono, (0, size)), size)[:: size // 2]
    magnitudes = np.asarray(np.abs(scipy.fft.rfft(frames * np.hanning(size), axis=1)))
    hz = np.arange(magnitudes.shape[1]) * RATE_HZ / size
    is_peak = np.zeros_like(magnitudes, bool)
    is_peak[:, 1:-1] = (magnitudes[:, 1:-1] > magnitudes[:, :-2]) & (magnitudes[:, 1:-1] > magnitudes[:, 2:])
    is_peak &= (hz > KEY_HZ[0]) & (hz < KEY_HZ[1])
    strength = np.where(is_peak, np.sqrt(magnitudes), 0.0)
    pitch = 69 + 12 * np.log2(np.maximum(hz, 1.0) / 440)
    classes = np.round(pitch).astype(int) % 12
    return np.asarray(np.bincount(classes, weights=strength.sum(axis=0), minlength=12), np.float64)
