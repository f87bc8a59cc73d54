"""Tempo and key, estimated from one pass of spectra over a thinned-out signal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import signal

TARGET_RATE = 11_025
SIZE, HOP = 2048, 256
MOST_SECONDS = 240  # the first minutes decide; longer is no more certain
SLOW, FAST = 50.0, 210.0  # BPM looked at
LIKELY, WIDTH = 110.0, 0.9  # a log-normal prior settles octaves (Ellis, "Beat tracking by dynamic programming", 2007)
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# Key profiles from Temperley, "What's key for key?", 1999.
MAJOR = np.array([5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0])
MINOR = np.array([5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0])


@dataclass(frozen=True)
class Tempo:
    bpm: float | None
    confidence: float


@dataclass(frozen=True)
class Tonal:
    key: str | None
    confidence: float
    brightness: float


NO_TEMPO = Tempo(None, 0.0)
NO_KEY = Tonal(None, 0.0, 0.0)


def analyse(samples: NDArray[np.float32], rate: int) -> tuple[Tempo, Tonal]:
    """Estimate tempo and key of a sound of shape (frames, channels)."""
    mono = samples[: MOST_SECONDS * rate].mean(axis=1)
    step = max(1, round(rate / TARGET_RATE))
    if step > 1:
        mono = signal.decimate(mono, step, ftype="fir").astype(np.float32)
    thin = rate / step
    if len(mono) < 4 * SIZE:
        return NO_TEMPO, NO_KEY
    frames = np.lib.stride_tricks.sliding_window_view(mono, SIZE)[::HOP]
    window = np.hanning(SIZE).astype(np.float32)
    spectra = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32)
    return _tempo(spectra, thin / HOP), _tonal(spectra, thin)


def _tempo(spectra: NDArray[np.float32], frame_rate: float) -> Tempo:
    """Autocorrelate the onset strength; the best lag is refined on its multiples, where it is measured finer."""
    levels = np.log1p(20 * spectra / (spectra.mean() + 1e-9))
    rises = np.maximum(0, np.diff(levels, axis=0)).mean(axis=1)
    onset = rises - signal.fftconvolve(rises, np.ones(32) / 32, "same")
    if onset.std() < 1e-6:
        return NO_TEMPO
    onset = (onset - onset.mean()) / onset.std()
    size = len(onset)
    whole = np.fft.irfft(np.abs(np.fft.rfft(onset, 2 * size)) ** 2)[:size]
    same = whole / np.maximum(1, size - np.arange(size)) / (whole[0] / size)
    candidates = np.arange(SLOW, FAST, 0.25)
    lags = 60 * frame_rate / candidates
    score = sum(weight * _at(same, lags * times) for times, weight in ((1, 1.0), (2, 0.7), (4, 0.5)))
    prior = np.exp(-0.5 * (np.log2(candidates / LIKELY) / WIDTH) ** 2)
    best = int(np.argmax(np.where(score > 0, score, 0) * prior))
    strength = float(score[best]) / 2.2
    if strength < 0.05:
        return NO_TEMPO
    return Tempo(round(_refine(same, float(candidates[best]), frame_rate), 1), round(min(1.0, strength * 2), 2))


def _at(curve: NDArray[np.floating], lags: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.interp(lags, np.arange(len(curve)), curve, right=0.0)


def _refine(same: NDArray[np.floating], bpm: float, frame_rate: float) -> float:
    """Look closely around a tempo at 4, 8 and 16 beats' distance, as far as the sound is long."""
    near = np.arange(bpm * 0.97, bpm * 1.03, 0.02)
    lags = 60 * frame_rate / near
    score = np.zeros(len(near))
    for times in (4, 8, 16):
        if lags.max() * times < len(same) * 0.6:
            score += _at(same, lags * times)
    return float(near[int(np.argmax(score))]) if score.any() else bpm


def _tonal(spectra: NDArray[np.float32], rate: float) -> Tonal:
    """Fold the spectrum into twelve pitch classes and compare with every key's profile."""
    power = np.sqrt(spectra).mean(axis=0)
    frequencies = np.fft.rfftfreq(SIZE, 1 / rate)
    mean = spectra.mean(axis=0)
    brightness = float((frequencies * mean).sum() / max(1e-9, mean.sum()))
    local = np.convolve(power, np.ones(9) / 9, "same")
    tonal = np.maximum(0, power - local)
    peaks = np.flatnonzero((tonal[1:-1] > tonal[:-2]) & (tonal[1:-1] >= tonal[2:])) + 1
    peaks = peaks[(frequencies[peaks] > 60) & (frequencies[peaks] < 2000)]
    if not len(peaks):
        return Tonal(None, 0.0, round(brightness, 1))
    exact = _between_bins(power, peaks) * rate / SIZE
    pitch = 69 + 12 * np.log2(exact / 440)
    near = 1 - np.minimum(1, 2 * np.abs(pitch - np.round(pitch)))
    chroma = np.bincount(np.round(pitch).astype(int) % 12, tonal[peaks] * near, 12)
    scores = [
        float(np.corrcoef(chroma, np.roll(profile, tonic))[0, 1]) for profile in (MAJOR, MINOR) for tonic in range(12)
    ]
    order = np.argsort(scores)[::-1]
    mode, tonic = divmod(int(order[0]), 12)
    certain = float(np.clip((scores[order[0]] - scores[order[1]]) * 4, 0, 1))
    return Tonal(f"{NAMES[tonic]} {('major', 'minor')[mode]}", round(certain, 2), round(brightness, 1))


def _between_bins(power: NDArray[np.floating], peaks: NDArray[np.intp]) -> NDArray[np.floating]:
    """Parabolic interpolation of each peak's place (Smith, Spectral Audio Signal Processing)."""
    before, at, after = (np.log(power[peaks + shift] + 1e-9) for shift in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.where(np.abs(bend) > 1e-9, 0.5 * (before - after) / np.where(bend == 0, 1, bend), 0)
    return peaks + np.clip(shift, -0.5, 0.5)
