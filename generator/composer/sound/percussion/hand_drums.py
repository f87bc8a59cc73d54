"""Hand drums and small percussion: darbuka, tabla, frame drum, blocks, bells, finger snaps. All float32, (frames,).

The strokes of a darbuka are dum (middle of the skin) and tek (rim); those of the tabla used here are na (rim of the
small drum, with the harmonic partials that C. V. Raman described) and ge (the large drum, whose pitch rises as the heel
of the hand presses the skin).
"""

from collections.abc import Callable

import numpy as np

from generator.composer.sound.waveforms import Wave, apply_filter, body, noise, sine_sweep, time

Maker = Callable[[np.random.Generator], Wave]


def _dum(rng: np.random.Generator) -> Wave:
    t = time(0.7)
    skin = sine_sweep(118, 88 * rng.uniform(0.985, 1.015), t, 0.03) * np.exp(t / np.float32(-0.16))
    shell = body(t, (172.0, 263.0), (0.07, 0.04), (0.22, 0.12))
    return np.asarray(skin + shell + noise(rng, len(t), 500, 4000) * np.exp(t / np.float32(-0.006)) * np.float32(0.14))


def _tek(rng: np.random.Generator) -> Wave:
    t = time(0.2)
    rim = body(
        t, np.array((612, 1130, 1740, 2660)) * rng.uniform(0.98, 1.02), (0.03, 0.024, 0.016, 0.01), (0.5, 0.6, 0.4, 0.3)
    )
    crack = noise(rng, len(t), 2200, 11_000) * np.exp(t / np.float32(-0.012))
    return np.asarray(rim + crack * np.float32(0.55))


def _na(rng: np.random.Generator) -> Wave:
    t = time(0.6)
    hz = 294 * rng.uniform(0.997, 1.003) * np.array((1, 2, 3, 4, 5.02))
    ring = body(t, hz, (0.1, 0.16, 0.12, 0.07, 0.04), (0.35, 0.8, 0.5, 0.3, 0.2))
    return np.asarray(ring + noise(rng, len(t), 2500, 9000) * np.exp(t / np.float32(-0.005)) * np.float32(0.4))


def _ge(rng: np.random.Generator) -> Wave:
    t = time(0.75)
    bend = 76 + 26 * np.minimum(1, t / 0.16) * rng.uniform(0.8, 1.15)
    skin = np.sin(np.cumsum(bend, dtype=np.float64) * (2 * np.pi / 44_100)).astype(np.float32)
    slap = noise(rng, len(t), 300, 2500) * np.exp(t / np.float32(-0.008))
    return np.asarray(skin * np.exp(t / np.float32(-0.19)) + slap * np.float32(0.25))


def _block(hz: float, life_s: float) -> Maker:
    """Return a maker of a wooden block or stick whose lowest mode is at `hz`."""

    def make(rng: np.random.Generator) -> Wave:
        t = time(max(0.08, 8 * life_s))
        modes = hz * rng.uniform(0.99, 1.01) * np.array((1, 2.61, 4.3))
        wood = body(t, modes, (life_s, life_s * 0.6, life_s * 0.4), (0.8, 0.3, 0.15))
        return np.asarray(wood + noise(rng, len(t), hz, 9000) * np.exp(t / np.float32(-0.002)) * np.float32(0.25))

    return make


def _bell(hz: tuple[float, float], life_s: float) -> Maker:
    """Return a maker of a struck metal bell: two square tones, as in the circuit of an analog drum machine."""

    def make(rng: np.random.Generator) -> Wave:
        t = time(5 * life_s)
        bend = rng.uniform(0.995, 1.005)
        tones = sum(np.where((h * bend * t) % 1 < 0.5, np.float32(0.5), np.float32(-0.5)) for h in hz)
        level = 0.6 * np.exp(t / np.float32(-life_s)) + 0.4 * np.exp(t / np.float32(-life_s / 8))
        return apply_filter(np.asarray(tones * level, np.float32), "high", hz[0])

    return make


def _skin(hz: float, life_s: float, crack: float) -> Maker:
    """Return a maker of a small, high drum: bongo, timbale."""

    def make(rng: np.random.Generator) -> Wave:
        t = time(6 * life_s)
        modes = hz * rng.uniform(0.985, 1.015) * np.array((1, 1.59, 2.14, 2.3))
        skin = body(t, modes, (life_s, life_s * 0.6, life_s * 0.4, life_s * 0.3), (0.8, 0.35, 0.25, 0.2))
        return np.asarray(skin + noise(rng, len(t), 1200, 9000) * np.exp(t / np.float32(-0.008)) * np.float32(crack))

    return make


def _guiro(rng: np.random.Generator) -> Wave:
    t = time(0.17)
    teeth = np.abs(np.sin(np.pi * np.float32(rng.uniform(62, 72)) * t)) ** 6
    return np.asarray(
        noise(rng, len(t), 2200, 8000) * teeth * np.minimum(1, t / 0.02) * np.minimum(1, (t[-1] - t) / 0.05)
    )


def _snap(rng: np.random.Generator) -> Wave:
    t = time(0.16)
    burst = noise(rng, len(t), 1400, 5200) * (np.exp(t / np.float32(-0.004)) + 0.35 * np.exp(t / np.float32(-0.03)))
    return np.asarray(burst + body(t, (2250.0,), (0.012,), (0.5,)))


HAND_DRUMS: dict[str, Maker] = {
    "dum": _dum,
    "tek": _tek,
    "na": _na,
    "ge": _ge,
    "clave": _block(2480, 0.012),
    "wood": _block(880, 0.02),
    "castanet": _block(1750, 0.006),
    "cowbell": _bell((540, 800), 0.07),
    "agogo": _bell((720, 1080), 0.06),
    "bongo": _skin(420, 0.05, 0.4),
    "timbale": _skin(310, 0.11, 0.7),
    "guiro": _guiro,
    "snap": _snap,
}
