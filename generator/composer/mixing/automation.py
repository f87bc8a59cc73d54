"""Automation of a stem while it is mixed: gain and a low-pass that follow breakpoints."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from generator.composer.filters import pass_filter, response
from generator.composer.sound.modes import RATE_HZ
from generator.composer.sound.sound_cache import Sound, ramp
from generator.composer.writing.notes import AutomationPoint

OPEN_HZ = 17_000.0  # cutoffs from here on leave the sound unchanged
MIN_HZ = 100.0
STEP_FRAMES, MEMORY_FRAMES = 8192, 2048  # frames with one setting of the low-pass, and how long it remembers
WINDOW_FRAMES = STEP_FRAMES + MEMORY_FRAMES
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
        """Filter steps whose low-pass is closed, each as a window with what was before it; settings are crossfaded."""
        frames = np.array([point.beat * self.beat_s * RATE_HZ for point in self.points])
        octaves = np.log2([point.cutoff_hz for point in self.points])
        count = -(-stem.shape[1] // STEP_FRAMES)
        centers = first + (np.arange(count) + 0.5) * STEP_FRAMES
        cutoffs = [_setting(cutoff) for cutoff in np.exp2(np.interp(centers, frames, octaves)).tolist()]
        before_each = [self._cutoff, *cutoffs[:-1]]
        joined = np.concatenate([self._before, stem], axis=1)
        self._before, self._cutoff = joined[:, -MEMORY_FRAMES:].copy(), cutoffs[-1]
        for number, (cutoff, before) in enumerate(zip(cutoffs, before_each, strict=True)):
            if cutoff == before == OPEN_HZ:
                continue
            begin = number * STEP_FRAMES
            window = joined[:, begin : begin + MEMORY_FRAMES + STEP_FRAMES]
            spectrum = scipy.fft.rfft(window, WINDOW_FRAMES)
            out = stem[:, begin : begin + STEP_FRAMES]
            count = out.shape[1]
            out[:] = _filtered(spectrum, cutoff)[:, :count]
            if cutoff != before:
                fade = min(FADE_FRAMES, count)
                out[:, :fade] += (_filtered(spectrum, before)[:, :fade] - out[:, :fade]) * (1 - ramp(fade))


def _setting(cutoff_hz: float) -> float:
    """Return a cutoff as one of the settings that are used: nine to an octave."""
    return OPEN_HZ if cutoff_hz >= OPEN_HZ else float(2 ** (round(math.log2(max(MIN_HZ, cutoff_hz)) * 9) / 9))


def _filtered(spectrum: NDArray[np.complex64], cutoff_hz: float) -> Sound:
    """Return a window, filtered, without what was before it."""
    gained = spectrum if cutoff_hz >= OPEN_HZ else spectrum * _low_pass(cutoff_hz)
    return np.asarray(scipy.fft.irfft(gained, WINDOW_FRAMES)[:, MEMORY_FRAMES:], np.float32)


@lru_cache(maxsize=100)
def _low_pass(cutoff_hz: float) -> NDArray[np.complex64]:
    turns = np.arange(WINDOW_FRAMES // 2 + 1) / WINDOW_FRAMES
    return response(pass_filter("low", cutoff_hz), turns).astype(np.complex64)
