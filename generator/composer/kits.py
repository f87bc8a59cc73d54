"""Drum sounds, synthesised: each kit is a table of how its drums differ; three variants each against machine-gun repeats."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from generator.composer.instruments import RATE

Mono = NDArray[np.float32]
VARIANTS = 3


@dataclass(frozen=True)
class Kit:
    """How a kit's drums are tuned. Frequencies in Hz, times in seconds; `dark` is a low pass over the whole kit."""

    kick: tuple[float, float, float, float] = (150, 52, 0.30, 0.35)  # from, to, length, click
    snare: tuple[float, float, float] = (185, 0.16, 0.75)  # tone, length, share of noise
    hat: tuple[float, float] = (7000, 0.045)  # high pass, length
    tom: tuple[float, float] = (120, 0.35)
    dark: float = 0.0
    gate: bool = False
    chip: bool = False


KITS: dict[str, Kit] = {
    "acoustic": Kit(),
    "dusty": Kit(kick=(120, 50, 0.28, 0.2), snare=(170, 0.17, 0.7), hat=(5500, 0.05), dark=5500),
    "clean": Kit(kick=(140, 55, 0.28, 0.3), snare=(200, 0.14, 0.7)),
    "house": Kit(kick=(190, 48, 0.34, 0.5), hat=(7500, 0.04), snare=(200, 0.16, 0.8)),
    "gated": Kit(kick=(160, 50, 0.3, 0.4), snare=(175, 0.3, 0.85), tom=(130, 0.4), gate=True),
    "tight": Kit(kick=(170, 55, 0.2, 0.5), snare=(210, 0.13, 0.72), hat=(8000, 0.03)),
    "brushes": Kit(kick=(100, 55, 0.22, 0.1), snare=(190, 0.09, 0.9), hat=(6500, 0.05), dark=9000),
    "bossa": Kit(kick=(100, 58, 0.2, 0.1), snare=(200, 0.1, 0.8), hat=(7000, 0.04)),
    "hand": Kit(kick=(95, 60, 0.24, 0.15), snare=(220, 0.1, 0.6), hat=(6500, 0.05)),
    "cinematic": Kit(kick=(110, 38, 0.8, 0.2), tom=(82, 0.9), snare=(160, 0.28, 0.7), hat=(6000, 0.05), dark=7000),
    "chip": Kit(kick=(220, 55, 0.12, 0.0), snare=(180, 0.1, 1.0), hat=(6000, 0.03), chip=True),
}
# General MIDI percussion keys; also the list of drums there are.
MIDI_KEYS = {
    "kick": 36, "snare": 38, "clap": 39, "rim": 37, "hat": 42, "pedal": 44, "open": 46, "tom": 45, "ride": 51,
    "crash": 49, "shaker": 70, "tamb": 54, "brush": 70,
}  # fmt: skip
PAN = {
    "hat": 0.25,
    "open": 0.25,
    "pedal": 0.25,
    "ride": -0.3,
    "crash": -0.2,
    "shaker": -0.4,
    "tamb": 0.4,
    "rim": 0.15,
    "tom": -0.15,
}
LEVEL = {"kick": 0, "snare": -2, "clap": -5, "rim": -6, "hat": -11, "pedal": -14, "open": -12, "tom": -2, "ride": -13,
         "crash": -12, "shaker": -15, "tamb": -15, "brush": -12}  # fmt: skip
SEND = {"kick": 0.03, "snare": 0.22, "clap": 0.25, "tom": 0.3, "rim": 0.25, "crash": 0.3, "ride": 0.15}


@lru_cache(maxsize=400)
def drum(kit: str, name: str, variant: int) -> Mono:
    """One hit at full strength, float32, shape (frames,)."""
    random = np.random.default_rng([variant, *kit.encode(), *name.encode()])
    tuning = KITS[kit]
    sound = _MAKERS[name](tuning, random)
    if tuning.dark:
        sound = signal.sosfilt(signal.butter(2, tuning.dark, fs=RATE, output="sos"), sound)
    if tuning.chip:
        sound = np.round(sound * 7) / 7
    fade = min(200, len(sound))
    sound[-fade:] *= np.linspace(1, 0, fade)
    return (sound / max(1e-6, float(np.abs(sound).max())) * 0.8).astype(np.float32)


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * RATE)) / RATE


