"""All audio measurements the studio reports, taken from the decoded samples."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from generator.audio import loudness, music_analysis, peaks
from generator.audio.decode import Sound
from generator.bs1770 import ABSOLUTE_GATE_LUFS, lufs_of

ENERGY_POINTS = 32
ENERGY_SPAN_LU = 30.0  # LU from zero to full energy
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class Measurements:
    """Audio measurements. Levels in dB or LU(FS), times in seconds, frequencies in Hz."""

    seconds: float
    frames: int
    sample_rate: int
    channels: int
    lufs: float | None  # integrated loudness, ITU-R BS.1770-4; None if nothing passes its gates
    lufs_range: float  # LU, 10th to 95th percentile of gated short-term loudness (EBU Tech 3342)
    true_peak_dbtp: float | None  # 4× oversampled (BS.1770-4 annex 2)
    sample_peak_dbfs: float | None
    bpm: float | None
    bpm_confidence: float  # 0..1
    key: str | None  # "A minor"
    key_confidence: float  # 0..1
    correlation: float  # between left and right, −1..1; 1 for mono
    balance_db: float  # how much louder left is than right, −120..120; 0 for mono
    silence: tuple[tuple[float, float], ...]  # ranges quieter than −60 dBFS for over half a second
    clipped_runs: int  # runs of at least 3 samples at full scale
    brightness: float  # spectral centroid
    energy: tuple[float, ...]  # loudness curve in 32 steps, 0..1


def measure(sound: Sound) -> Measurements:
    """Measure a sound of any length, a few thousand samples at a time."""
    samples, rate = sound.samples, sound.sample_rate
    loud = loudness.loudness(samples, rate)
    tops = peaks.block_peaks(samples)
    peak = float(tops.max(initial=0.0))
    correlation, balance = _correlation_and_balance(samples)
    tempo, tonal = (
        music_analysis.analyze(samples, rate)
        if loud.lufs is not None
        else (music_analysis.NO_TEMPO, music_analysis.NO_KEY)
    )
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


def _correlation_and_balance(samples: NDArray[np.float32]) -> tuple[float, float]:
    """Return the correlation of the channels, and the level of left over right in dB."""
    if samples.shape[1] == 1:
        return 1.0, 0.0
    left_power = right_power = cross_power = 0.0
    for start in range(0, len(samples), _BLOCK_FRAMES):
        left, right = samples[start : start + _BLOCK_FRAMES].T
        left_power += float(np.einsum("i,i->", left, left))
        right_power += float(np.einsum("i,i->", right, right))
        cross_power += float(np.einsum("i,i->", left, right))
    mean_power = float(np.sqrt(left_power * right_power))
    balance = float(np.clip(10 * np.log10((left_power + 1e-12) / (right_power + 1e-12)), -120, 120))
    return 1.0 if mean_power < 1e-9 else round(cross_power / mean_power, 3), round(balance, 2)


def _energy(steps: NDArray[np.float64]) -> tuple[float, ...]:
    if not len(steps):
        return (0.0,) * ENERGY_POINTS
    edges = np.linspace(0, len(steps), ENERGY_POINTS + 1).astype(int)
    means = np.array([steps[a : max(a + 1, b)].mean() for a, b in pairwise(edges)])
    levels = lufs_of(means)
    loudest = max(float(levels.max()), ABSOLUTE_GATE_LUFS)
    return tuple(round(float(level), 3) for level in np.clip(1 + (levels - loudest) / ENERGY_SPAN_LU, 0, 1))
