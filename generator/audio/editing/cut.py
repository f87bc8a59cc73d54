"""Cuts: which frames of a track are kept, with edges on bar lines or beats, and what is then known of the result."""

from collections.abc import Sequence
from dataclasses import replace

from generator.audio.editing.assemble import Region
from generator.audio.editing.recipe import Cut, RecipeError
from generator.audio.structure import Section, Structure

MAX_OVERHANG_S = 0.1  # a region may be this much longer than the track: its length was shown rounded


def plan_regions(step: Cut, frames: int, rate: int, structure: Structure | None) -> tuple[Region, ...]:
    """Return the regions of a cut in frames; edges snap to the nearest bar line or beat, where the track has them.

    Raises:
        RecipeError: `beyond_end`, a region lies after the end.
    """
    length_s = frames / rate
    points = _snap_points(step.snap, structure)
    regions = []
    for number, (start, end) in enumerate(step.regions):
        if start >= length_s or end > length_s + MAX_OVERHANG_S:
            raise RecipeError("beyond_end", f"cut.regions[{number}]", length_s=round(length_s, 3))
        first, last = (_snap(edge, length_s, points) for edge in (start, end))
        if last <= first:  # shorter than a bar: up to the next point
            last = min((point for point in (*points, length_s) if point > first), default=length_s)
        regions.append(Region(round(first * rate), min(frames, round(last * rate))))
    return tuple(regions)


def _snap_points(snap: str, structure: Structure | None) -> tuple[float, ...]:
    if structure is None or snap == "none":
        return ()
    return structure.beats if snap == "beat" and structure.beats else structure.cut_points


def _snap(edge: float, length_s: float, points: Sequence[float]) -> float:
    """Return the nearest point; the beginning and the end of the track are points, too."""
    return min((*points, 0.0, length_s), key=lambda point: abs(point - edge)) if points else min(edge, length_s)


def cut_structure(structure: Structure, regions: Sequence[Region], rate: int) -> Structure:
    """Return what is known of the joined regions, on their own time line."""
    spans = [(region.start_frame / rate, region.end_frame / rate) for region in regions]
    offsets = [sum(end - start for start, end in spans[:number]) for number in range(len(spans))]
    length_s = sum(end - start for start, end in spans)

    def moved(times: Sequence[float]) -> tuple[float, ...]:
        return tuple(
            offset + time - start
            for (start, end), offset in zip(spans, offsets, strict=True)
            for time in times
            if start <= time < end
        )

    sections = tuple(
        replace(
            section,
            start_s=offset + max(section.start_s, start) - start,
            end_s=offset + min(section.end_s, end) - start,
        )
        for (start, end), offset in zip(spans, offsets, strict=True)
        for section in structure.sections
        if section.start_s < end and section.end_s > start
    )
    return replace(
        structure,
        length_s=length_s,
        beats=moved(structure.beats),
        bars=moved(structure.bars),
        quiet_points=moved(structure.quiet_points),
        sections=sections,
        loudest_s=_first(moved([structure.loudest_s]), _loudest(sections)),
        music_ends_s=_last(moved([structure.music_ends_s]), length_s),
        starts_s=_first(moved([structure.starts_s]), 0.0),
        ends_s=_last(moved([structure.ends_s]), length_s),
    )


def _loudest(sections: Sequence[Section]) -> float:
    return max(sections, key=lambda section: section.level_db).start_s if sections else 0.0


def _first(times: Sequence[float], default: float) -> float:
    return times[0] if times else default


def _last(times: Sequence[float], default: float) -> float:
    return times[-1] if times else default
