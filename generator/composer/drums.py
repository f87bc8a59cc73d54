"""The drummer: a groove for each section's energy, ghost notes that vary, fills, crashes on arrival."""

import random
from collections.abc import Iterator

from generator.composer.feel import swung
from generator.composer.form import BEATS, Form, Section
from generator.composer.notes import Hit
from generator.composer.styles import Groove, Style

STRENGTH = {"x": 0.9, "o": 0.62, "g": 0.32}
STEPS = 16
FILL_KITS = {
    "brushes": ("snare", "snare"),
    "bossa": ("rim", "rim"),
    "hand": ("rim", "tamb"),
    "house": ("clap", "snare"),
    "world": ("conga", "tumba"),
    "cinematic": ("tom", "floor"),
    "rock": ("snare", "floor"),
}


def play_drums(style: Style, form: Form, dice: random.Random) -> Iterator[Hit]:
    """Play the style's grooves through a form."""
    playing = False
    for index, section in enumerate(form.sections):
        if section.energy < style.drums_enter or not any(style.grooves):
            playing = False
            continue
        groove = style.grooves[_level(section.energy, len(style.grooves))]
        before = form.sections[index - 1].energy if index else 0.0
        if index and (section.energy - before > 0.1 or not playing) and section.energy > 0.5 and "crash" not in groove:
            yield Hit(section.first_bar * float(BEATS), "crash", 0.55)
        after = form.sections[index + 1] if index + 1 < len(form.sections) else None
        for bar in range(section.first_bar, section.last_bar + 1):
            fills = bar == section.last_bar and after is not None and section.bars > 1 and section.energy > 0.4
            yield from _bar(style, groove, bar, dice, cut=12 if fills else STEPS)
            if fills:
                yield from _fill(style, bar, section, dice)
        playing = True
    if playing and not form.loop:
        yield Hit(form.bars * float(BEATS), "kick" if style.kit != "brushes" else "ride", 0.6)
        yield Hit(form.bars * float(BEATS), "crash", 0.4)


def _level(energy: float, grooves: int) -> int:
    return min(grooves - 1, 0 if energy < 0.42 else 1 if energy < 0.66 else 2)


def _bar(style: Style, groove: Groove, bar: int, dice: random.Random, cut: int) -> Iterator[Hit]:
    for drum, steps in groove.items():
        for step, mark in enumerate(steps[:STEPS]):
            if mark == "." or (step >= cut and drum in ("snare", "clap", "tom", "hat", "open")):
                continue
            if mark == "g" and dice.random() < 0.25:  # ghosts come and go, as a hand's do
                continue
            yield Hit(swung(bar * BEATS + step / 4, style), drum, STRENGTH[mark] * dice.uniform(0.88, 1.06))


def _fill(style: Style, bar: int, section: Section, dice: random.Random) -> Iterator[Hit]:
    first, second = FILL_KITS.get(style.kit, ("snare", "tom"))
    steps = dice.choice(((12, 14, 15), (12, 13, 14, 15), (13, 14, 15), (12, 15)))
    for number, step in enumerate(steps):
        drum = first if number < len(steps) / 2 else second
        yield Hit(swung(bar * BEATS + step / 4, style), drum, (0.45 + 0.12 * number) * (0.7 + 0.4 * section.energy))
