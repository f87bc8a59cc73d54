"""Regions of a track joined into one sound, at an exact length.

A crossfade borrows material from beyond the region's end and from before the next one's beginning; it never changes the
length. Where a join lies and how its gains run is decided once, on the mix (`place_joins`), and kept in the regions, so
that every stem of a track can be cut in the very same way and still add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import scipy

from generator.audio.editing.blocks import Samples, move, shorten

CROSSFADE_S = 0.03
SEARCH_S = 0.01  # how far from its place a join may move to a quieter point
WINDOW_S = 0.005  # over which quietness is measured


@dataclass(frozen=True)
class Region:
    """Frames [start, end) of the source. The last two fields concern the join with the region before it."""

    start_frame: int
    end_frame: int
    crossfade_s: float | None = None  # None: the assembly's own
    correlation: float = 0.0  # of the two sides: 0 asks for equal power, 1 for equal gain

    @property
    def frames(self) -> int:
        return self.end_frame - self.start_frame


@dataclass(frozen=True)
class Join:
    frame: int  # in the assembled sound
    left_frame: int  # in the source: what would have followed
    right_frame: int  # in the source: what follows instead
    crossfade_frames: int


def assemble(
    samples: Samples,
    rate: int,
    regions: Sequence[Region],
    *,
    crossfade_s: float = CROSSFADE_S,
    placed: bool = False,
    overwrite: bool = False,
) -> tuple[Samples, tuple[Join, ...]]:
    """Return the regions one after the other, and where they are joined; the length is the sum of the regions.

    `placed`: the regions come from `place_joins`; otherwise joins are moved to the quietest point nearby first.
    `overwrite`: the samples are not needed any more; regions in the order of the track are then joined in their memory.
    """
    if not placed:
        regions = place_joins(samples, rate, regions)
    total = sum(region.frames for region in regions)
    joins, crossfades = [], []
    at = 0
    for left, right in pairwise(regions):
        at += left.frames
        if left.end_frame == right.start_frame:
            continue
        seconds = crossfade_s if right.crossfade_s is None else right.crossfade_s
        half = _half_width(len(samples), left, right, round(seconds * rate / 2))
        crossfades.append(_crossfade(samples, left.end_frame, right.start_frame, half, right.correlation))
        joins.append(Join(at, left.end_frame, right.start_frame, 2 * half))
    is_ordered = all(left.end_frame <= right.start_frame for left, right in pairwise(regions))
    out = samples if overwrite and is_ordered else np.empty((total, samples.shape[1]), np.float32)
    at = 0
    for region in regions:
        if out is samples:
            move(samples, region.start_frame, at, region.frames)
        else:
            out[at : at + region.frames] = samples[region.start_frame : region.end_frame]
        at += region.frames
    for join, crossfade in zip(joins, crossfades, strict=True):
        half = join.crossfade_frames // 2
        out[join.frame - half : join.frame + half] = crossfade
    return (shorten(samples, total) if out is samples else out), tuple(joins)


def trace(regions: Sequence[Region], source: Sequence[Region]) -> tuple[Region, ...]:
    """Return regions of an assembled sound as regions of the track it was assembled from (`source`)."""
    traced: list[Region] = []
    for region in regions:
        played, pieces = 0, []
        for part in source:
            first, last = max(region.start_frame, played), min(region.end_frame, played + part.frames)
            if last > first:
                start, end = part.start_frame + first - played, part.start_frame + last - played
                pieces.append(replace(part, start_frame=start, end_frame=end))
            played += part.frames
        if pieces:
            pieces[0] = replace(pieces[0], crossfade_s=region.crossfade_s, correlation=region.correlation)
        traced += pieces
    return tuple(traced)


def _half_width(frames: int, left: Region, right: Region, wanted: int) -> int:
    """Return half of the crossfade, limited by the regions and by what the source has beyond them."""
    return max(0, min(wanted, left.frames // 2, right.frames // 2, right.start_frame, frames - left.end_frame))


def _crossfade(samples: Samples, left: int, right: int, half: int, correlation: float) -> Samples:
    fade_out, fade_in = crossfade_gains(2 * half, correlation)
    before = samples[left - half : left + half]
    after = samples[right - half : right + half]
    return add_faded(before, fade_out, after, fade_in)


def add_faded(before: Samples, fade_out: Samples, after: Samples, fade_in: Samples) -> Samples:
    """Return the sum of two sounds of shape (frames, channels), each with its gains of shape (frames,)."""
    out = np.empty_like(before)
    for channel in range(before.shape[-1]):
        np.add(before[:, channel] * fade_out, after[:, channel] * fade_in, out=out[:, channel])
    return out


def crossfade_gains(frames: int, correlation: float = 0.0) -> tuple[Samples, Samples]:
    """Return the gains, float32, of a crossfade that keeps the power of two sounds of this correlation."""
    angles = (np.arange(frames, dtype=np.float32) + np.float32(0.5)) * np.float32(np.pi / 2 / max(1, frames))
    fade_out, fade_in = np.cos(angles), np.sin(angles)
    power = 1 + np.float32(2 * max(0.0, correlation)) * fade_out * fade_in
    return fade_out / np.sqrt(power), fade_in / np.sqrt(power)


def place_joins(samples: Samples, rate: int, regions: Sequence[Region]) -> tuple[Region, ...]:
    """Return the regions with every join moved to the quietest point nearby; the total length stays."""
    placed = list(regions)
    for number in range(1, len(placed)):
        left, right = placed[number - 1], placed[number]
        if left.end_frame == right.start_frame:
            continue
        shift = _quietest(samples, rate, left, right)
        half = round((CROSSFADE_S if right.crossfade_s is None else right.crossfade_s) * rate / 2)
        placed[number - 1] = replace(left, end_frame=left.end_frame + shift)
        moved = right.start_frame + shift
        likeness = _correlation(samples, left.end_frame + shift, moved, half)
        placed[number] = replace(right, start_frame=moved, correlation=likeness)
    return tuple(placed)


def _quietest(samples: Samples, rate: int, left: Region, right: Region) -> int:
    """Return the shift in frames at which both sides are quietest."""
    reach, window = round(SEARCH_S * rate), max(1, round(WINDOW_S * rate))
    reach = min(reach, left.frames // 4, right.frames // 4, right.start_frame, len(samples) - left.end_frame)
    if reach < window:
        return 0
    sides = [samples[frame - reach : frame + reach] for frame in (left.end_frame, right.start_frame)]
    power = sum(np.einsum("ij,ij->i", side, side) for side in sides)
    smooth = scipy.ndimage.uniform_filter1d(np.asarray(power, np.float64), window)
    return int(np.argmin(smooth)) - reach


def _correlation(samples: Samples, left: int, right: int, half: int) -> float:
    half = min(half, left, right, len(samples) - left, len(samples) - right)
    if half < 2:
        return 0.0
    mono = np.full(samples.shape[1], 1 / samples.shape[1])
    before, after = (samples[frame - half : frame + half] @ mono for frame in (left, right))
    energy = float(np.sqrt((before**2).sum() * (after**2).sum()))
    return round(float(np.clip((before * after).sum() / energy, 0, 1)), 3) if energy > 0 else 0.0
