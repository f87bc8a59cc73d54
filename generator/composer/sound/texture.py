"""Background textures: tape hiss with vinyl pops, and rain. The same seed and position give the same samples."""

from functools import lru_cache

import numpy as np

from generator.composer.filters import apply_filter, band_pass
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound

BED_FRAMES = 1 << 18  # frames of noise, rendered once and read from a different offset in each block
LEVELS_DB = {"vinyl": -58.0, "rain": -44.0}  # level of the noise bed in dB
POPS_PER_S = {"vinyl": 5.0, "rain": 9.0}  # per second


@lru_cache(maxsize=2)
def _bed(name: str) -> Sound:
    rng = np.random.default_rng([*name.encode()])
    noise = rng.standard_normal((2, BED_FRAMES), dtype=np.float32)
    band = (900, 9000) if name == "vinyl" else (500, 5200)
    noise = apply_filter(noise, band_pass(*band))
    noise *= 10 ** (LEVELS_DB[name] / 20) / np.sqrt(np.mean(noise**2))
    fade = 4096  # crossfade the end of the bed into its start
    share = np.linspace(0, 1, fade)
    noise[:, -fade:] = noise[:, -fade:] * np.sqrt(1 - share) + noise[:, :fade] * np.sqrt(share)
    return np.asarray(noise[:, fade:], dtype=np.float32)


def block(name: str, seed: int, first: int, count: int) -> Sound:
    """Return the texture from frame `first` on: (2, count), at most the length of the bed."""
    bed = _bed(name)
    start = (first + seed * 7919) % bed.shape[1]
    out = np.concatenate([bed[:, start : start + count], bed[:, : max(0, start + count - bed.shape[1])]], axis=1)
    rng = np.random.default_rng([seed & 0xFFFFFFFF, first])
    ring = np.exp(-np.arange(60) / 6.0) * (np.cos(np.arange(60) * (0.9 if name == "vinyl" else 0.35)))
    for position in rng.integers(0, max(1, count - 60), int(POPS_PER_S[name] * count / RATE_HZ)):
        level = rng.uniform(0.15, 1.0) ** 3 * 0.03
        sides = rng.uniform(0.3, 1.0, 2) * rng.choice((-1, 1)) * level
        out[:, position : position + 60] += (sides[:, None] * ring).astype(np.float32)
    return np.asarray(out)
