"""The drummer: a groove for each section's energy, ghost notes that vary, fills, what announces a fuller section.

riser   noise that climbs through two bars, for machines
swell   a cymbal rolled towards the arrival
boom    a low blow on the arrival
"""

import random
from collections.abc import Iterator

from generator.composer.chance import Chance
from generator.composer.endings import STOPS, last_strokes
from generator.composer.feel import swung
from generator.composer.form import Form, Section
from generator.composer.kits import RISE_S
from generator.composer.notes import Hit
from generator.composer.styles import Groove, Style

STRENGTH = {"x": 0.9, "o": 0.62, "g": 0.32}
FILL_KITS = {
    "brushes": ("snare", "snare"),
    "bossa": ("rim", "rim"),
    "hand": ("rim", "tamb"),
    "house": ("clap", "snare"),
    "world": ("conga", "tumba"),
    "cinematic": ("tom", "floor"),
    "rock": ("snare", "floor"),
}
FILLS = ((0, 2, 3), (0, 1, 2, 3), (1, 2, 3), (0, 3))  # sixteenths of the last beat
LONG_FILLS = ((-4, -2, -1, 0, 1, 2, 3), (-4, -3, -2, 0, 1, 3), (-2, -1, 0, 2, 3))  # before a chorus they begin earlier
FULLER = (0.42, 0.66, 0.86)  # energies from which the next groove of a style is played
ARRIVES = 0.1  # how much fuller a section is that is announced


def play_drums(style: Style, form: Form, ending: str, chance: Chance) -> Iterator[Hit]:
    """Play the style's grooves through a form."""
    grooves = style.grooves if form.beats == 4 else style.three or tuple(_of_three(one) for one in style.grooves)
    playing = False
    for index, section in enumerate(form.sections):
        dice = chance.of("drums", section.id)
        before = form.sections[index - 1].energy if index else section.energy
        arrives = index > 0 and section.energy - before > ARRIVES and section.energy > 0.45
        plays = section.energy >= style.drums_enter and any(grooves)
        if arrives and (plays or playing):
            yield from _announced(style, form, section)
        if not plays:
            playing = False
            continue
        groove = grooves[_level(section.energy, len(grooves))]
        if index and (arrives or not playing) and section.energy > 0.5 and "crash" not in groove:
            yield Hit(_at(form, section.first_bar), "crash", 0.55)
        after = form.sections[index + 1] if index + 1 < len(form.sections) else None
        yield from _section(style, form, section, after, groove, dice)
        playing = True
    if playing and not form.loop:
        yield from last_strokes(style, form, ending)


def _of_three(groove: Groove) -> Groove:
    """A groove of four beats without its third, for styles that have none in three."""
    return {drum: steps[:8] + steps[12:16] for drum, steps in groove.items()}


def _at(form: Form, bar: int) -> float:
    return float(bar * form.beats)


def _section(
    style: Style, form: Form, section: Section, after: Section | None, groove: Groove, dice: random.Random
) -> Iterator[Hit]:
    for bar in range(section.first_bar, section.last_bar + 1):
        goes_on = after is None or after.into > 0
        fills = bar == section.last_bar and not goes_on and section.bars > 1 and section.energy > 0.4
        big = fills and after is not None and after.energy - section.energy > ARRIVES
        fill = dice.choice(LONG_FILLS if big else FILLS)
        steps = form.beats * 4
        yield from _bar(style, groove, _at(form, bar), steps, dice, cut=steps - 4 + min(fill) if fills else steps)
        if fills:
            yield from _fill(style, _at(form, bar) + form.beats - 1, fill, section)


def _level(energy: float, grooves: int) -> int:
    return min(grooves - 1, sum(energy >= edge for edge in FULLER))


def _bar(style: Style, groove: Groove, start: float, count: int, dice: random.Random, cut: int) -> Iterator[Hit]:
    for drum, steps in groove.items():
        for step, mark in enumerate(steps[:count]):
            if mark == ".":
                continue
            ghosted, strength = dice.random() < 0.25, STRENGTH[mark] * dice.uniform(0.88, 1.06)
            if step >= cut and drum in ("snare", "clap", "tom", "hat", "open"):
                continue
            if mark == "g" and ghosted:  # ghosts come and go, as a hand's do
                continue
            yield Hit(swung(start + step / 4, style), drum, strength)


def _fill(style: Style, beat: float, fill: tuple[int, ...], section: Section) -> Iterator[Hit]:
    first, second = FILL_KITS.get(style.kit, ("snare", "tom"))
    for number, step in enumerate(fill):
        drum = first if number < len(fill) / 2 else second
        strength = (0.45 + 0.4 * number / len(fill)) * (0.7 + 0.4 * section.energy)
        yield Hit(swung(beat + step / 4, style), drum, strength)


def _announced(style: Style, form: Form, section: Section) -> Iterator[Hit]:
    """What leads to a section ends just where it begins."""
    arrival = _at(form, section.first_bar)
    for name in style.rises:
        start = arrival - RISE_S.get(name, 0.0) / form.beat_s
        if start >= 0:
            yield Hit(start, name, 0.35 + 0.4 * section.energy)


def broken_off(hits: list[Hit], form: Form, ending: str) -> list[Hit]:
    """Before a stop the drummer strikes the break's beginning and then waits."""
    if ending != "stop":
        return hits
    silent = form.end - STOPS
    kept = [hit for hit in hits if not silent + 0.01 < hit.start < form.end - 0.01]
    return kept
