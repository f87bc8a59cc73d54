"""A whole recipe applied to a track, step by step, with a report of what was done."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from generator.audio.editing import stem_plan
from generator.audio.editing.assemble import Join, Region, assemble, place_joins, trace
from generator.audio.editing.bed import make_bed
from generator.audio.editing.blocks import Report, Samples, ignore_progress
from generator.audio.editing.cut import cut_structure, plan_regions
from generator.audio.editing.destinations import DESTINATIONS
from generator.audio.editing.duck import Ducked, duck, fit_voice, mix
from generator.audio.editing.fit import FitPlan, apply_fit, plan_fit
from generator.audio.editing.level import Leveled, Levels, level, measure_levels
from generator.audio.editing.loop import LoopCandidate, Seam, find_loops, make_loop, prove_seam
from generator.audio.editing.marks import LoopPoints, Marks
from generator.audio.editing.phases import Phases
from generator.audio.editing.recipe import (
    Bed,
    Cut,
    Duck,
    Fades,
    Fit,
    Format,
    Level,
    Loop,
    Recipe,
    RecipeError,
    Speed,
    Step,
)
from generator.audio.editing.stem_plan import Operation, StemPlan
from generator.audio.structure import Structure, find_structure
from generator.audio.structure.features import Features

CEILING_DBTP = -1.0
OFFERED = 4  # plans of a fit and loops that are found, to choose from


@dataclass(frozen=True)
class Voice:
    """A voice-over: float32 samples (frames, channels)."""

    samples: Samples
    rate: int


@dataclass(frozen=True)
class EditReport:
    """What was done. Loudness in LUFS, None for silence; the true peak in dBTP.

    `protected` is the work of the limiter where a recipe without a level step would have exceeded full scale. `regions`
    are what is kept of the track, before any change of tempo; joins are placed in the sound after the fit. `plans` and
    `loops` are what can be chosen from, best first.
    """

    frames_before: int
    frames_after: int
    lufs_before: float | None
    lufs_after: float | None
    true_peak_dbtp: float | None
    joins: tuple[Join, ...] = ()
    fit: FitPlan | None = None
    seam: Seam | None = None
    ducked: Ducked | None = None
    leveled: Leveled | None = None
    protected: Leveled | None = None
    regions: tuple[Region, ...] = ()
    plans: tuple[FitPlan, ...] = ()
    loops: tuple[tuple[LoopCandidate, Seam], ...] = ()
    loop: LoopCandidate | None = None


@dataclass(frozen=True)
class Edited:
    samples: Samples
    rate: int
    report: EditReport
    marks: Marks
    plan: StemPlan


@dataclass
class _Work:
    """A track on its way through the steps."""

    samples: Samples
    rate: int
    voice: Voice | None
    known: Structure | None
    features: Features | None = None
    marks: Marks = field(default_factory=Marks)
    joins: tuple[Join, ...] = ()
    fit: FitPlan | None = None
    seam: Seam | None = None
    ducked: Ducked | None = None
    leveled: Leveled | None = None
    regions: tuple[Region, ...] = ()
    plans: tuple[FitPlan, ...] = ()
    loops: tuple[tuple[LoopCandidate, Seam], ...] = ()
    loop: LoopCandidate | None = None
    operations: list[Operation] = field(default_factory=list)
    known_levels: Levels | None = None
    phases_file: Path | None = None

    @property
    def levels(self) -> Levels:
        """Return loudness and true peak at this point; they are measured if nobody knows them."""
        if self.known_levels is None:
            self.known_levels = measure_levels(self.samples, self.rate)
        return self.known_levels

    @property
    def is_loop(self) -> bool:
        return self.marks.loop is not None

    @property
    def structure(self) -> Structure:
        """Return what is known of the track at this point; it is measured if nobody knows it."""
        if self.known is None:
            self.known = find_structure(self.samples, self.rate)
        return self.known

    def replace(self, samples: Samples) -> None:
        """Go on with other samples, of which nothing is known."""
        self.samples, self.known, self.features, self.known_levels = samples, None, None, None


def apply_recipe(
    samples: Samples,
    rate: int,
    recipe: Recipe,
    structure: Structure | None = None,
    voice: Voice | None = None,
    *,
    overwrite: bool = False,
    features: Features | None = None,
    phases_file: Path | None = None,
    report: Report = ignore_progress,
) -> Edited:
    """Return the edited track. `samples` are float32 (frames, 1 or 2); with `overwrite` they may be destroyed.
    `structure` and `features` are what is known of them; they are measured where a step needs them.

    Changes of tempo and pitch leave what stems need of them in `phases_file`, or in memory: 8 MB per minute.

    A bed for a voice-over is leveled before it is ducked: its level between the words is that of the destination.

    Raises:
        RecipeError: the recipe asks for what this track cannot give; its field begins with the step.
    """
    steps = _order(recipe)
    before = measure_levels(samples, rate)
    work = _Work(
        samples if overwrite else samples.copy(),
        rate,
        voice,
        structure,
        features=features,
        known_levels=before,
        phases_file=phases_file,
    )
    frames_before = len(samples)
    del samples
    for number, step in enumerate(steps):
        _APPLY[type(step)](work, step, _part(report, number, len(steps) + 1))
    protected = _protect(work, before.true_peak_dbtp)
    report(1.0)
    plan = StemPlan(rate, frames_before, len(work.samples), tuple(work.operations))
    return Edited(work.samples, rate, _describe(work, frames_before, before.lufs, protected), work.marks, plan)


def _protect(work: _Work, top: float | None) -> Leveled | None:
    """Keep a track that was not leveled from clipping; its source may have come closer to full scale than usual."""
    if work.leveled is not None or float(np.abs(_extremes(work.samples)).max()) <= 1.0:
        return None
    ceiling = min(0.0, max(CEILING_DBTP, top if top is not None else CEILING_DBTP))
    protected = level(
        work.samples, work.rate, lufs=None, true_peak_dbtp=ceiling, is_loop=work.is_loop, known=work.levels
    )
    work.operations.append(stem_plan.Level(protected, work.is_loop))
    work.known_levels = None
    return protected


def _describe(work: _Work, frames_before: int, lufs_before: float | None, protected: Leveled | None) -> EditReport:
    return EditReport(
        frames_before,
        len(work.samples),
        lufs_before,
        work.levels.lufs,
        work.levels.true_peak_dbtp,
        work.joins,
        work.fit,
        work.seam,
        work.ducked,
        work.leveled,
        protected,
        work.regions,
        work.plans,
        work.loops,
        work.loop,
    )


def _order(recipe: Recipe) -> list[Step]:
    """Return the steps that change samples, in the order in which they are computed."""
    steps: list[Step] = [step for step in recipe.steps if not isinstance(step, Format)]
    ducking, leveling = recipe.get(Duck), recipe.get(Level)
    if ducking and leveling and ducking.output == "bed":
        places = steps.index(ducking), steps.index(leveling)
        steps[places[0]], steps[places[1]] = leveling, ducking
    return steps


def _part(report: Report, number: int, count: int) -> Report:
    return lambda done: report((number + done) / count)


def _cut(work: _Work, step: Cut, report: Report) -> None:
    regions = plan_regions(step, len(work.samples), work.rate, None if step.snap == "none" else work.structure)
    known = work.known and cut_structure(work.known, regions, work.rate)
    work.regions = place_joins(work.samples, work.rate, regions)
    samples, work.joins = assemble(work.samples, work.rate, work.regions, placed=True, overwrite=True)
    work.operations.append(stem_plan.Assemble(work.regions))
    work.replace(samples)
    work.known = known


def _fit(work: _Work, step: Fit, report: Report) -> None:
    plans = plan_fit(
        work.samples,
        work.rate,
        work.structure,
        step.length_s,
        hit_at_s=step.hit_at_s,
        max_plans=max(OFFERED, step.plan + 1),
        features=work.features,
    )
    report(0.6)
    if len(plans) <= step.plan:
        raise RecipeError("no_plan", "fit.length_s" if not plans else "fit.plan", offered=len(plans))
    work.plans, work.fit = plans, plans[step.plan]
    work.joins = tuple(replace(join, frame=round(join.frame / work.fit.tempo)) for join in work.fit.joins)
    work.regions = trace(work.fit.regions, work.regions) if work.regions else work.fit.regions
    phases = Phases(work.phases_file)
    work.operations.append(stem_plan.Fit(work.fit, phases))
    work.replace(apply_fit(work.samples, work.rate, work.fit, phases=phases, overwrite=True))


def _loop(work: _Work, step: Loop, report: Report) -> None:
    candidates = find_loops(
        work.samples,
        work.rate,
        work.structure,
        step.min_s,
        step.max_s,
        max_loops=max(OFFERED, step.candidate + 1),
        features=work.features,
    )
    report(0.7)
    if len(candidates) <= step.candidate:
        raise RecipeError("no_loop", "loop.min_s" if not candidates else "loop.candidate", offered=len(candidates))
    work.loops = tuple((one, prove_seam(work.samples, work.rate, work.structure, one)) for one in candidates)
    candidate, work.seam = work.loops[step.candidate]
    work.loop = candidate
    inside = [join for join in work.joins if candidate.start_frame < join.frame < candidate.end_frame]
    work.joins = tuple(replace(join, frame=join.frame - candidate.start_frame) for join in inside)
    work.operations.append(stem_plan.Loop(candidate))
    work.replace(make_loop(work.samples, work.rate, candidate, overwrite=True))
    work.marks = Marks(LoopPoints(0, len(work.samples)))


def _fades(work: _Work, step: Fades, report: Report) -> None:
    if (step.in_s + step.out_s) * work.rate > len(work.samples):
        raise RecipeError("beyond_end", "fades.out_s", length_s=round(len(work.samples) / work.rate, 3))
    work.known_levels = None
    operation = stem_plan.Fade(step)
    operation.apply(work.samples, work.rate)
    work.operations.append(operation)


def _speed(work: _Work, step: Speed, report: Report) -> None:
    frames = len(work.samples)
    operation = stem_plan.Stretch(step.tempo, step.semitones, work.is_loop, Phases(work.phases_file))
    work.operations.append(operation)
    work.replace(operation.apply(work.samples, work.rate))
    work.marks = work.marks.scaled(frames, len(work.samples))


def _bed(work: _Work, step: Bed, report: Report) -> None:
    known = work.known_levels
    work.known_levels = None
    lufs = known.lufs if known else None
    gain_db = make_bed(work.samples, work.rate, step.depth_db, is_loop=work.is_loop, lufs=lufs)
    work.operations.append(stem_plan.Bed(step.depth_db, gain_db, work.is_loop))


def _duck(work: _Work, step: Duck, report: Report) -> None:
    if work.voice is None:
        raise RecipeError("missing_voice", "duck.voice")
    voice = fit_voice(work.voice.samples, work.voice.rate, work.rate, work.samples.shape[1])
    work.known_levels = None
    work.ducked = duck(work.samples, work.rate, voice, step, report=report)
    if step.output == "mix":
        work.replace(mix(work.samples, work.rate, voice, step.voice_at_s))
    work.operations.append(stem_plan.Duck(step, work.ducked.keyframes, len(work.samples)))


def _level(work: _Work, step: Level, report: Report) -> None:
    destination = DESTINATIONS.get(step.destination or "")
    target = destination.target_lufs(work.samples.shape[1]) if destination else None
    ceiling = destination.true_peak_dbtp if destination else CEILING_DBTP
    work.leveled = level(
        work.samples,
        work.rate,
        lufs=step.lufs if step.lufs is not None else target,
        true_peak_dbtp=step.true_peak_dbtp if step.true_peak_dbtp is not None else ceiling,
        is_loop=work.is_loop,
        known=work.levels,
        report=report,
    )
    work.known_levels = work.levels.after(work.leveled)
    work.operations.append(stem_plan.Level(work.leveled, work.is_loop))


_APPLY: dict[type[Step], Callable[..., None]] = {
    Cut: _cut,
    Fit: _fit,
    Loop: _loop,
    Fades: _fades,
    Speed: _speed,
    Bed: _bed,
    Duck: _duck,
    Level: _level,
}


def _extremes(samples: Samples) -> Samples:
    return np.array([samples.min(initial=0.0), samples.max(initial=0.0)], np.float32)
