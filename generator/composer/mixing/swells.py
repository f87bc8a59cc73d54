"""Swells: the hairpins of a player, as a gain over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generator.composer.mixing.reverb import BLOCK_FRAMES
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound
from generator.limiter import interpolate_gain

STEP_FRAMES = 1470  # between two values of the gain: 33 ms


@dataclass(frozen=True)
class Swells:
    """Breakpoints (beat, dB) with straight lines in between; none leave the sound as it is. `beat_s` in seconds."""

    breakpoints: Sequence[tuple[float, float]] = ()
    beat_s: float = 0.5

    def apply(self, block: Sound, first: int) -> None:
        """Change a block, (2, BLOCK), from frame `first` of the piece, in place."""
        if not self.breakpoints:
            return
        beats, levels = zip(*self.breakpoints, strict=True)
        steps = BLOCK_FRAMES // STEP_FRAMES
        at = (first + np.arange(steps + 1) * STEP_FRAMES) / (RATE_HZ * self.beat_s)
        gain = (10 ** (np.interp(at, beats, levels) / 20)).astype(np.float32)
        block *= interpolate_gain(gain, 0, steps, STEP_FRAMES)
