"""Cinematic percussion: drum ensembles, bowed and struck metal, a clock.

An ensemble stroke layers one skin (the pack's taiko, pitch-shifted) and one stick per player, slightly out of sync. The
spread between the players makes the drums sound big, not their loudness.
"""

from collections.abc import Callable

import numpy as np

from generator.composer.sound import samples
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.waveforms import Wave, body, noise, sine_sweep, time

BOW_RISE_S = 2.0  # from the onset of a bowed cymbal to its peak
Maker = Callable[[np.random.Generator], Wave]


def _ensemble(count: int, lower: float, spread_s: float, crack: float, seconds: float) -> Maker:
    """Return a maker for `count` players at `lower` times the recorded pitch, with onsets spread over `spread_s`."""

    def make(rng: np.random.Generator) -> Wave:
        out = np.zeros(int(seconds * RATE_HZ), np.float32)
        for _ in range(count):
            delay, strength = int(rng.uniform(0, spread_s) * RATE_HZ), rng.uniform(0.6, 1.0)
            for sound in (_skin(lower * rng.uniform(0.95, 1.05)), crack * _stick(rng)):
                part = sound[: len(out) - delay]
                out[delay : delay + len(part)] += part * np.float32(strength)
        slap = noise(rng, len(out), 2500, 11_000) * np.exp(time(seconds) / np.float32(-0.09))
        return np.asarray(out + slap * np.float32(0.05 * crack * count**0.5))

    return make


def _skin(speed: float) -> Wave:
    recorded = samples.drum_stroke("taiko")
    positions = np.arange(int(len(recorded) / speed)) * speed
    return np.asarray(np.interp(positions, np.arange(len(recorded)), recorded), np.float32)


def _stick(rng: np.random.Generator) -> Wave:
    """Synthesize a stick on rim and skin: a click and the response of the shell."""
    t = time(0.15)
    wood = body(t, np.array((760, 1340, 2210)) * rng.uniform(0.95, 1.05), (0.02, 0.014, 0.009), (0.5, 0.4, 0.3))
    return np.asarray(wood + noise(rng, len(t), 1400, 12_000) * np.exp(t / np.float32(-0.011)))


def _shime(rng: np.random.Generator) -> Wave:
    """Synthesize two small, tight drums with a sharp crack."""
    t = time(0.26)
    out = np.zeros(len(t), np.float32)
    for delay_s in (0.0, rng.uniform(0.002, 0.009)):
        pitch = 390 * rng.uniform(0.96, 1.05)
        skin = body(t, pitch * np.array((1, 1.59, 2.14, 2.65)), (0.05, 0.03, 0.024, 0.02), (0.7, 0.5, 0.4, 0.3))
        crack = noise(rng, len(t), 1800, 13_000) * np.exp(t / np.float32(-0.022))
        out += np.roll(skin + crack * np.float32(0.55), int(delay_s * RATE_HZ))
    return out


def _impact(rng: np.random.Generator) -> Wave:
    """Synthesize a trailer impact: a falling sub sweep, all drums at once, and debris."""
    t = time(2.8)
    sub_sweep = sine_sweep(95, 36, t, 0.16) * np.exp(t / np.float32(-0.6))
    drums = np.resize(_ODAIKO(rng), len(t)) * (t < 1.6)
    debris = noise(rng, len(t), 900, 11_000) * (np.exp(t / np.float32(-0.05)) + 0.16 * np.exp(t / np.float32(-0.7)))
    return np.asarray(np.tanh(1.4 * sub_sweep) * 0.8 + 0.7 * drums / np.abs(drums).max() + 0.32 * debris, np.float32)


def _bowed(rng: np.random.Generator) -> Wave:
    """Synthesize a bowed cymbal: many thin, wavering partials, the high ones entering last."""
    size = 1 << 17
    t = np.arange(size, dtype=np.float32) / np.float32(RATE_HZ)
    hz = np.arange(size // 2 + 1) * (RATE_HZ / size)
    out = np.zeros(size, np.float32)
    for number, octave in enumerate((640, 1280, 2560, 5120)):
        lines = np.zeros(len(hz), np.complex64)
        for line in octave * 2 ** rng.uniform(0, 1, 10):
            is_near = np.abs(hz - line) < 12
            lines[is_near] += np.exp(2j * np.pi * rng.random(int(is_near.sum()))) * np.exp(
                -(((hz[is_near] - line) / 4) ** 2)
            )
        rise_s = BOW_RISE_S * (0.4 + 0.2 * number)
        out += np.asarray(np.fft.irfft(lines, size)) * np.minimum(1, t / np.float32(rise_s)) ** 3
    out /= np.abs(out).max()
    hiss = noise(rng, size, 6000, 13_000) * np.minimum(1, t / np.float32(BOW_RISE_S)) ** 4
    fade = np.exp(np.maximum(0, t - np.float32(BOW_RISE_S)) / np.float32(-0.22))
    return np.asarray((out + np.float32(0.1) * hiss) * fade)


def _triangle(rng: np.random.Generator) -> Wave:
    t = time(1.4)
    hz = np.array((1620, 3810, 5190, 7250, 9480, 12_200)) * rng.uniform(0.995, 1.005)
    return body(t, hz, (0.5, 0.42, 0.4, 0.32, 0.28, 0.2), rng.uniform(0.5, 1, 6) * (0.25, 0.5, 0.9, 1, 0.8, 0.5))


def _tick(rng: np.random.Generator) -> Wave:
    """Synthesize the tick of a distant clock."""
    t = time(0.07)
    case = body(t, np.array((1850, 3420, 5100)) * rng.uniform(0.98, 1.02), (0.006, 0.005, 0.004), (0.4, 0.8, 0.6))
    return np.asarray(case + noise(rng, len(t), 4000, 13_000) * np.exp(t / np.float32(-0.003)) * np.float32(0.5))


_ODAIKO = _ensemble(5, 0.62, 0.022, 0.5, 1.6)
BIG_DRUMS: dict[str, Maker] = {
    "tom": _ensemble(4, 0.95, 0.02, 0.75, 1.1),
    "floor": _ODAIKO,
    "shime": _shime,
    "boom": _impact,
    "bow": _bowed,
    "triangle": _triangle,
    "tick": _tick,
}
