"""Automation of a stem while it is mixed: gain and a low-pass that follow breakpoints."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from generator.composer.filters import apply_filter, pass_filter
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound, ramp
from generator.composer.writing.notes import AutomationPoint

OPEN_HZ = 17_000.0  # cutoffs from here on leave the sound unchanged
MIN_HZ = 100.0
STEP_FRAMES, MEMORY_FRAMES = 8192, 1024  # frames with one setting of the low-pass, and how long it remembers
FADE_FRAMES = 2048  # from one setting to the next


@dataclass
class Automation:
    """The automation of one stem; blocks are passed in order. Breakpoints in beats, `beat_s` in seconds."""

    points: Sequence[AutomationPoint]
    beat_s: float
    _before: Sound = field(default_factory=lambda: np.zeros((2, MEMORY_FRAMES), np.float32))
    _cutoff: float = OPEN_HZ
    _next: int = 0  # frame after the last block

    def apply(self, stem: Sound, first: int) -> None:
        """Change a block of a stem in place: float32, (2, frames), from frame `first` of the piece."""
        if not self.points:
            return
        if first != self._next:  # the stem was silent in between
            self._before[:] = 0
        self._next = first + stem.shape[1]
        self._filter(stem, first)
        self._amplify(stem, first)

    def _amplify(self, stem: Sound, first: int) -> None:
        frames = [point.beat * self.beat_s * RATE_HZ for point in self.points]
        gains = [10 ** (point.gain_db / 20) for point in self.points]
        end = first + stem.shape[1]
        inside = [frame for frame in frames if first < frame < end]
        edges = sorted({first, end, *(round(frame) for frame in inside)})
        for begin, stop in itertools.pairwise(edges):
            a, b = np.interp((begin, stop), frames, gains)
            if a == b == 1.0 or begin == stop:
                continue
            gain = np.float32(a) if a == b else np.linspace(a, b, stop - begin, endpoint=False, dtype=np.float32)
            stem[:, begin - first : stop - first] *= gain

    def _filter(self, stem: Sound, first: int) -> None:
        """Filter steps whose low-pass is closed, those of one setting in one go; settings are crossfaded."""
        frames = np.array([point.beat * self.beat_s * RATE_HZ for point in self.points])
        octaves = np.log2([point.cutoff_hz for point in self.points])
        count = -(-stem.shape[1] // STEP_FRAMES)
        centers = first + (np.arange(count) + 0.5) * STEP_FRAMES
        cutoffs = [_setting(cutoff) for cutoff in np.exp2(np.interp(centers, frames, octaves)).tolist()]
        if all(cutoff == OPEN_HZ for cutoff in (self._cutoff, *cutoffs)):
            self._before[:] = stem[:, -MEMORY_FRAMES:]
            return
        joined = np.concatenate([self._before, stem], axis=1)
        self._before[:] = joined[:, -MEMORY_FRAMES:]
        fading = stem[:, :0]  # what the setting before makes of the beginning of the next one
        if cutoffs[0] != self._cutoff:
            fading = _filtered(joined[:, : MEMORY_FRAMES + FADE_FRAMES], self._cutoff)
        begin = 0
        for cutoff, steps in itertools.groupby(cutoffs):
            end = min(stem.shape[1], begin + STEP_FRAMES * len(list(steps)))
            filtered = _filtered(joined[:, begin : end + MEMORY_FRAMES + FADE_FRAMES], cutoff)
            out = stem[:, begin:end]
            out[:] = filtered[:, : end - begin]
            fade = min(fading.shape[1], end - begin)
            out[:, :fade] += (fading[:, :fade] - out[:, :fade]) * (1 - ramp(fade))
            fading, begin = filtered[:, end - begin :], end
        self._cutoff = cutoffs[-1]


def _setting(cutoff_hz: float) -> float:
    """Return a cutoff as one of the settings that are used: nine to an octave."""
    return OPEN_HZ if cutoff_hz >= OPEN_HZ else float(2 ** (round(math.log2(max(MIN_HZ, cutoff_hz)) * 9) / 9))


def _filtered(heard: Sound, cutoff_hz: float) -> Sound:
    """Return a sound, filtered, without its first MEMORY_FRAMES."""
    filtered = heard if cutoff_hz == OPEN_HZ else apply_filter(heard, pass_filter("low", cutoff_hz))
    return filtered[:, MEMORY_FRAMES:]