def _noise(random: np.random.Generator, count: int, low: float = 0, high: float = 0) -> NDArray[np.float64]:
    noise = random.standard_normal(count)
    if low:
        noise = signal.sosfilt(signal.butter(2, low, "high", fs=RATE, output="sos"), noise)
    if high:
        noise = signal.sosfilt(signal.butter(2, high, "low", fs=RATE, output="sos"), noise)
    return noise


def _swept(start: float, end: float, t: NDArray[np.float64], speed: float) -> NDArray[np.float64]:
    pitch = end + (start - end) * np.exp(-t / speed)
    return np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


def _kick(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    start, end, length, click = kit.kick
    t = _time(length * 2)
    body = _swept(start * random.uniform(0.98, 1.02), end, t, 0.028) * np.exp(-t / (length / 2.2))
    body *= np.minimum(1, t / 0.001)
    snap = _noise(random, len(t), 1500) * np.exp(-t / 0.003) * click * 0.4
    return np.tanh(1.6 * (body + snap))


def _snare(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    tone, length, noisy = kit.snare
    t = _time(length * 3)
    tone *= random.uniform(0.98, 1.02)
    body = (np.sin(2 * np.pi * tone * t) + 0.5 * np.sin(2 * np.pi * tone * 1.83 * t)) * np.exp(-t / (length * 0.45))
    rattle = _noise(random, len(t), 900, 9500) * np.exp(-t / length)
    if kit.gate:
        rattle *= t < length * 0.9
    return body * (1 - noisy) * 1.6 + rattle * noisy * 0.6


def _clap(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    t = _time(0.3)
    bursts = sum(np.where(t >= at, np.exp(-(t - at) / 0.008), 0) for at in (0.0, 0.011, 0.023))
    return _noise(random, len(t), 800, 6000) * (bursts + np.where(t >= 0.03, np.exp(-(t - 0.03) / 0.07), 0) * 0.7)


def _metal(kit: Kit, random: np.random.Generator, length: float, ring: float) -> NDArray[np.float64]:
    t = _time(min(2.5, length * 6))
    partials = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (2050, 3113, 4390, 5222, 6711, 8133))
    body = signal.sosfilt(signal.butter(3, kit.hat[0], "high", fs=RATE, output="sos"), partials * 0.15 * ring)
    return np.asarray((body + _noise(random, len(t), kit.hat[0])) * np.exp(-t / length) * random.uniform(0.95, 1.05))


def _rim(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    t = _time(0.09)
    return (np.sin(2 * np.pi * 1680 * t) + 0.6 * np.sin(2 * np.pi * 870 * t)) * np.exp(-t / 0.012) + _noise(
        random, len(t), 2500
    ) * np.exp(-t / 0.003) * 0.4


def _tom(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    pitch, length = kit.tom
    t = _time(length * 2.5)
    skin = _swept(pitch * 1.6, pitch * random.uniform(0.98, 1.02), t, 0.05) * np.exp(-t / (length * 0.6))
    return skin + _noise(random, len(t), 300, 3000) * np.exp(-t / 0.02) * 0.25


def _shaker(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    t = _time(0.11)
    return _noise(random, len(t), 4500, 12_000) * np.minimum(1, t / 0.018) * np.exp(-t / 0.03)


def _tamb(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    t = _time(0.25)
    jingles = sum(np.sin(2 * np.pi * f * t) for f in (6200, 7700, 9300)) * 0.2
    return np.asarray((_noise(random, len(t), 6000) + jingles) * np.exp(-t / 0.06) * np.minimum(1, t / 0.004))


def _brush(kit: Kit, random: np.random.Generator) -> NDArray[np.float64]:
    t = _time(0.35)
    return np.asarray(_noise(random, len(t), 1200, 7000) * np.sin(np.pi * np.minimum(1, t / 0.33)) ** 2)


_MAKERS = {
    "kick": _kick,
    "snare": _snare,
    "clap": _clap,
    "rim": _rim,
    "hat": lambda kit, random: _metal(kit, random, kit.hat[1], 0.6),
    "pedal": lambda kit, random: _metal(kit, random, 0.025, 0.3),
    "open": lambda kit, random: _metal(kit, random, 0.22, 0.8),
    "ride": lambda kit, random: _metal(kit, random, 0.4, 1.6),
    "crash": lambda kit, random: _metal(kit, random, 0.75, 0.6),
    "tom": _tom,
    "shaker": _shaker,
    "tamb": _tamb,
    "brush": _brush,
}
