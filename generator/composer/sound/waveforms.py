"""Building blocks of drum sounds: time axes, filtered noise, sweeps, short resonant bodies. All float32, (frames,)."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from generator.composer import filters
from generator.composer.sound.modes import RATE_HZ

Wave = NDArray[np.float32]


def time(seconds: float) -> Wave:
    return np.arange(int(seconds * RATE_HZ), dtype=np.float32) / np.float32(RATE_HZ)


def noise(rng: np.random.Generator, count: int, low: float = 0, high: float = 0) -> Wave:
    """Return white noise, high-passed at `low` Hz and low-passed at `high` Hz if given."""
    white = rng.standard_normal(count, dtype=np.float32)
    limits = (("high", low), ("low", high))
    sections = [filters.pass_filter(kind, hz) for kind, hz in limits if hz]
    return filters.apply_filter(white, np.concatenate(sections)) if sections else white


def apply_filter(sound: Wave, kind: str, hz: float) -> Wave:
    return filters.apply_filter(sound, filters.pass_filter(kind, hz))


def sine_sweep(start: float, end: float, t: Wave, speed: float) -> Wave:
    """Return a sine that sweeps from `start` to `end` Hz with time constant `speed` in seconds."""
    pitch = end + (start - end) * np.exp(-t / speed)
    return np.sin(np.cumsum(pitch, dtype=np.float64) * (2 * np.pi / RATE_HZ)).astype(np.float32)


def body(t: Wave, hz: Iterable[float], life_s: Iterable[float], level: Iterable[float]) -> Wave:
    """Sum decaying modes, each given by its frequency, time to fall to 1/e in seconds, and level."""
    out = np.zeros(len(t), np.float32)
    for frequency, life, gain in zip(hz, life_s, level, strict=True):
        part = t[: int(7 * life * RATE_HZ)]
        out[: len(part)] += np.sin(part * np.float32(2 * np.pi * frequency)) * np.exp(part / np.float32(-life)) * gain
    return out
