"""A track in words, as codes and numbers that callers turn into sentences: what happens when.

opening        how it begins           level: soft, medium or loud; tone: dark, warm or bright; rhythm: bool
rhythm_enters  attacks set in          percussion: 0..1
rhythm_leaves  attacks stop            percussion: 0..1
grows, falls   louder or softer        by_db
loudest        the loudest moment      level_db
ending         how it ends             how: rings_out, stops or fades; ring_s
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from generator.audio.structure.model import Section, Structure

SOFT_DB, LOUD_DB = -9.0, -4.0  # below the loudest moment
DARK_HZ, BRIGHT_HZ = 500.0, 1500.0
MIN_CHANGE_DB = 3.0
MIN_RHYTHM_CHANGE, RHYTHM = 0.15, 0.2
MIN_RING_S, FADE_DB = 1.0, 24.0

Value = str | float | bool


@dataclass(frozen=True)
class Remark:
    code: str
    at_s: float
    values: Mapping[str, Value] = field(default_factory=dict)


def describe(structure: Structure) -> tuple[Remark, ...]:
    """Return what happens in a track, in order of time; empty for silence."""
    if not structure.sections:
        return ()
    remarks = [_opening(structure), *_changes(structure.sections), _loudest(structure)]
    return (*sorted(remarks, key=lambda remark: remark.at_s), _ending(structure))


def _opening(structure: Structure) -> Remark:
    first = structure.sections[0]
    below = first.level_db - structure.loudest_db
    level = "soft" if below < SOFT_DB else "loud" if below > LOUD_DB else "medium"
    hertz = first.brightness_hz
    tone = "dark" if hertz < DARK_HZ else "bright" if hertz > BRIGHT_HZ else "warm"
    values: dict[str, Value] = {"level": level, "tone": tone, "rhythm": first.percussion >= RHYTHM}
    return Remark("opening", first.start_s, values)


def _changes(sections: tuple[Section, ...]) -> Iterator[Remark]:
    for before, after in itertools.pairwise(sections):
        rhythm = after.percussion - before.percussion
        louder_db = round(after.level_db - before.level_db, 1)
        if abs(rhythm) >= MIN_RHYTHM_CHANGE and min(before.percussion, after.percussion) < RHYTHM:
            code = "rhythm_enters" if rhythm > 0 else "rhythm_leaves"
            yield Remark(code, after.start_s, {"percussion": after.percussion})
        elif abs(louder_db) >= MIN_CHANGE_DB:
            yield Remark("grows" if louder_db > 0 else "falls", after.start_s, {"by_db": louder_db})


def _loudest(structure: Structure) -> Remark:
    return Remark("loudest", structure.loudest_s, {"level_db": structure.loudest_db})


def _ending(structure: Structure) -> Remark:
    ring_s = round(structure.ends_s - structure.music_ends_s, 2)
    how = "rings_out" if ring_s >= MIN_RING_S else "fades" if structure.end_drop_db >= FADE_DB else "stops"
    return Remark("ending", structure.music_ends_s, {"how": how, "ring_s": ring_s})
