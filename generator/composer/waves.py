"""What drum sounds are made of: time, shaped noise, sweeps, and short ringing bodies. All float32, (frames,)."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.modal import RATE

Wave = NDArray[np.float32]


def time(seconds: float) -> Wave:
    return np.arange(int(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def noise(random: np.random.Generator, count: int, low: float = 0, high: float = 0) -> Wave:
    """White noise, above `low` and below `high` Hz where they are given."""
    white = random.standard_normal(count, dtype=np.float32)
    if low:
        white = filtered(white, "high", low)
    return filtered(white, "low", high) if high else white


def filtered(sound: Wave, kind: str, hz: float) -> Wave:
    return np.asarray(scipy.signal.sosfilt(_sections(kind, hz), sound))


@lru_cache(maxsize=100)
def _sections(kind: str, hz: float) -> Wave:
    return np.asarray(scipy.signal.butter(2, hz, kind, fs=RATE, output="sos"), np.float32)


def swept(start: float, end: float, t: Wave, speed: float) -> Wave:
    """A sine that falls (or climbs) from `start` to `end` Hz within some `speed` seconds."""
    pitch = end + (start - end) * np.exp(-t / speed)
    return np.sin(np.cumsum(pitch, dtype=np.float64) * (2 * np.pi / RATE)).astype(np.float32)


def body(t: Wave, hz: Iterable[float], life_s: Iterable[float], level: Iterable[float]) -> Wave:
    """Modes that ring and die, each with a frequency, the seconds it takes to fall to 1/e, and a level."""
    out = np.zeros(len(t), np.float32)
    for one, life, gain in zip(hz, life_s, level, strict=True):
        part = t[: int(7 * life * RATE)]
        out[: len(part)] += np.sin(part * np.float32(2 * np.pi * one)) * np.exp(part / np.float32(-life)) * gain
    return out
