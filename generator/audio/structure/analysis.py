"""The whole measurement: from samples to the structure of a track."""

import numpy as np

from generator.audio.structure import endings
from generator.audio.structure.beats import find_pulse
from generator.audio.structure.downbeats import Grid, find_grid
from generator.audio.structure.features import Curve, Features, Samples, find_features
from generator.audio.structure.model import Structure
from generator.audio.structure.sections import find_sections

EDGE_S = 0.1  # beats this far outside the music still count
MIN_BARS = 4


def find_structure(samples: Samples, rate: int, features: Features | None = None) -> Structure:
    """Measure the structure of a sound of shape (frames, channels); about half a second per minute of music."""
    features = features or find_features(samples, rate)
    start_s, end_s = endings.audible_range(features)
    if end_s <= start_s:
        return Structure(len(samples) / rate, None, (), (), None, (), 0.0, 0.0, 0.0)
    loudest_s, loudest_db = endings.loudest_moment(features)
    music_ends_s = endings.last_onset_end(features, end_s)
    pulse = find_pulse(features)
    grid = find_grid(features, pulse) if pulse else None
    beats = _within(grid.beats, start_s, music_ends_s) if grid else ()
    bars = _within(grid.bars, start_s, music_ends_s) if grid else ()
    if len(bars) < MIN_BARS:
        grid, beats, bars = None, (), ()
    return Structure(
        length_s=len(samples) / rate,
        bpm=_bpm(grid) if grid else None,
        beats=beats,
        bars=bars,
        beats_per_bar=grid.beats_per_bar if grid else None,
        sections=find_sections(features, bars, start_s, end_s),
        loudest_s=round(loudest_s, 3),
        music_ends_s=round(music_ends_s, 3),
        confidence=round(pulse.confidence, 2) if pulse and grid else 0.0,
        quiet_points=() if grid else endings.quiet_points(features, start_s, music_ends_s),
        starts_s=round(start_s, 3),
        ends_s=round(end_s, 3),
        loudest_db=round(loudest_db, 1),
        end_drop_db=round(endings.end_drop(features, end_s, loudest_db), 1),
    )


def _within(times: Curve, start_s: float, end_s: float) -> tuple[float, ...]:
    return tuple(round(float(time), 4) for time in times if start_s - EDGE_S <= time <= end_s + EDGE_S)


def _bpm(grid: Grid) -> float:
    return round(60 / float(np.median(np.diff(grid.beats))), 2)
