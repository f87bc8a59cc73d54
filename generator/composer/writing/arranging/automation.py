"""Automation of level and brightness: where each player grows, opens, fades and closes.

Points are in beats; between them the gain moves linearly as a factor and the cutoff linearly in octaves.
"""

from collections.abc import Iterable, Iterator

from generator.composer.styles import Part
from generator.composer.writing.arranging.arcs import OPEN_HZ
from generator.composer.writing.arranging.arrangement import Arrangement, Unit
from generator.composer.writing.notes import AutomationPoint

JUMP_BEATS = 0.05  # time in which a value changes from one unit to the next
MIN_FILTERED_BARS = 8  # shorter pieces are not filtered
SECTION_GAINS_DB = {
    "intro": (-3.0, -1.0),
    "A": (-1.0, -0.5),
    "break": (-3.0, -2.0),
    "build": (-4.0, 0.5),
    "outro": (0.0, -3.5),
}  # dB at the start and the end of a section, for accompaniment; others 0
SWELL_DB = 5.0  # by which a pad that joins grows over its first bars
SWELL_BEATS = 6.0
DRUMS_SHARE = 0.4  # share of the changes of level that drums make


def automate(arrangement: Arrangement, parts: Iterable[tuple[str, Part]]) -> dict[str, tuple[AutomationPoint, ...]]:
    """Return the points of every player whose level or brightness changes, by name; drums are "drums"."""
    if arrangement.is_drawn:
        return {}
    roles = [*((name, part.role) for name, part in parts), ("drums", "drums")]
    automation = {}
    for name, role in roles:
        points = tuple(_points(arrangement, name, role))
        if any(point.gain_db or point.cutoff_hz < OPEN_HZ for point in points):
            automation[name] = points
    return automation


def _points(arrangement: Arrangement, name: str, role: str) -> Iterator[AutomationPoint]:
    beats = arrangement.form.beats
    was_playing = False
    for unit in arrangement.units:
        if name not in unit.players:
            was_playing = False
            continue
        start, end = unit.first_bar * float(beats), unit.end_bar * float(beats)
        gains, cutoffs = _gains(unit, role), _cutoffs(arrangement, unit, role)
        joins = role == "pad" and not was_playing and unit.first_bar > 0
        yield AutomationPoint(start, gains[0] - SWELL_DB * joins, cutoffs[0])
        if joins:
            middle = min(start + SWELL_BEATS, (start + end) / 2)
            share = (middle - start) / (end - start)
            cutoff = cutoffs[0] * (cutoffs[1] / cutoffs[0]) ** share
            yield AutomationPoint(middle, gains[0] + (gains[1] - gains[0]) * share, cutoff)
        yield AutomationPoint(end - JUMP_BEATS, gains[1], cutoffs[1])
        was_playing = True


def _gains(unit: Unit, role: str) -> tuple[float, float]:
    """Return the gain at the start and end of a unit, dB."""
    if role == "lead":
        return 0.0, 0.0
    first, last = SECTION_GAINS_DB.get(unit.section.name, (0.0, 0.0))
    if unit.section.rise:
        first, last = SECTION_GAINS_DB["build"]
    share = DRUMS_SHARE if role == "drums" else 1.0
    begin, end = _shares(unit)
    return share * (first + (last - first) * begin), share * (first + (last - first) * end)


def _cutoffs(arrangement: Arrangement, unit: Unit, role: str) -> tuple[float, float]:
    """Return the cutoff at the start and end of a unit, Hz."""
    sweep = arrangement.arc.sweeps.get(unit.section.name)
    if not sweep or role not in sweep.roles or arrangement.form.bars < MIN_FILTERED_BARS:
        return OPEN_HZ, OPEN_HZ
    begin, end = _shares(unit)
    ratio = sweep.end_hz / sweep.start_hz
    return sweep.start_hz * ratio**begin, sweep.start_hz * ratio**end


def _shares(unit: Unit) -> tuple[float, float]:
    """Return where a unit begins and ends within its section, 0..1."""
    whole = unit.section.whole or unit.section.bars
    begin = unit.section.into + unit.first_bar - unit.section.first_bar
    return min(1.0, begin / whole), min(1.0, (begin + unit.bars) / whole)
