"""Everything the studio says about the sound of a track is measured here, on the decoded samples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from generator.audio import music
from generator.audio.decode import Sound

Samples = NDArray[np.float32]

ABSOLUTE_GATE = -70.0  # LUFS, BS.1770-4
RELATIVE_GATE = -10.0  # LU
STEP_S = 0.1  # gating blocks are 400 ms long and begin every 100 ms
SILENCE_DB = -60.0
CLIP_LEVEL = 0.9999
CLIP_RUN = 3  # samples in a row at full scale
ENERGY_POINTS = 32
PEAK_BLOCK = 8192
OVERSAMPLE = 4


@dataclass(frozen=True)
class Measurements:
    """Facts about a sound. Levels in dB or LU(FS), times in seconds, frequencies in Hz."""

    seconds: float
    frames: int
    sample_rate: int
    lufs: float | None  # integrated loudness, ITU-R BS.1770-4; None when nothing passes its gates
    lufs_range: float  # LU, 10th to 95th percentile of gated short-term loudness (EBU Tech 3342)
    true_peak_dbtp: float | None  # 4× oversampled (BS.1770-4 annex 2)
    sample_peak_dbfs: float | None
    bpm: float | None
    bpm_confidence: float  # 0..1
    key: str | None  # "A minor"
    key_confidence: float  # 0..1
    correlation: float  # of left and right, −1..1; 1 for mono
    silence: tuple[tuple[float, float], ...]  # stretches quieter than −60 dBFS, over half a second
    clipped_runs: int
    brightness: float  # spectral centroid
    energy: tuple[float, ...]  # the loudness curve in 32 steps, 0..1


def measure(sound: Sound) -> Measurements:
    """Measure a sound of any length; memory stays at a few copies of it."""
    samples, rate = sound.samples, sound.sample_rate
    powers = _block_powers(samples, rate)
    lufs, spread = _loudness(powers), _range(powers)
    peak = float(np.abs(samples).max(initial=0.0))
    tempo, tonal = music.analyse(samples, rate) if lufs is not None else (music.NO_TEMPO, music.NO_KEY)
    return Measurements(
        seconds=sound.seconds,
        frames=sound.frames,
        sample_rate=rate,
        lufs=None if lufs is None else round(lufs, 2),
        lufs_range=round(spread, 2),
        true_peak_dbtp=_db(true_peak(samples)) if peak else None,
        sample_peak_dbfs=_db(peak) if peak else None,
        bpm=tempo.bpm,
        bpm_confidence=tempo.confidence,
        key=tonal.key,
        key_confidence=tonal.confidence,
        correlation=_correlation(samples),
        silence=_silence(samples, rate),
        clipped_runs=_clipped(samples),
        brightness=tonal.brightness,
        energy=_energy(powers),
    )


def _db(value: float) -> float:
    return round(float(20 * np.log10(max(value, 1e-9))), 2)


# --- loudness: ITU-R BS.1770-4 ---


def k_weighting(rate: int) -> NDArray[np.float64]:
    """The two filters of BS.1770-4 (high shelf, then high pass) as second-order sections for any sample rate.

    The standard prints coefficients for 48 kHz only; these are its analogue prototypes through the bilinear transform
    (De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
    """
    gain, q, centre = 3.999843853973347, 0.7071752369554196, 1681.974450955533
    k = np.tan(np.pi * centre / rate)
    vh = 10 ** (gain / 20)
    vb = vh**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [(vh + vb * k / q + k * k) / a0, 2 * (k * k - vh) / a0, (vh - vb * k / q + k * k) / a0]
    shelf += [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    q, centre = 0.5003270373238773, 38.13547087602444
    k = np.tan(np.pi * centre / rate)
    a0 = 1 + k / q + k * k
    high = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, high])


def _block_powers(samples: Samples, rate: int) -> NDArray[np.float64]:
    """Mean K-weighted power of each 100 ms step, channels summed; a last part shorter than a step is dropped."""
    step = round(STEP_S * rate)
    sections = k_weighting(rate)
    state = np.zeros((2, 2, samples.shape[1]))
    powers = []
    chunk = step * 100
    for start in range(0, len(samples), chunk):
        weighted, state = signal.sosfilt(sections, samples[start : start + chunk], axis=0, zi=state)
        whole = len(weighted) // step * step
        if whole:
            blocks = weighted[:whole].reshape(-1, step, samples.shape[1])
            powers.append(np.einsum("bsc,bsc->b", blocks, blocks) / step)
    return np.concatenate(powers) if powers else np.zeros(0)


def _gate_blocks(powers: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    if len(powers) < steps:
        return powers.mean(keepdims=True) if len(powers) else powers
    return np.convolve(powers, np.ones(steps) / steps, "valid")


def _lufs(power: Any) -> Any:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _loudness(powers: NDArray[np.float64]) -> float | None:
    blocks = _gate_blocks(powers, 4)
    blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE]
    if not len(blocks):
        return None
    loud = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE]
    return float(_lufs(loud.mean()))


def _range(powers: NDArray[np.float64]) -> float:
    blocks = _gate_blocks(powers, 30)
    blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE]
    if len(blocks) < 2:
        return 0.0
    levels = _lufs(blocks[_lufs(blocks) > _lufs(blocks.mean()) - 20])
    low, high = np.percentile(levels, (10, 95))
    return float(high - low)


# --- peaks ---


def true_peak(samples: Samples) -> float:
    """The largest value between the samples, found by 4× oversampling; 1.0 is 0 dBTP.

    Only blocks whose own peak comes near the loudest are oversampled: elsewhere even a full-band overshoot of 6 dB
    could not reach it.
    """
    loudest = np.abs(samples).max(axis=1)
    if not len(loudest):
        return 0.0
    best = float(loudest.max())
    if best == 0:
        return 0.0
    edges = np.arange(0, len(loudest), PEAK_BLOCK)
    tops = np.maximum.reduceat(loudest, edges)
    for index in np.argsort(tops)[::-1][:64]:
        if tops[index] * 2 < best:
            break
        part = samples[max(0, edges[index] - 64) : edges[index] + PEAK_BLOCK + 64]
        risen = signal.resample_poly(part, OVERSAMPLE, 1, axis=0)
        best = max(best, float(np.abs(risen).max()))
    return best


def _clipped(samples: Samples) -> int:
    """Count runs of samples held at the same full-scale value."""
    top = np.abs(samples).max(initial=0.0)
    if top < CLIP_LEVEL:
        return 0
    runs = 0
    for channel in samples.T:
        flat = np.concatenate(([0], (np.abs(channel) >= CLIP_LEVEL).astype(np.int8), [0]))
        change = np.diff(flat)
        lengths = np.flatnonzero(change == -1) - np.flatnonzero(change == 1)
        runs += int((lengths >= CLIP_RUN).sum())
    return runs


# --- the rest ---


def _correlation(samples: Samples) -> float:
    if samples.shape[1] == 1:
        return 1.0
    left, right = samples[:, 0], samples[:, 1]
    power = float(np.sqrt(np.dot(left, left) * np.dot(right, right)))
    return 1.0 if power < 1e-9 else round(float(np.dot(left, right)) / power, 3)


def _silence(samples: Samples, rate: int) -> tuple[tuple[float, float], ...]:
    step = max(1, rate // 20)
    loudest = np.abs(samples).max(axis=1)
    edges = np.arange(0, len(loudest), step)
    quiet = np.maximum.reduceat(loudest, edges) < 10 ** (SILENCE_DB / 20)
    change = np.diff(np.concatenate(([0], quiet.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(change == 1) * step / rate, np.flatnonzero(change == -1) * step / rate
    last = len(loudest) / rate
    return tuple(
        (round(float(a), 2), round(min(float(b), last), 2)) for a, b in zip(starts, ends, strict=True) if b - a > 0.5
    )


def _energy(powers: NDArray[np.float64]) -> tuple[float, ...]:
    if not len(powers):
        return (0.0,) * ENERGY_POINTS
    edges = np.linspace(0, len(powers), ENERGY_POINTS + 1).astype(int)
    levels = [_lufs(powers[a : max(a + 1, b)].mean()) for a, b in zip(edges, edges[1:], strict=False)]
    loud = max(levels)
    return tuple(round(float(np.clip(1 + (level - loud) / 30, 0, 1)), 3) for level in levels)
