"""Fitting a track to a length, exact to the sample.

The opening and the real ending stay; whole bars in between are left out or repeated, joined where both sides are most
alike. What remains comes from the tempo, up to 3 % without a price, and only then from the ring-out. Where bars are too
coarse for a short length, the bar before a join is cut short by beats or half beats, and the music goes on at a bar
line; tracks without a pulse are joined at quiet points.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from generator.audio.editing.assemble import CROSSFADE_S, Join, Region, assemble, place_joins
from generator.audio.editing.fades import fade
from generator.audio.editing.likeness import flux_at, join_costs
from generator.audio.editing.paths import Path, PathFinder
from generator.audio.editing.phases import Phases
from generator.audio.editing.stretch import stretch
from generator.audio.structure import Structure
from generator.audio.structure.features import Curve, Features, find_features

Samples = NDArray[np.float32]

MAX_TEMPO_CHANGE = 0.03  # nobody hears it
MAX_STRAINED_CHANGE = 0.079  # where nothing else is left; `stretch` allows 8 %
KEPT_END_S = 2.0  # of the original, always
LEAD_S, TRAIL_S, MAX_TRAIL_S = 0.1, 0.3, 0.6  # silence kept before the first and after the last audible moment
GUARD_S, END_GUARD_S = 0.04, 0.1  # of it that always stays: attacks begin, and tails end, softer than is audible
MIN_RUN_S = 8.0  # between joins, in long results
NO_PULSE_BAR_S, FINE_S = 2.0, 0.25
MIN_OPENING_S = 0.3
MAX_FINE_S = 40.0  # longer results are reached by whole bars

JOIN_COST = 0.35  # per join, beside the unlikeness of its sides
PHRASE_COSTS = (0.0, 0.3, 0.12, 0.3)  # by the number of bars modulo four that a join leaves out or repeats
OFF_BEAT_COST = 2.0  # the bar before the join is cut short
HALF_BEAT_COST = 2.5  # and its last beat is
DROPPED_OPENING_COST = 6.0
TEMPO_COST, STRAIN_COST = 8.0, 120.0  # per share of change, up to 3 % and beyond
STRAINED_COST = 8.0  # for any change beyond: only where no bars, beats or ring-out are left
RING_COST = 0.25  # the ring-out is shortened
HIT_COST = 4.0  # per second by which the loudest moment misses its place
ROUGH_COST, ROUGHER_COST = 10.0, 3.0  # per share by which a join is rougher than the roughest bar lines, and at all
CLICK_S = 0.002
RING_CROSSFADE_S, RING_GUARD_S = 0.3, 0.2
ALTERNATIVES = 12  # examined closely, of all lengths
ROUGHEST = 0.99  # quantile of the flux at the track's own bar lines


@dataclass(frozen=True)
class FitPlan:
    """How a track is brought to a length. Apply it to the mix and to each stem alike."""

    regions: tuple[Region, ...]
    tempo: float
    length_frames: int
    rate: int
    joins: tuple[Join, ...]  # places in the sound before the tempo changes
    ring_cut_s: float  # left out of the ring-out
    keeps_opening: bool
    keeps_ending: bool
    off_beat_joins: int  # joins that cut a bar short
    roughness: float  # of the roughest join, against the 99th percentile of the track's own bar lines
    cost: float
    hit_s: float | None = None  # where the loudest moment falls
    unstretched_lengths_s: tuple[float, ...] = ()  # nearest lengths that need no change of tempo

    @property
    def join_times_s(self) -> tuple[float, ...]:
        """Return where the joins are heard in the fitted sound."""
        return tuple(round(join.frame / self.rate / self.tempo, 3) for join in self.joins)


@dataclass(frozen=True)
class _Points:
    times: Curve  # the first and the last are the ends of what is kept
    cost: Curve
    phase: NDArray[np.intp]  # half beats since the bar line
    bar_s: float
    targets: NDArray[np.bool_]  # where the music may go on after a join


def plan_fit(
    samples: Samples,
    rate: int,
    structure: Structure,
    length_s: float,
    *,
    hit_at_s: float | None = None,
    max_plans: int = 3,
    features: Features | None = None,
) -> tuple[FitPlan, ...]:
    """Return the best ways to bring a track to a length, best first; empty if there is none.

    `hit_at_s`: the second at which the loudest moment should fall, as near as bars and tempo allow (`FitPlan.hit_s`).
    """
    if structure.ends_s <= structure.starts_s or length_s <= 0:
        return ()
    planner = _Planner(samples, rate, structure, length_s, hit_at_s, features or find_features(samples, rate))
    return planner.plans(max_plans)


def apply_fit(
    samples: Samples, rate: int, plan: FitPlan, *, phases: Phases | None = None, overwrite: bool = False
) -> Samples:
    """Return the mix or a stem as planned: exactly `plan.length_frames` frames; `phases` as for `stretch`.

    `overwrite`: the samples are not needed any more, and their memory is used.
    """
    fitted, _ = assemble(samples, rate, plan.regions, placed=True, overwrite=overwrite)
    if len(fitted) != plan.length_frames:
        fitted = stretch(fitted, rate, tempo=len(fitted) / plan.length_frames, overwrite=True, phases=phases)
        fade(fitted, rate, in_s=min(CLICK_S, plan.length_frames / rate))  # stretching smears the first attack
    return fitted


class _Planner:
    def __init__(
        self,
        samples: Samples,
        rate: int,
        structure: Structure,
        length_s: float,
        hit_at_s: float | None,
        features: Features,
    ) -> None:
        self._samples = samples
        self._rate = rate
        self._structure = structure
        self._frames = round(length_s * rate)
        self._length_s = self._frames / rate
        self._hit_at_s = hit_at_s
        self._features = features
        self._start_s = max(0.0, structure.starts_s - LEAD_S)
        self._end_s = min(structure.length_s, structure.ends_s + TRAIL_S)
        self._music_starts_s = max(self._start_s, structure.starts_s - GUARD_S)
        self._music_ends_s = min(self._end_s, structure.ends_s + END_GUARD_S)
        kept_end_s = min(KEPT_END_S, (structure.ends_s - structure.starts_s) / 2)
        self._last_cut_s = min(structure.ends_s - kept_end_s, structure.music_ends_s)
        self._ring_room_s = max(0.0, structure.ends_s - kept_end_s - structure.music_ends_s - RING_GUARD_S)
        self._roughest = self._own_roughness()

    def plans(self, count: int) -> tuple[FitPlan, ...]:
        plans = [self._plan_of(points, path) for points, path in self._candidates(fine=False)]
        usable = [plan for plan in plans if plan is not None]
        is_strained = all(abs(plan.tempo - 1) > MAX_TEMPO_CHANGE for plan in usable)
        if is_strained or (self._length_s <= MAX_FINE_S and min(plan.cost for plan in usable) > OFF_BEAT_COST):
            fine = [self._plan_of(points, path) for points, path in self._candidates(fine=True)]
            usable += [plan for plan in fine if plan is not None]
        usable.sort(key=lambda plan: plan.cost)
        unstretched = self._unstretched(usable)
        return tuple(replace(plan, unstretched_lengths_s=unstretched) for plan in _distinct(usable)[:count])

    def _unstretched(self, plans: list[FitPlan]) -> tuple[float, ...]:
        """Return the two nearest lengths at which the planned regions would keep their tempo."""
        lengths = {
            round(sum(region.frames for region in plan.regions) / self._rate, 2) for plan in plans[:ALTERNATIVES]
        }
        return tuple(sorted(sorted(lengths, key=lambda length: abs(length - self._length_s))[:2]))

    # --- ways through the track ---

    def _candidates(self, *, fine: bool) -> Iterator[tuple[_Points, Path]]:
        points = self._points(fine)
        longest_s = self._length_s * (1 + MAX_STRAINED_CHANGE) + self._ring_room_s + 0.1
        run_s = points.bar_s * (1 if self._structure.bars and not fine else 0.5)
        run_s = max(run_s, min(MIN_RUN_S, self._length_s / 6))
        hit = self._hit(points)
        if hit is None:
            finder = PathFinder(points.times, points.cost, longest_s, min(run_s, points.bar_s * 4), points.targets)
            for length_s in self._nearest(*finder.lengths()):
                yield points, finder.path(length_s)
            return
        yield from ((points, path) for path in self._hitting(points, hit, longest_s, run_s))

    def _hit(self, points: _Points) -> int | None:
        """Return the point at or before the loudest moment, if it is to fall on a given second."""
        if self._hit_at_s is None:
            return None
        index = int(np.searchsorted(points.times, self._structure.loudest_s + 1e-3)) - 1
        return index if 0 < index < len(points.times) - 1 else None

    def _hitting(self, points: _Points, hit: int, longest_s: float, run_s: float) -> Iterator[Path]:
        """Yield ways that reach the loudest moment near its second: one to it, joined to one from it."""
        after_point_s = self._structure.loudest_s - float(points.times[hit])
        assert self._hit_at_s is not None
        wanted_s = max(0.0, self._hit_at_s - after_point_s)
        to_hit = PathFinder(
            points.times[: hit + 1],
            points.cost[: hit + 1, : hit + 1],
            wanted_s + 4 * points.bar_s,
            run_s,
            points.targets[: hit + 1],
        )
        rest = slice(hit, None)
        from_hit = PathFinder(points.times[rest], points.cost[rest, rest], longest_s, run_s, points.targets[rest])
        lengths, costs = to_hit.lengths()
        order = np.argsort(costs + HIT_COST * np.abs(lengths - wanted_s))[:3]
        for first in (to_hit.path(float(length)) for length in lengths[order]):
            ends, prices = from_hit.lengths()
            for length_s in self._nearest(ends + first.length_s, prices + first.cost):
                second = from_hit.path(length_s - first.length_s)
                yield _joined(first, second, hit)

    def _nearest(self, lengths: Curve, costs: Curve) -> list[float]:
        """Return the lengths that cost least together with the change of tempo and ring-out they need."""
        total = costs + np.array([self._adjustment_cost(float(length)) for length in lengths])
        order = [index for index in np.argsort(total, kind="stable")[:ALTERNATIVES] if np.isfinite(total[index])]
        return [float(lengths[index]) for index in order]

    def _adjustment_cost(self, length_s: float) -> float:
        tempo, ring_cut_s = self._adjust(length_s)
        return self._tempo_cost(tempo) + RING_COST * (ring_cut_s > 0)

    @staticmethod
    def _tempo_cost(tempo: float) -> float:
        change = abs(tempo - 1)
        if change > MAX_STRAINED_CHANGE:
            return float("inf")
        strain = STRAIN_COST * max(0.0, change - MAX_TEMPO_CHANGE)
        return TEMPO_COST * min(change, MAX_TEMPO_CHANGE) + strain + STRAINED_COST * (strain > 0)

    def _adjust(self, length_s: float) -> tuple[float, float]:
        """Return the tempo and the cut of the ring-out that bring a length to the wanted one, after the silence."""
        excess_s = length_s - self._length_s
        silence_s = self._music_starts_s - self._start_s + self._end_s - self._music_ends_s
        more_s = self._longest_end() / self._rate - self._end_s
        excess_s = max(0.0, excess_s - silence_s) if excess_s > 0 else min(0.0, excess_s + more_s)
        beyond_s = excess_s - self._length_s * MAX_TEMPO_CHANGE
        ring_cut_s = min(self._ring_room_s, beyond_s) if beyond_s > 0 and self._ring_room_s > 0 else 0.0
        return (self._length_s + excess_s - ring_cut_s) / self._length_s, ring_cut_s

    def _points(self, fine: bool) -> _Points:
        structure = self._structure
        inner, phases, bar_s = self._fine_cuts() if fine else self._coarse_cuts()
        is_inside = (inner > self._start_s + MIN_OPENING_S) & (inner <= self._last_cut_s + 1e-6)
        times = np.concatenate([[self._start_s], inner[is_inside], [self._end_s]])
        phase = np.concatenate([[0], phases[is_inside], [0]])
        cost = join_costs(self._features, times, bar_s) + JOIN_COST
        if structure.bars:
            cost += np.select([phase[:, None] % 2 != 0, phase[:, None] != 0], [HALF_BEAT_COST, OFF_BEAT_COST], 0)
            bars = np.round((times[None, :] - times[:, None]) / bar_s).astype(int)
            cost += np.array(PHRASE_COSTS)[bars % 4]
        cost[0] = DROPPED_OPENING_COST
        np.fill_diagonal(cost, 1e9)
        return _Points(times, cost.astype(np.float32), phase, bar_s, phase == 0)

    def _coarse_cuts(self) -> tuple[Curve, NDArray[np.intp], float]:
        bars = np.array(self._structure.bars)
        if len(bars):
            return bars, np.zeros(len(bars), np.intp), float(np.median(np.diff(bars)))
        quiet = np.array(self._structure.quiet_points)
        return quiet, np.zeros(len(quiet), np.intp), NO_PULSE_BAR_S

    def _fine_cuts(self) -> tuple[Curve, NDArray[np.intp], float]:
        """Return every half beat, or a fine grid for tracks without a pulse. Joins still lead to bar lines."""
        structure = self._structure
        if not structure.bars:
            grid = np.arange(self._start_s + FINE_S, self._last_cut_s, FINE_S)
            return grid, np.zeros(len(grid), np.intp), NO_PULSE_BAR_S
        beats, bars = np.array(structure.beats), np.array(structure.bars)
        per_bar = structure.beats_per_bar or 4
        nearest = np.searchsorted(beats, bars[0] - 1e-3)
        phases = 2 * ((np.arange(len(beats)) - nearest) % per_bar)
        halves = np.interp(np.arange(0.5, len(beats) - 1), np.arange(len(beats)), beats)
        order = np.argsort(both := np.concatenate([beats, halves]))
        return both[order], np.concatenate([phases, phases[:-1] + 1])[order], float(np.median(np.diff(bars)))

    # --- from a way to a plan ---

    def _plan_of(self, points: _Points, path: Path) -> FitPlan | None:
        rate = self._rate
        edges = np.round(points.times * rate).astype(int)
        regions = [Region(int(edges[first]), int(edges[last])) for first, last in path.runs]
        frames = sum(region.frames for region in regions)
        _, ring_cut_s = self._adjust(frames / rate)
        if ring_cut_s > 0:
            regions = self._cut_ring(regions, round(ring_cut_s * rate))
        placed = place_joins(self._samples, rate, self._trim_silence(regions))
        frames = sum(region.frames for region in placed)
        tempo = frames / self._frames
        if abs(tempo - 1) > MAX_STRAINED_CHANGE:
            return None
        musical = placed[:-1] if ring_cut_s > 0 else placed
        roughness = self._roughness(musical)
        shifts = [points.phase[left[1]] for left in path.runs[:-1]]
        hit_s = self._hit_s(placed, tempo)
        cost = path.cost + self._tempo_cost(tempo) + RING_COST * (ring_cut_s > 0)
        cost += (ROUGH_COST * (roughness - 1) + ROUGHER_COST) * (roughness > 1)
        if hit_s is not None and self._hit_at_s is not None:
            cost += HIT_COST * abs(hit_s - self._hit_at_s)
        return FitPlan(
            regions=placed,
            tempo=tempo,
            length_frames=self._frames,
            rate=rate,
            joins=_joins(musical, 2 * round(CROSSFADE_S * rate / 2)),
            ring_cut_s=round(ring_cut_s, 3),
            keeps_opening=path.runs[0][0] == 0,
            keeps_ending=path.runs[-1][1] == len(points.times) - 1,
            off_beat_joins=sum(1 for shift in shifts if shift) if self._structure.bars else 0,
            roughness=round(roughness, 2),
            cost=round(cost, 3),
            hit_s=hit_s,
        )

    def _cut_ring(self, regions: Sequence[Region], frames: int) -> list[Region]:
        """Leave out frames right after the last onset; a long crossfade hides how much the sound has decayed."""
        cut_at = round((self._structure.music_ends_s + RING_GUARD_S / 2) * self._rate)
        last = regions[-1]
        rest = Region(cut_at + frames, last.end_frame, RING_CROSSFADE_S)
        return [*regions[:-1], Region(last.start_frame, cut_at), rest]

    def _trim_silence(self, regions: Sequence[Region]) -> list[Region]:
        """Use the silence around the music for what is missing or too much."""
        rate = self._rate
        excess = sum(region.frames for region in regions) - self._frames
        first, last = regions[0], regions[-1]
        end = int(np.clip(last.end_frame - excess, round(self._music_ends_s * rate), self._longest_end()))
        excess -= last.end_frame - end
        start = min(first.start_frame + max(0, excess), max(first.start_frame, round(self._music_starts_s * rate)))
        edges = [replace(first, start_frame=start), *regions[1:]]
        return [*edges[:-1], replace(edges[-1], end_frame=end)]

    def _longest_end(self) -> int:
        structure = self._structure
        return min(len(self._samples), round((structure.ends_s + MAX_TRAIL_S) * self._rate))

    def _own_roughness(self) -> float:
        marks = self._structure.bars or self._structure.quiet_points
        frames = [round(mark * self._rate) for mark in marks]
        return float(np.quantile(flux_at(self._samples, self._rate, frames), ROUGHEST)) if frames else 0.0

    def _roughness(self, regions: Sequence[Region]) -> float:
        """Return the flux of the roughest join against the track's own roughest bar lines."""
        reach = round(0.15 * self._rate)
        worst = 0.0
        for left, right in itertools.pairwise(regions):
            pieces = [
                Region(max(left.start_frame, left.end_frame - reach), left.end_frame),
                replace(right, end_frame=min(right.end_frame, right.start_frame + reach)),
            ]
            sound, _ = assemble(self._samples, self._rate, pieces, placed=True)
            worst = max(worst, float(flux_at(sound, self._rate, [pieces[0].frames])[0]))
        return worst / self._roughest if self._roughest > 0 else 0.0

    def _hit_s(self, regions: Sequence[Region], tempo: float) -> float | None:
        loudest, played = round(self._structure.loudest_s * self._rate), 0
        times: list[float] = []
        for region in regions:
            if region.start_frame <= loudest < region.end_frame:
                times.append((played + loudest - region.start_frame) / self._rate / tempo)
            played += region.frames
        wanted_s = self._hit_at_s or 0.0
        nearest = min(times, key=lambda time_s: abs(time_s - wanted_s), default=None)
        return None if nearest is None else round(nearest, 3)


def _joins(regions: Sequence[Region], crossfade_frames: int) -> tuple[Join, ...]:
    joins, played = [], 0
    for left, right in itertools.pairwise(regions):
        played += left.frames
        joins.append(Join(played, left.end_frame, right.start_frame, crossfade_frames))
    return tuple(joins)


def _joined(first: Path, second: Path, hit: int) -> Path:
    """Return one way after the other; the second one begins at point `hit`, where the first one ends."""
    later = tuple((start + hit, end + hit) for start, end in second.runs)
    runs = (
        (*first.runs[:-1], (first.runs[-1][0], later[0][1]), *later[1:]) if later[0][0] == hit else first.runs + later
    )
    return Path(runs, first.cost + second.cost, first.length_s + second.length_s)


def _distinct(plans: list[FitPlan]) -> list[FitPlan]:
    """Return the plans without those that only repeat a better one's number of joins and tempo."""
    chosen: list[FitPlan] = []
    for plan in plans:
        key = (len(plan.joins), round(plan.tempo, 3))
        if key not in [(len(other.joins), round(other.tempo, 3)) for other in chosen]:
            chosen.append(plan)
    return chosen
