"""What lies under the music: tape hiss and vinyl pops, rain. The same for the same place of the same seed."""

from functools import lru_cache

import numpy as np
import scipy

from generator.composer.cache import Sound
from generator.composer.modal import RATE

BED = 1 << 18  # frames of noise that are made once and begun somewhere else every block
LEVELS = {"vinyl": -58.0, "rain": -44.0}  # dB of the bed
POPS = {"vinyl": 5.0, "rain": 9.0}  # a second


@lru_cache(maxsize=2)
def _bed(name: str) -> Sound:
    dice = np.random.default_rng([*name.encode()])
    noise = dice.standard_normal((2, BED))
    band = (900, 9000) if name == "vinyl" else (500, 5200)
    noise = scipy.signal.sosfilt(scipy.signal.butter(1, band, "band", fs=RATE, output="sos"), noise)
    noise *= 10 ** (LEVELS[name] / 20) / np.sqrt(np.mean(noise**2))
    seam = 4096  # the bed meets its own beginning without a step
    share = np.linspace(0, 1, seam)
    noise[:, -seam:] = noise[:, -seam:] * np.sqrt(1 - share) + noise[:, :seam] * np.sqrt(share)
    return np.asarray(noise[:, seam:], dtype=np.float32)


def block(name: str, seed: int, first: int, count: int) -> Sound:
    """The texture from frame `first` on: (2, count), at most as much as the bed has."""
    bed = _bed(name)
    at = (first + seed * 7919) % bed.shape[1]
    out = np.concatenate([bed[:, at : at + count], bed[:, : max(0, at + count - bed.shape[1])]], axis=1)
    dice = np.random.default_rng([seed & 0xFFFFFFFF, first])
    ring = np.exp(-np.arange(60) / 6.0) * (np.cos(np.arange(60) * (0.9 if name == "vinyl" else 0.35)))
    for place in dice.integers(0, max(1, count - 60), int(POPS[name] * count / RATE)):
        loud = dice.uniform(0.15, 1.0) ** 3 * 0.03
        sides = dice.uniform(0.3, 1.0, 2) * dice.choice((-1, 1)) * loud
        out[:, place : place + 60] += (sides[:, None] * ring).astype(np.float32)
    return np.asarray(out)
