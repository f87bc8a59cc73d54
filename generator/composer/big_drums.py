"""Percussion for pictures: several players on one stroke, bowed and struck metal, a clock.

A stroke of an ensemble is each player's skin (the pack's taiko, moved in pitch), and each player's stick, never quite
together: that is what makes drums big, not their loudness.
"""

from collections.abc import Callable

import numpy as np
import scipy

from generator.composer import samples
from generator.composer.modal import RATE
from generator.composer.waves import Wave, body, noise, swept, time

BOWED_S = 2.0  # from the first breath of a bowed cymbal to its height
Maker = Callable[[np.random.Generator], Wave]


def _players(count: int, lower: float, apart_s: float, crack: float, seconds: float) -> Maker:
    """`count` players, their skins `lower` than the recorded one, within `apart_s` of each other."""

    def make(random: np.random.Generator) -> Wave:
        out = np.zeros(int(seconds * RATE), np.float32)
        for _ in range(count):
            late, strength = int(random.uniform(0, apart_s) * RATE), random.uniform(0.6, 1.0)
            for sound in (_skin(lower * random.uniform(0.95, 1.05)), crack * _stick(random)):
                part = sound[: len(out) - late]
                out[late : late + len(part)] += part * np.float32(strength)
        slap = noise(random, len(out), 2500, 11_000) * np.exp(time(seconds) / np.float32(-0.09))
        return np.asarray(out + slap * np.float32(0.05 * crack * count**0.5))

    return make


def _skin(speed: float) -> Wave:
    recorded = samples.stroke("taiko")
    at = np.arange(int(len(recorded) / speed)) * speed
    return np.asarray(np.interp(at, np.arange(len(recorded)), recorded), np.float32)


def _stick(random: np.random.Generator) -> Wave:
    """Wood on a rim and a skin: a click, and what the shell answers."""
    t = time(0.15)
    wood = body(t, np.array((760, 1340, 2210)) * random.uniform(0.95, 1.05), (0.02, 0.014, 0.009), (0.5, 0.4, 0.3))
    return np.asarray(wood + noise(random, len(t), 1400, 12_000) * np.exp(t / np.float32(-0.011)))


def _shime(random: np.random.Generator) -> Wave:
    """Two small, tight drums, all crack."""
    t = time(0.26)
    out = np.zeros(len(t), np.float32)
    for late_s in (0.0, random.uniform(0.002, 0.009)):
        pitch = 390 * random.uniform(0.96, 1.05)
        skin = body(t, pitch * np.array((1, 1.59, 2.14, 2.65)), (0.05, 0.03, 0.024, 0.02), (0.7, 0.5, 0.4, 0.3))
        crack = noise(random, len(t), 1800, 13_000) * np.exp(t / np.float32(-0.022))
        out += np.roll(skin + crack * np.float32(0.55), int(late_s * RATE))
    return out


def _impact(random: np.random.Generator) -> Wave:
    """What a hybrid score lands on: a fall to the bottom, all drums at once, and debris."""
    t = time(2.8)
    fall = swept(95, 36, t, 0.16) * np.exp(t / np.float32(-0.6))
    drums = np.resize(_ODAIKO(random), len(t)) * (t < 1.6)
    debris = noise(random, len(t), 900, 11_000) * (np.exp(t / np.float32(-0.05)) + 0.16 * np.exp(t / np.float32(-0.7)))
    return np.asarray(np.tanh(1.4 * fall) * 0.8 + 0.7 * drums / np.abs(drums).max() + 0.32 * debris, np.float32)


def _bowed(random: np.random.Generator) -> Wave:
    """A cymbal drawn with a bow: many thin, wavering lines, the high ones coming last."""
    size = 1 << 17
    t = np.arange(size, dtype=np.float32) / np.float32(RATE)
    hz = np.arange(size // 2 + 1) * (RATE / size)
    out = np.zeros(size, np.float32)
    for number, octave in enumerate((640, 1280, 2560, 5120)):
        lines = np.zeros(len(hz), np.complex64)
        for line in octave * 2 ** random.uniform(0, 1, 10):
            near = np.abs(hz - line) < 12
            lines[near] += np.exp(2j * np.pi * random.random(int(near.sum()))) * np.exp(-(((hz[near] - line) / 4) ** 2))
        comes = BOWED_S * (0.4 + 0.2 * number)
        out += np.asarray(scipy.fft.irfft(lines, size)) * np.minimum(1, t / np.float32(comes)) ** 3
    out /= np.abs(out).max()
    hiss = noise(random, size, 6000, 13_000) * np.minimum(1, t / np.float32(BOWED_S)) ** 4
    dies = np.exp(np.maximum(0, t - np.float32(BOWED_S)) / np.float32(-0.22))
    return np.asarray((out + np.float32(0.1) * hiss) * dies)


def _triangle(random: np.random.Generator) -> Wave:
    t = time(1.4)
    hz = np.array((1620, 3810, 5190, 7250, 9480, 12_200)) * random.uniform(0.995, 1.005)
    return body(t, hz, (0.5, 0.42, 0.4, 0.32, 0.28, 0.2), random.uniform(0.5, 1, 6) * (0.25, 0.5, 0.9, 1, 0.8, 0.5))


def _tick(random: np.random.Generator) -> Wave:
    """A clock in the next room."""
    t = time(0.07)
    case = body(t, np.array((1850, 3420, 5100)) * random.uniform(0.98, 1.02), (0.006, 0.005, 0.004), (0.4, 0.8, 0.6))
    return np.asarray(case + noise(random, len(t), 4000, 13_000) * np.exp(t / np.float32(-0.003)) * np.float32(0.5))


_ODAIKO = _players(5, 0.62, 0.022, 0.5, 1.6)
BIG_DRUMS: dict[str, Maker] = {
    "tom": _players(4, 0.95, 0.02, 0.75, 1.1),
    "floor": _ODAIKO,
    "shime": _shime,
    "boom": _impact,
    "bow": _bowed,
    "triangle": _triangle,
    "tick": _tick,
}
