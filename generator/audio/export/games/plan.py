"""Which loop and which sections of a track a game gets: decided once, on the mix, and applied to every stem alike."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generator.audio.editing.blocks import Samples
from generator.audio.editing.loop import LoopCandidate, find_loops, loop_between, make_loop
from generator.audio.editing.marks import Cue, Marks
from generator.audio.export.games.names import engine_name, unused
from generator.audio.structure import Structure

MIN_LOOP_S, MAX_LOOP_S = 8.0, 60.0
MIN_SECTION_S, MIN_SECTION_BARS = 4.0, 2
MAX_SECTIONS = 32  # AudioStreamInteractive takes 63 clips
LEAD_S, MAX_UPBEAT_S = 0.05, 4.0  # before the entry: attacks begin before their beat; the first section's upbeat
TAIL_S = 2.0  # after the exit, where the music rings on
ENTRY, EXIT = "Entry", "Exit"


@dataclass(frozen=True)
class Grid:
    """The pulse of a passage of a whole number of bars; `bpm` fits its length exactly."""

    bpm: float
    beats_per_bar: int
    bars: int


@dataclass(frozen=True)
class GameSection:
    """A section from its entry to its exit. The last one may be the track's ending, which does not loop."""

    name: str
    loop: LoopCandidate
    grid: Grid | None
    lead_frames: int  # before the entry: an upbeat, or the attack of the first note
    is_ending: bool = False

    @property
    def frames(self) -> int:
        return self.loop.end_frame - self.loop.start_frame


@dataclass(frozen=True)
class GamePlan:
    rate: int
    loop: LoopCandidate | None  # None: the track has no room for a loop
    grid: Grid | None  # of the loop
    sections: tuple[GameSection, ...]


def plan_game(
    samples: Samples,
    rate: int,
    structure: Structure,
    min_loop_s: float = MIN_LOOP_S,
    max_loop_s: float = MAX_LOOP_S,
) -> GamePlan:
    """Return the loop and the sections of a mix (frames, channels)."""
    longest_s = min(max_loop_s, max(min_loop_s, structure.ends_s - structure.starts_s))
    loops = find_loops(samples, rate, structure, min_loop_s, longest_s, max_loops=1)
    loop = loops[0] if loops else None
    grid = _grid(loop, rate, structure) if loop else None
    return GamePlan(rate, loop, grid, _sections(samples, rate, structure))


def section_loop(samples: Samples, section: GameSection) -> Samples:
    """Return a section as a loop, what follows it folded over its beginning; the ending as it is, to its last sound."""
    if section.is_ending:
        return samples[section.loop.start_frame : section.loop.end_frame].copy()
    return make_loop(samples, 0, section.loop)


def section_with_cues(samples: Samples, rate: int, section: GameSection) -> tuple[Samples, Marks]:
    """Return a section with what leads in and what rings on, and its entry and exit cues."""
    start, end = section.loop.start_frame, section.loop.end_frame
    first = start - section.lead_frames
    last = end if section.is_ending else min(len(samples), end + round(TAIL_S * rate))
    sound = samples[first:last].copy()
    lead, tail = start - first, last - end
    rise = min(lead, round(LEAD_S * rate))
    sound[:rise] *= np.linspace(0, 1, rise, endpoint=False, dtype=np.float32)[:, None]
    sound[len(sound) - tail :] *= np.linspace(1, 0, tail, dtype=np.float32)[:, None] ** 2
    return sound, Marks(None, (Cue(lead, ENTRY), Cue(max(lead, end - first - section.is_ending), EXIT)))


def _grid(loop: LoopCandidate, rate: int, structure: Structure) -> Grid | None:
    if not loop.bars or not structure.beats_per_bar:
        return None
    minutes = (loop.end_frame - loop.start_frame) / rate / 60
    return Grid(loop.bars * structure.beats_per_bar / minutes, structure.beats_per_bar, loop.bars)


def _sections(samples: Samples, rate: int, structure: Structure) -> tuple[GameSection, ...]:
    bounds = _bounds(structure)
    bar_s = float(np.median(np.diff(structure.bars))) if len(structure.bars) > 1 else None
    taken: set[str] = set()
    made = []
    for number, (start_s, end_s, label) in enumerate(bounds):
        is_ending = number == len(bounds) - 1
        loop = loop_between(samples, rate, start_s, end_s, bar_s)
        if is_ending:
            loop = LoopCandidate(loop.start_frame, min(len(samples), round(end_s * rate)), 0, 0.0, 0, 0.0)
        grid = None if is_ending else _grid(loop, rate, structure)
        if is_ending and structure.bpm and structure.beats_per_bar:
            grid = Grid(structure.bpm, structure.beats_per_bar, 0)
        lead_s = LEAD_S if number else min(MAX_UPBEAT_S, max(LEAD_S, start_s - structure.starts_s + LEAD_S))
        lead_frames = min(loop.start_frame, round(lead_s * rate))
        name = unused(engine_name(label.capitalize(), "Part"), taken)
        made.append(GameSection(name, loop, grid, lead_frames, is_ending))
    return tuple(made)


def _bounds(structure: Structure) -> list[tuple[float, float, str]]:
    """Return (start, end, label) of the sections, moved to the nearest bar lines; short ones join their neighbor."""
    if not structure.sections:
        return []
    points = [point for point in structure.cut_points if structure.starts_s - 0.05 <= point < structure.ends_s]
    bar_s = float(np.median(np.diff(points))) if structure.bars and len(points) > 1 else 0.0
    shortest_s = max(MIN_SECTION_S, MIN_SECTION_BARS * bar_s)
    starts: list[tuple[float, str]] = []
    for section in structure.sections[: MAX_SECTIONS * 4]:
        start_s = _nearest(points, section.start_s)
        if not starts or start_s - starts[-1][0] >= shortest_s - 1e-3:
            starts.append((start_s, section.label))
    end_s = min(structure.length_s, structure.ends_s + 0.3)
    while len(starts) > 1 and (end_s - starts[-1][0] < shortest_s or len(starts) > MAX_SECTIONS):
        starts.pop()
    times = [*(start for start, _ in starts), end_s]
    return [(*span, label) for span, (_, label) in zip(itertools.pairwise(times), starts, strict=True)]


def _nearest(points: Sequence[float], moment: float) -> float:
    return min(points, key=lambda point: abs(point - moment)) if points else moment
