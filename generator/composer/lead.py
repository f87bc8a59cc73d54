"""Synth leads: one singing line, read from a table of one cycle. The pitch scoops in and vibrato comes late."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from generator.composer.cache import Sound
from generator.composer.modal import RATE

TABLE = 8192


@dataclass(frozen=True)
class Solo:
    """`harmonics` are amplitudes from the fundamental up; scoop in cents; vibrato as a share of the pitch."""

    harmonics: tuple[float, ...] = (1.0, 0.25, 0.08, 0.03)
    vibrato: float = 0.004
    rate: float = 5.2
    late: float = 0.3  # seconds before the vibrato
    scoop: float = 35.0
    attack: float = 0.05
    release: float = 0.15
    program: int = 78
    gain: float = 1.0


def solo_note(voice: Solo, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """A note held for `seconds`, unreleased: fresh, (1, frames)."""
    count = int((seconds + voice.release) * RATE)
    t = np.arange(count, dtype=np.float32) / np.float32(RATE)
    f0 = 440.0 * 2 ** ((pitch - 69) / 12)
    phase = np.float32(f0) * t + _bends(voice, f0, t, turn)
    phase -= np.floor(phase)
    sound = _cycle(voice.harmonics, f0 > 900, layer)[(phase * TABLE).astype(np.int32) & (TABLE - 1)]
    attack = min(count, int(voice.attack * (1.3, 1.0, 0.7)[layer] * RATE))
    sound[:attack] *= np.linspace(0, 1, attack, dtype=np.float32) ** np.float32(1.3)
    return np.asarray((sound * np.float32(0.3 * voice.gain))[None, :], np.float32)


def _bends(voice: Solo, f0: float, t: Sound, turn: int) -> Sound:
    """Extra turns of phase: the integral of the scoop and of the late vibrato."""
    scoop_s = 0.035
    depth = f0 * (2 ** (-voice.scoop / 1200) - 1)
    extra = np.float32(depth * scoop_s) * (1 - np.exp(-t / np.float32(scoop_s)))
    rate = 2 * np.pi * voice.rate * (1 + 0.03 * (turn % 3 - 1))
    swell = np.clip((t - np.float32(voice.late)) / np.float32(0.5), 0, 1)
    return np.asarray(extra - swell * np.float32(f0 * voice.vibrato / rate) * np.cos(np.float32(rate) * t))


@lru_cache(maxsize=200)
def _cycle(harmonics: tuple[float, ...], high: bool, layer: int) -> Sound:
    at = np.arange(TABLE) / TABLE
    tilt = (0.75, 1.0, 1.25)[layer] * (0.7 if high else 1.0)
    used = harmonics[:12] if high else harmonics
    amps = [amp * tilt ** min(number, 4) for number, amp in enumerate(used)]
    n = np.arange(len(amps))[:, None]
    cycle = np.array(amps) @ np.sin(2 * np.pi * (n + 1) * at + 0.7 * n * n)
    return np.asarray(cycle / np.sqrt(np.sum(np.square(amps))), np.float32)
