"""Monophonic synth leads: a single-cycle wavetable."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound

TABLE_SIZE = 8192
LAYER_TILTS = (0.6, 0.78, 1.02, 1.3)  # factors from harmonic to harmonic, from the softest layer to the hardest
LAYER_ATTACKS = (1.3, 1.1, 1.0, 0.7)
TABLES = 3  # of one tone, with other phases and a little out of tune
TABLE_CENTS = 4.0
MIN_OVERTONES = (0.0, 0.03, 0.09, 0.2)  # of the second and third harmonic, even of a whistle: breath and strength


@dataclass(frozen=True)
class Solo:
    """Lead voice: `harmonics` are amplitudes from the fundamental up."""

    harmonics: tuple[float, ...] = (1.0, 0.25, 0.08, 0.03)
    attack: float = 0.05
    release: float = 0.15
    program: int = 78
    gain: float = 1.0


def solo_note(voice: Solo, pitch: float, seconds: float, layer: int, turn: int) -> Sound:
    """Render a note held for `seconds`, before its release: new array, (1, frames)."""
    count = int((seconds + voice.release) * RATE_HZ)
    t = np.arange(count) / RATE_HZ
    f0 = 440.0 * 2 ** ((pitch - 69) / 12 + (turn % TABLES - 1) * TABLE_CENTS / 1200)
    phase = t * f0 % 1.0
    sound = _cycle(voice.harmonics, f0 > 900, layer, turn % TABLES)[
        (phase * TABLE_SIZE).astype(np.int32) & (TABLE_SIZE - 1)
    ]
    attack = min(count, int(voice.attack * LAYER_ATTACKS[layer] * RATE_HZ))
    sound[:attack] *= np.linspace(0, 1, attack, dtype=np.float32) ** np.float32(1.3)
    return np.asarray((sound * np.float32(0.3 * voice.gain))[None, :], np.float32)


@lru_cache(maxsize=200)
def _cycle(harmonics: tuple[float, ...], high: bool, layer: int, table: int) -> Sound:
    phases = np.arange(TABLE_SIZE) / TABLE_SIZE
    tilt = LAYER_TILTS[layer] * (0.7 if high else 1.0)
    amplitudes_used = harmonics[:12] if high else harmonics
    amps = [amp * tilt ** min(number, 4) for number, amp in enumerate(amplitudes_used)]
    for number in range(1, min(3, len(amps))):
        amps[number] = max(amps[number], MIN_OVERTONES[layer] / number)
    n = np.arange(len(amps))[:, None]
    cycle = np.array(amps) @ np.sin(2 * np.pi * (n + 1) * phases + (0.7 + 0.6 * table) * n * n)
    return np.asarray(cycle / np.sqrt(np.sum(np.square(amps))), np.float32)
