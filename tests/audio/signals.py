"""Signals with known results."""

import numpy as np
from numpy.typing import NDArray

from generator.audio import Sound
from generator.audio.music_analysis import NAMES

RATE = 44_100
Samples = NDArray[np.float32]

_TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}
_PITCHES = {name: 48 + n for n, name in enumerate(NAMES)}


def sound(samples: Samples, rate: int = RATE, **known) -> Sound:
    samples = np.atleast_2d(np.asarray(samples, np.float32).T).T
    facts = {"codec": "pcm_s16le", "container": "wav", "bit_rate": None, "announced_seconds": None} | known
    return Sound(samples, rate, **facts)


def tone(frequency: float, seconds: float, dbfs: float = 0.0, rate: int = RATE, phase: float = 0.0) -> Samples:
    """Return a stereo sine; `dbfs` is its peak level, as in EBU Tech 3341."""
    t = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * frequency * t + phase)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def steps(*parts: tuple[float, float], rate: int = 48_000) -> Samples:
    """Return a 1 kHz stereo sine in steps of (dBFS, seconds)."""
    return np.concatenate([tone(1000, seconds, level, rate) for level, seconds in parts])


def noise(seconds: float, level: float = 0.1, seed: int = 1, rate: int = RATE) -> Samples:
    return (np.random.default_rng(seed).normal(size=(round(seconds * rate), 2)) * level).astype(np.float32)


def clicks(bpm: float, seconds: float, offbeat: float = 0.0) -> Samples:
    """Return decaying bursts on every beat, and softer ones between."""
    out = noise(seconds, 0.0005)
    burst = noise(0.06, 0.5, seed=5) * np.exp(-np.arange(round(0.06 * RATE)) / RATE * 60)[:, None]
    for half in range(int(seconds * bpm / 60 * 2)):
        level = offbeat if half % 2 else 1.0
        start = round(half * 30 / bpm * RATE)
        part = out[start : start + len(burst)]
        part += level * burst[: len(part)]
    return out


def chords(*names: str, seconds: float = 1.5) -> Samples:
    """Return struck triads over their roots: "Am", "C#"."""
    parts = []
    t = np.arange(round(seconds * RATE)) / RATE
    for name in names:
        minor = name.endswith("m")
        root = _PITCHES[name.removesuffix("m")]
        wave = np.zeros(len(t))
        for pitch, level in [(root - 12, 1.0)] + [(root + step, 0.5) for step in _TRIADS["m" if minor else ""]]:
            frequency = 440 * 2 ** ((pitch - 69) / 12)
            for partial in (1, 2, 3, 4):
                wave += level / partial**1.5 * np.sin(2 * np.pi * frequency * partial * t)
        parts.append(wave * np.exp(-2 * t) * np.minimum(1, t * 200) * 0.12)
    line = np.concatenate(parts).astype(np.float32)
    return np.stack([line, line * 0.8], axis=1)


def song(seconds: float = 12.0) -> Samples:
    """Return a music-like signal with two different channels and a faded end, which passes every check."""
    count = int(np.ceil(seconds / 1.5))
    both = chords(*["Am", "F", "C", "G"][:4] * (count // 4 + 1))[: round(seconds * RATE)]
    out = both + clicks(80, seconds)[: len(both)] * 0.4
    fade = np.ones(len(out))
    fade[-RATE:] = np.linspace(1, 0, RATE) ** 2
    out = (out + noise(seconds, 0.001, seed=9)[: len(out)]) * fade[:, None]
    out[:200] *= np.linspace(0, 1, 200)[:, None]
    return (out / np.abs(out).max() * 0.8).astype(np.float32)
