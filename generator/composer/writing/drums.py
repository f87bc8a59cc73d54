"""The drummer: a groove per unit's energy, varied bars, generated fills, and rises into fuller sections.

riser   noise sweeping up through two bars, for electronic styles
swell   a cymbal roll into the arrival
boom    a low hit on the arrival
"""

import random
from collections.abc import Iterator

from generator.composer.sound.drum_kits import RISE_S
from generator.composer.styles import Groove, Style
from generator.composer.writing.arranging.arrangement import DRUMS, MIN_ARRIVAL_RISE, Arrangement, Unit
from generator.composer.writing.endings import STOP_BEATS, last_strokes
from generator.composer.writing.form import Form
from generator.composer.writing.humanize import swing
from generator.composer.writing.notes import Hit
from generator.composer.writing.rng import RngFactory

STRENGTHS = {"x": 0.9, "o": 0.62, "g": 0.32, "r": 0.55, "t": 0.5}
ROLLS = {"r": (2, 1), "t": (3, 2)}  # strokes, and the sixteenths that they fill
FILL_KITS = {
    "brushes": ("snare", "snare", "brush"),
    "bossa": ("rim", "rim", "snare"),
    "hand": ("rim", "tamb", "kick"),
    "house": ("clap", "snare", "tom"),
    "world": ("conga", "tumba", "rim"),
    "cinematic": ("tom", "floor", "shime"),
    "rock": ("snare", "floor", "tom"),
    "dusty": ("snare", "kick", "rim"),
    "metal": ("tom", "floor", "snare"),
    "trap": ("hat", "snare", "kick"),
    "phonk": ("cowbell", "snare", "kick"),
    "dembow": ("timbale", "snare", "conga"),
    "afro": ("conga", "rim", "tumba"),
    "latin": ("timbale", "timbale", "cowbell"),
    "techno": ("clap", "tom", "hat"),
    "trance": ("snare", "snare", "clap"),
    "hyper": ("clap", "snare", "tom"),
    "compas": ("clap", "castanet", "clap"),
    "tabla": ("na", "ge", "na"),
    "darbuka": ("tek", "dum", "tek"),
    "frame": ("rim", "tom", "rim"),
}  # the first two lead, the third answers
DEFAULT_FILL_DRUMS = ("snare", "tom", "floor")
BUILD_DRUMS = {"cinematic": "shime", "house": "clap", "hand": "tamb", "world": "conga", "bossa": "rim"}
GROOVE_ENERGIES = (0.42, 0.66, 0.86)  # energy thresholds of a style's fuller grooves
VARIED_STROKES = 4  # of drums that do not keep the time, in a varied bar
FILL_ENERGY = 0.4  # from which units end with a fill
FILLED_DRUMS = ("snare", "clap", "tom", "hat", "open", "rim", "shime", "conga")  # silent while a fill is played
KEPT_DRUMS = ("hat", "shaker", "ride", "brush", "tick", "sleigh")  # vary by accents only
RISES = tuple(RISE_S)


def play_drums(style: Style, form: Form, ending: str, rngs: RngFactory, arrangement: Arrangement) -> Iterator[Hit]:
    """Play the style's grooves through the units of an arrangement."""
    grooves = style.grooves if form.beats == 4 else style.three or tuple(_in_three(groove) for groove in style.grooves)
    units = arrangement.units
    was_playing = False
    for index, unit in enumerate(units):
        rng = rngs.derive("drums", unit.section.id, unit.number)
        before = units[index - 1] if index else unit
        begins = unit.number == 0 and unit.section.into == 0
        is_arrival = begins and index > 0 and unit.energy - before.energy > MIN_ARRIVAL_RISE and unit.energy > 0.45
        is_playing = DRUMS in unit.players and any(grooves)
        if is_arrival and (is_playing or was_playing):
            yield from _rises_into(style, form, unit)
        if not is_playing:
            was_playing = False
            continue
        groove = grooves[_level(unit.energy, len(grooves))]
        if index and (is_arrival or not was_playing) and unit.energy > 0.5 and "crash" not in groove:
            yield Hit(_bar_start(form, unit.first_bar), "crash", 0.55)
        after = units[index + 1] if index + 1 < len(units) else None
        yield from _unit(style, form, unit, after, groove, rng)
        was_playing = True
    if was_playing and not form.loop:
        yield from last_strokes(style, form, ending)


def _in_three(groove: Groove) -> Groove:
    """Return a 4/4 groove without its third beat, for styles that have no groove in three."""
    return {drum: steps[:8] + steps[12:16] for drum, steps in groove.items()}


def _bar_start(form: Form, bar: int) -> float:
    return float(bar * form.beats)


def _unit(
    style: Style, form: Form, unit: Unit, after: Unit | None, groove: Groove, rng: random.Random
) -> Iterator[Hit]:
    steps = form.beats * 4
    played = (groove, _varied(groove, steps, rng), _varied(groove, steps, rng), _varied(groove, steps, rng))
    is_build = unit.section.name == "build" and after is not None
    for bar in range(unit.first_bar, unit.end_bar):
        number = bar - unit.first_bar
        is_last = bar == unit.end_bar - 1
        has_fill = is_last and after is not None and unit.bars > 1 and unit.energy > FILL_ENERGY and not is_build
        is_long = has_fill and after is not None and after.energy - unit.energy > MIN_ARRIVAL_RISE
        fill = _fill_steps(steps, rng, is_long=is_long)
        cut = min(fill) if has_fill else steps
        yield from _bar(style, played[number % 4], _bar_start(form, bar), steps, rng, cut=cut)
        if has_fill:
            yield from _fill(style, _bar_start(form, bar), fill, unit, rng)
    if is_build and after is not None:
        yield from _build(style, form, unit, rng)


