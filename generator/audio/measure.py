"""Everything the studio says about the sound of a track is measured here, on the decoded samples."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from generator.audio import loudness, music, peaks
from generator.audio.decode import Sound

ENERGY_POINTS = 32
ENERGY_SPAN = 30.0  # LU from nothing to full
_TOGETHER = 1 << 16


@dataclass(frozen=True)
class Measurements:
    """Facts about a sound. Levels in dB or LU(FS), times in seconds, frequencies in Hz."""

    seconds: float
    frames: int
    sample_rate: int
    channels: int
    lufs: float | None  # integrated loudness, ITU-R BS.1770-4; None when nothing passes its gates
    lufs_range: float  # LU, 10th to 95th percentile of gated short-term loudness (EBU Tech 3342)
    true_peak_dbtp: float | None  # 4× oversampled (BS.1770-4 annex 2)
    sample_peak_dbfs: float | None
    bpm: float | None
    bpm_confidence: float  # 0..1
    key: str | None  # "A minor"
    key_confidence: float  # 0..1
    correlation: float  # of left and right, −1..1; 1 for mono
    balance_db: float  # how much louder left is than right, −120..120; 0 for mono
    silence: tuple[tuple[float, float], ...]  # stretches quieter than −60 dBFS, over half a second
    clipped_runs: int  # places held at full scale for 3 samples and more
    brightness: float  # spectral centroid
    energy: tuple[float, ...]  # the loudness curve in 32 steps, 0..1


def measure(sound: Sound) -> Measurements:
    """Measure a sound of any length, a few thousand samples at a time."""
    samples, rate = sound.samples, sound.sample_rate
    loud = loudness.loudness(samples, rate)
    tops = peaks.block_peaks(samples)
    peak = float(tops.max(initial=0.0))
    correlation, balance = _sides(samples)
    tempo, tonal = music.analyse(samples, rate) if loud.lufs is not None else (music.NO_TEMPO, music.NO_KEY)
    return Measurements(
        seconds=sound.seconds,
        frames=sound.frames,
        sample_rate=rate,
        channels=sound.channels,
        lufs=None if loud.lufs is None else round(loud.lufs, 2),
        lufs_range=round(loud.range_lu, 2),
        true_peak_dbtp=_db(peaks.true_peak(samples, tops)) if peak else None,
        sample_peak_dbfs=_db(peak) if peak else None,
        bpm=tempo.bpm,
        bpm_confidence=tempo.confidence,
        key=tonal.key,
        key_confidence=tonal.confidence,
        correlation=correlation,
        balance_db=balance,
        silence=peaks.silences(tops, sound.frames, rate),
        clipped_runs=peaks.clipped_runs(samples, tops),
        brightness=loud.brightness,
        energy=_energy(loud.steps),
    )


def _db(value: float) -> float:
    return round(float(20 * np.log10(max(value, 1e-9))), 2)


def _sides(samples: NDArray[np.float32]) -> tuple[float, float]:
    """Correlation of the channels, and how many dB the left one is above the right one."""
    if samples.shape[1] == 1:
        return 1.0, 0.0
    left = right = both = 0.0
    for start in range(0, len(samples), _TOGETHER):
        one, other = samples[start : start + _TOGETHER].T
        left += float(np.einsum("i,i->", one, one))
        right += float(np.einsum("i,i->", other, other))
        both += float(np.einsum("i,i->", one, other))
    power = float(np.sqrt(left * right))
    balance = float(np.clip(10 * np.log10((left + 1e-12) / (right + 1e-12)), -120, 120))
    return 1.0 if power < 1e-9 else round(both / power, 3), round(balance, 2)


def _energy(steps: NDArray[np.float64]) -> tuple[float, ...]:
    if not len(steps):
        return (0.0,) * ENERGY_POINTS
    edges = np.linspace(0, len(steps), ENERGY_POINTS + 1).astype(int)
    means = np.array([steps[a : max(a + 1, b)].mean() for a, b in pairwise(edges)])
    levels = loudness.lufs_of(means)
    loudest = max(float(levels.max()), loudness.ABSOLUTE_GATE)
    return tuple(round(float(level), 3) for level in np.clip(1 + (levels - loudest) / ENERGY_SPAN, 0, 1))
