"""What a recipe did to a mix, so that the same can be done to every stem of it, to the frame.

The recipe is applied to the mix once (`apply_recipe`, whose result has the `plan`); nothing is searched for or measured
on a stem. Where the stems add up to the mix, the edited stems add up to the edited mix: every operation is linear, and
the limiter's gain curve is that of the mix. A voice-over in the mix is in none of the stems.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from generator.audio.editing import recipe
from generator.audio.editing.assemble import Region, assemble
from generator.audio.editing.bed import thin_band
from generator.audio.editing.blocks import scale
from generator.audio.editing.duck import Keyframes, turn_down
from generator.audio.editing.fades import fade
from generator.audio.editing.fit import FitPlan, apply_fit
from generator.audio.editing.level import Leveled, apply_leveled
from generator.audio.editing.loop import LoopCandidate, make_loop
from generator.audio.editing.stretch import stretch, stretch_loop

Samples = NDArray[np.float32]


class Operation(Protocol):
    """One thing done to the mix; `apply` may change the samples in place, and `mix` is the mix before it."""

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples: ...


@dataclass(frozen=True)
class StemPlan:
    """The operations in their order; `frames_before` and `frames_after` are the lengths of the mix and of each stem."""

    rate: int
    frames_before: int
    frames_after: int
    operations: tuple[Operation, ...] = ()

    @property
    def needs_mix(self) -> bool:
        """Return whether the tempo or the pitch changes, for which the mix is needed beside each stem."""
        return any(_stretches(operation) for operation in self.operations)


def apply_to_stem(stem: Samples, plan: StemPlan, mix: Samples | None = None) -> Samples:
    """Return a stem edited as its mix was; the stem (see `fit_stem`) may be destroyed.

    `mix` is the unedited mix, which stays as it is. Only a plan that `needs_mix` reads it; without
    it, the stems of such a plan do not add up.
    """
    is_own = False  # whether the mix is one made here, which may be changed
    last = max((number for number, operation in enumerate(plan.operations) if _stretches(operation)), default=-1)
    for number, operation in enumerate(plan.operations):
        beside = mix if _stretches(operation) else None
        stem = operation.apply(stem, plan.rate, beside)
        if mix is not None and number < last:
            mix = operation.apply(mix.copy() if isinstance(operation, Fade) and not is_own else mix, plan.rate)
            is_own = True
    return stem


def fit_stem(stem: Samples, stem_rate: int, rate: int, frames: int, channels: int) -> Samples:
    """Return a stem with the rate, the channels and the exact length of its mix, by silence or by less of its end."""
    if stem_rate != rate:
        stem = np.asarray(soxr.resample(stem, stem_rate, rate, "VHQ"), np.float32)
    if stem.shape[1] != channels:
        stem = stem.mean(axis=1, keepdims=True, dtype=np.float32) if channels == 1 else np.repeat(stem, 2, axis=1)
    missing = frames - len(stem)
    return np.pad(stem, ((0, missing), (0, 0))) if missing > 0 else stem[:frames]


def _stretches(operation: Operation) -> bool:
    return isinstance(operation, Stretch) or (isinstance(operation, Fit) and operation.changes_tempo)


@dataclass(frozen=True)
class Assemble:
    regions: Sequence[Region]

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        return assemble(samples, rate, self.regions, placed=True)[0]


@dataclass(frozen=True)
class Fit:
    plan: FitPlan

    @property
    def changes_tempo(self) -> bool:
        return sum(region.frames for region in self.plan.regions) != self.plan.length_frames

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        return apply_fit(samples, rate, self.plan, mix)


@dataclass(frozen=True)
class Loop:
    candidate: LoopCandidate

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        return make_loop(samples, rate, self.candidate)


@dataclass(frozen=True)
class Fade:
    step: recipe.Fades

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        step = self.step
        return fade(samples, rate, in_s=step.in_s, in_curve=step.in_curve, out_s=step.out_s, out_curve=step.out_curve)


@dataclass(frozen=True)
class Stretch:
    tempo: float
    semitones: float
    is_loop: bool

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        if self.is_loop:
            return stretch_loop(samples, rate, tempo=self.tempo, semitones=self.semitones, guide=mix)
        return stretch(samples, rate, tempo=self.tempo, semitones=self.semitones, guide=mix)


@dataclass(frozen=True)
class Bed:
    depth_db: float
    gain_db: float
    is_loop: bool

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        thin_band(samples, rate, self.depth_db, is_loop=self.is_loop)
        scale(samples, self.gain_db)
        return samples


@dataclass(frozen=True)
class Duck:
    step: recipe.Duck
    keyframes: Keyframes
    frames_after: int

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        turn_down(samples, rate, self.keyframes, self.step)
        return fit_stem(samples, rate, rate, self.frames_after, samples.shape[1])


@dataclass(frozen=True)
class Level:
    leveled: Leveled
    is_loop: bool

    def apply(self, samples: Samples, rate: int, mix: Samples | None = None) -> Samples:
        apply_leveled(samples, self.leveled, is_loop=self.is_loop)
        return samples
