"""What a recipe did to a mix, so that the same can be done to every stem of it, to the frame.

The recipe is applied to the mix once (`apply_recipe`, whose result has the `plan`); nothing is searched for or measured
on a stem. Where the stems add up to the mix, the edited stems add up to the edited mix: every operation is linear, and
the limiter's gain curve and the phases of another tempo are those of the mix. A voice-over in the mix is in none of the
stems.
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
from generator.audio.editing.phases import Phases
from generator.audio.editing.stretch import stretch, stretch_loop

Samples = NDArray[np.float32]


class Operation(Protocol):
    """One thing done to the mix; `apply` may use the memory of the samples."""

    def apply(self, samples: Samples, rate: int) -> Samples: ...


@dataclass(frozen=True)
class StemPlan:
    """The operations in their order; `frames_before` and `frames_after` are the lengths of the mix and of each stem."""

    rate: int
    frames_before: int
    frames_after: int
    operations: tuple[Operation, ...] = ()


def apply_to_stem(stem: Samples, plan: StemPlan) -> Samples:
    """Return a stem edited as its mix was; the stem (see `fit_stem`) may be destroyed."""
    for operation in plan.operations:
        stem = operation.apply(stem, plan.rate)
    return stem


def fit_stem(stem: Samples, stem_rate: int, rate: int, frames: int, channels: int) -> Samples:
    """Return a stem with the rate, the channels and the exact length of its mix, by silence or by less of its end."""
    if stem_rate != rate:
        stem = np.asarray(soxr.resample(stem, stem_rate, rate, "VHQ"), np.float32)
    if stem.shape[1] != channels:
        stem = stem.mean(axis=1, keepdims=True, dtype=np.float32) if channels == 1 else np.repeat(stem, 2, axis=1)
    missing = frames - len(stem)
    return np.pad(stem, ((0, missing), (0, 0))) if missing > 0 else stem[:frames]


@dataclass(frozen=True)
class Assemble:
    regions: Sequence[Region]

    def apply(self, samples: Samples, rate: int) -> Samples:
        return assemble(samples, rate, self.regions, placed=True, overwrite=True)[0]


@dataclass(frozen=True)
class Fit:
    plan: FitPlan
    phases: Phases

    def apply(self, samples: Samples, rate: int) -> Samples:
        return apply_fit(samples, rate, self.plan, phases=self.phases, overwrite=True)


@dataclass(frozen=True)
class Loop:
    candidate: LoopCandidate

    def apply(self, samples: Samples, rate: int) -> Samples:
        return make_loop(samples, rate, self.candidate, overwrite=True)


@dataclass(frozen=True)
class Fade:
    step: recipe.Fades

    def apply(self, samples: Samples, rate: int) -> Samples:
        step = self.step
        return fade(samples, rate, in_s=step.in_s, in_curve=step.in_curve, out_s=step.out_s, out_curve=step.out_curve)


@dataclass(frozen=True)
class Stretch:
    tempo: float
    semitones: float
    is_loop: bool
    phases: Phases

    def apply(self, samples: Samples, rate: int) -> Samples:
        tempo, semitones, phases = self.tempo, self.semitones, self.phases
        if self.is_loop:
            return stretch_loop(samples, rate, tempo=tempo, semitones=semitones, phases=phases)
        return stretch(samples, rate, tempo=tempo, semitones=semitones, overwrite=True, phases=phases)


@dataclass(frozen=True)
class Bed:
    depth_db: float
    gain_db: float
    is_loop: bool

    def apply(self, samples: Samples, rate: int) -> Samples:
        thin_band(samples, rate, self.depth_db, is_loop=self.is_loop)
        scale(samples, self.gain_db)
        return samples


@dataclass(frozen=True)
class Duck:
    step: recipe.Duck
    keyframes: Keyframes
    frames_after: int

    def apply(self, samples: Samples, rate: int) -> Samples:
        turn_down(samples, rate, self.keyframes, self.step)
        return fit_stem(samples, rate, rate, self.frames_after, samples.shape[1])


@dataclass(frozen=True)
class Level:
    leveled: Leveled
    is_loop: bool

    def apply(self, samples: Samples, rate: int) -> Samples:
        apply_leveled(samples, self.leveled, is_loop=self.is_loop)
        return samples