def _level(energy: float, grooves: int) -> int:
    return min(grooves - 1, sum(energy >= edge for edge in GROOVE_ENERGIES))


def _varied(groove: Groove, steps: int, rng: random.Random) -> Groove:
    """Return a groove with strokes added or left out off the beats; what keeps the time leaves out one or adds one."""
    varied = {drum: list(marks[:steps]) for drum, marks in groove.items()}
    drums = [drum for drum in varied if drum not in KEPT_DRUMS and drum != "crash"]
    for drum in rng.sample(drums * 2, min(2 * len(drums), VARIED_STROKES)):
        marks = varied[drum]
        free = [step for step in range(3, steps) if step % 4 and marks[step] == "."]
        taken = [step for step in range(1, steps) if step % 4 and marks[step] != "."]
        if free and (not taken or rng.random() < 0.6):
            marks[rng.choice(free)] = rng.choice("og")
        elif taken:
            marks[rng.choice(taken)] = "."
    for drum in [drum for drum in varied if drum in KEPT_DRUMS for _ in range(2)]:
        place = rng.choice(range(1, steps))
        is_soft = varied[drum][place] in "g."
        if place % 4 and rng.random() < 0.7:
            varied[drum][place] = rng.choice(".g") if not is_soft else rng.choice("go.")
    if "hat" in varied and rng.random() < 0.5:
        step = rng.choice(range(2, steps, 4))
        varied["hat"][step] = "."
        varied.setdefault("open", ["."] * steps)[step] = "o"
    return {drum: "".join(marks) for drum, marks in varied.items()}


def _bar(style: Style, groove: Groove, start: float, count: int, rng: random.Random, cut: int) -> Iterator[Hit]:
    for drum, steps in groove.items():
        for step, mark in enumerate(steps[:count]):
            if mark == ".":
                continue
            is_skipped, strength = rng.random() < 0.25, STRENGTHS[mark] * rng.uniform(0.88, 1.06)
            if step >= cut and drum in FILLED_DRUMS:
                continue
            if mark == "g" and is_skipped:  # vary the ghost notes, as a drummer does
                continue
            if mark in ROLLS:
                yield from _roll(*ROLLS[mark], start + step / 4, drum, strength)
                continue
            yield Hit(swing(start + step / 4, style), drum, strength)


def _roll(strokes: int, sixteenths: int, beat: float, drum: str, strength: float) -> Iterator[Hit]:
    """Yield a roll whose strokes rise to `strength`."""
    for number in range(strokes):
        yield Hit(beat + number * sixteenths / (4 * strokes), drum, strength * (0.75 + 0.25 * number / (strokes - 1)))


def _fill_steps(steps: int, rng: random.Random, *, is_long: bool) -> list[int]:
    """Draw the sixteenths of a fill: the end of the bar or, before an arrival, up to three beats of it."""
    length = rng.choice((6, 8, 8, 12)) if is_long else rng.choice((2, 3, 4, 4, 6))
    length = min(length, steps)
    density = rng.uniform(0.45, 0.85)
    chosen = [step for step in range(steps - length, steps) if rng.random() < density or step % 4 == 0]
    return chosen or [steps - 2, steps - 1]


def _fill(style: Style, start: float, fill: list[int], unit: Unit, rng: random.Random) -> Iterator[Hit]:
    """Yield a fill that grows: runs on one drum that move on to the next."""
    drums = FILL_KITS.get(style.kit, DEFAULT_FILL_DRUMS)
    order = rng.choice(((0, 1), (0, 0, 1), (0, 2, 1), (2, 0), (0, 1, 0, 1)))
    for number, step in enumerate(fill):
        drum = drums[order[number * len(order) // len(fill)]]
        strength = (0.4 + 0.4 * unit.energy) * (0.75 + 0.35 * number / max(1, len(fill) - 1)) * rng.uniform(0.9, 1.05)
        yield Hit(swing(start + step / 4, style), drum, min(1.0, strength))


def _build(style: Style, form: Form, unit: Unit, rng: random.Random) -> Iterator[Hit]:
    """Yield a roll that quickens through a unit: quarters, eighths, then sixteenths, louder and louder."""
    drum = BUILD_DRUMS.get(style.kit, "snare")
    begin, end = _bar_start(form, unit.first_bar), _bar_start(form, unit.end_bar)
    beat = begin
    while beat < end - 0.01:
        share = (beat - begin) / (end - begin)
        yield Hit(swing(beat, style), drum, (0.2 + 0.55 * share) * rng.uniform(0.9, 1.05))
        beat += 1.0 if share < 0.5 else 0.5 if share < 0.75 else 0.25


def _rises_into(style: Style, form: Form, unit: Unit) -> Iterator[Hit]:
    """Yield the rises into a unit, timed to end where it begins."""
    arrival = _bar_start(form, unit.first_bar)
    for name in style.rises:
        start = arrival - RISE_S.get(name, 0.0) / form.beat_s
        if start >= 0:
            yield Hit(start, name, 0.35 + 0.4 * unit.energy)


def hit_strokes(beat: float) -> list[Hit]:
    """Return the strokes of an accent for everybody."""
    return [Hit(beat, "kick", 0.95), Hit(beat, "crash", 0.7), Hit(beat, "boom", 0.8)]


def remove_break_hits(hits: list[Hit], form: Form, ending: str) -> list[Hit]:
    """Remove the hits in the break of a "stop" ending, except those at its start."""
    if ending != "stop":
        return hits
    break_start = form.end - STOP_BEATS
    return [hit for hit in hits if not break_start + 0.01 < hit.start < form.end - 0.01]
