"""The notes: chords with voice leading, then every player of the ensemble over them, then the drums."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from generator.composer import feel, melody
from generator.composer.brief import Brief
from generator.composer.drums import play_drums
from generator.composer.form import BEATS, Form, Section
from generator.composer.notes import Harmony, Line, Note, Score
from generator.composer.patterns import ARPS, BASS, COMP
from generator.composer.styles import STYLES, Part, Style
from generator.composer.theory import chord, nearest, voicing

RANGES = {"bass": (26, 55), "pad": (43, 84), "comp": (43, 86), "arp": (43, 98), "lead": (57, 93), "counter": (52, 88)}
STRUCK_AGAIN = 3.5  # beats of the last chord from which short instruments strike it twice
TUNEFUL = ("lead", "counter")


def write(brief: Brief, form: Form, take: int) -> Score:
    """Write the whole piece; the same brief, form and take give the same notes."""
    style = STYLES[brief.style]
    dice = random.Random(f"{brief.seed}/{take}/{brief.style}/{brief.tonic}/{brief.mode}")
    harmony = tuple(_harmony(brief, style, form, dice))
    tunes = melody.Tunes(brief, style, dice)
    end = form.length_s / form.beat_s
    lines = []
    for number, part in enumerate(style.parts):
        if part.family in brief.leave_out or ("melody" in brief.leave_out and part.role in TUNEFUL):
            continue
        enter = part.enter + dice.uniform(-0.05, 0.05) if part.enter > 0.05 else part.enter
        player = replace(part, enter=enter)
        notes = _in_range(_play(player, harmony, form, brief, tunes, dice), player)
        name = f"{number + 1}-{part.role}-{part.instrument}"
        lines.append(Line(name, player, tuple(feel.played(notes, style, form.beat_s, end, dice))))
    hits = () if "drums" in brief.leave_out else tuple(play_drums(style, form, dice))
    hits = tuple(feel.drummed(hits, style, form.beat_s, end, dice))
    return Score(form, harmony, tuple(lines), hits, brief.tonic, brief.mode, brief.texture)


# --- harmony ---


def _harmony(brief: Brief, style: Style, form: Form, dice: random.Random) -> Iterator[Harmony]:
    minor = brief.mode not in ("major", "lydian", "mixolydian")
    a_choices = style.minor_a if minor and style.minor_a else style.a
    b_choices = style.minor_b if minor and style.minor_b else style.b
    verse, chorus = dice.choice(a_choices).split(), dice.choice(b_choices).split()
    length = BEATS * style.bars_a_chord
    previous: tuple[int, ...] | None = None
    for section in form.sections:
        words = chorus if section.name in ("B", "B2", "build") else verse
        start, end, number = section.first_bar * float(BEATS), (section.last_bar + 1) * float(BEATS), 0
        while start < end - 0.01:
            current = chord(words[number % len(words)], brief.tonic)
            previous = voicing(current, previous, 60)
            yield Harmony(start, min(length, end - start), current, previous, section)
            start, number = start + length, number + 1
    if not form.loop:
        home = next(
            (word for word in verse if word.lower().startswith("i") and word[1:2] not in ("i", "I", "V", "v")), ""
        )
        last = chord(home or ("i" if minor else "I"), brief.tonic)
        at = form.bars * float(BEATS)
        yield Harmony(at, form.ring_s / form.beat_s, last, voicing(last, previous, 60), form.sections[-1])


def is_ending(harmony: Harmony, form: Form) -> bool:
    return not form.loop and harmony.start >= form.bars * BEATS - 0.01


# --- the players ---


def _play(
    part: Part, harmony: tuple[Harmony, ...], form: Form, brief: Brief, tunes: melody.Tunes, dice: random.Random
) -> Iterator[Note]:
    if part.role in TUNEFUL:
        yield from _tune(part, harmony, form, tunes)
        return
    for index, now in enumerate(harmony):
        if is_ending(now, form):
            if _ever_plays(part, form):
                yield from _last_chord(part, now)
            continue
        if not plays(part, now.section):
            continue
        following = harmony[(index + 1) % len(harmony)]
        yield from _PLAYERS[part.role](part, now, following, dice)


def plays(part: Part, section: Section) -> bool:
    return part.enter <= section.energy + 1e-9 <= part.leave + 1e-9 or (part.enter <= 0 and part.leave > 1)


def _ever_plays(part: Part, form: Form) -> bool:
    return any(plays(part, section) for section in form.sections[-2:])


def _last_chord(part: Part, now: Harmony) -> Iterator[Note]:
    if part.role == "bass":
        yield Note(now.start, now.length, _root(now, part), 0.75)
        return
    pitches = _power(now, part) if part.pattern.startswith("power") else _near(now.voicing, part.centre)
    spread = {"arp": 0.5, "comp": 0.05}.get(part.role, 0.0)
    ladder = (*pitches, *(pitch + 12 for pitch in pitches[:2])) if part.role == "arp" else pitches
    for number, pitch in enumerate(ladder):
        later = min(number * spread, now.length / 2)
        yield Note(now.start + later, now.length - later, pitch, 0.62 - 0.03 * number)
    if part.role == "comp" and now.length > STRUCK_AGAIN:  # what dies away soon would leave a hole
        for pitch in pitches:
            yield Note(now.start + 2, now.length - 2, pitch, 0.4)


def _root(now: Harmony, part: Part) -> int:
    return nearest(now.chord.root, part.centre)


def _bass(part: Part, now: Harmony, following: Harmony, dice: random.Random) -> Iterator[Note]:
    root = _root(now, part)
    fifth = root + (7 if (now.chord.root + 7) % 12 in now.chord.tones else 0)
    third = root + next((i for i in now.chord.intervals if i in (3, 4)), 0)
    goal = nearest(following.chord.root, root)
    step = 1 if goal < root else -1
    pitches = {
        "R": root,
        "5": fifth,
        "8": root + 12,
        "3": third,
        "A": goal + (step if goal != root else 0),
        "L": fifth - 12,
    }
    bars = max(1, round(now.length / BEATS))
    for bar in range(bars):
        steps = dice.choice(BASS[part.pattern])
        if part.pattern == "hold":
            steps = ((0, now.length, "R", 0.8),) if bar == 0 else ()
        for at, length, tone, velocity in steps:
            what = "5" if tone == "A" and bar < bars - 1 else tone
            start = now.start + bar * BEATS + at
            if start < now.start + now.length - 0.01:
                pitch = pitches[what]
                yield Note(start, min(length, now.start + now.length - start + 0.02), pitch, _human(velocity, dice))


def _pad(part: Part, now: Harmony, following: Harmony, dice: random.Random) -> Iterator[Note]:
    for pitch in _near(now.voicing, part.centre):
        yield Note(now.start, now.length + 0.15, pitch, _human(0.35 + 0.35 * now.section.energy, dice))


def _comp(part: Part, now: Harmony, following: Harmony, dice: random.Random) -> Iterator[Note]:
    pitches = _power(now, part) if part.pattern.startswith("power") else _near(now.voicing, part.centre)
    for bar in range(max(1, round(now.length / BEATS))):
        rhythm = dice.choice(COMP[part.pattern])
        for number, (at, length, velocity) in enumerate(rhythm):
            start = now.start + bar * BEATS + at
            if start >= now.start + now.length - 0.01:
                continue
            some = (
                pitches
                if part.pattern not in ("eighths", "gallop", "scratch", "offbeats")
                else _thinned(pitches, number)
            )
            strum = 0.025 if part.pattern in ("strum", "bossa") else 0.0
            order = some if number % 2 == 0 else some[::-1]
            for place, pitch in enumerate(order):
                late = place * strum
                yield Note(start + late, length, pitch, _human(velocity * (0.75 + 0.4 * now.section.energy), dice))


def _thinned(pitches: tuple[int, ...], number: int) -> tuple[int, ...]:
    """Repeated figures play two voices, the top one moving, instead of hammering the whole chord."""
    return (pitches[0], pitches[-1 - (number // 4) % 2])


def _power(now: Harmony, part: Part) -> tuple[int, ...]:
    """Root, fifth and octave: what an overdriven guitar can play without mud."""
    root = _root(now, part)
    fifth = next((i for i in now.chord.intervals if i in (6, 7, 8)), 7)
    return (root, root + fifth, root + 12)


def _arp(part: Part, now: Harmony, following: Harmony, dice: random.Random) -> Iterator[Note]:
    low = _near(now.voicing, part.centre)
    ladder = [*low, *(pitch + 12 for pitch in low)]
    figure = ARPS[part.pattern]
    if part.pattern == "travis":
        ladder = [_root(now, replace(part, centre=46)), *low]
    for bar in range(max(1, round(now.length / BEATS))):
        for at, rung, length, velocity in dice.choice(figure):
            start = now.start + bar * BEATS + at
            if start < now.start + now.length - 0.01:
                pitch = ladder[rung % len(ladder)]
                yield Note(start, length, pitch, _human(velocity * (0.75 + 0.4 * now.section.energy), dice))


_PLAYERS = {"bass": _bass, "pad": _pad, "comp": _comp, "arp": _arp}


def _tune(part: Part, harmony: tuple[Harmony, ...], form: Form, tunes: melody.Tunes) -> Iterator[Note]:
    chords = [(now.start, now.start + now.length, now.chord) for now in harmony]
    for section in form.sections:
        if not plays(part, section):
            continue
        for start, length, pitch, velocity in tunes.phrase(part, section, chords):
            yield Note(start, length, pitch, velocity)
    last = harmony[-1]
    if is_ending(last, form) and plays(part, form.sections[-1]):
        yield Note(last.start, last.length, nearest(last.chord.root, part.centre), 0.6)


def _near(pitches: Iterable[int], centre: int) -> tuple[int, ...]:
    """Move a voicing by whole octaves until its middle is nearest to `centre`."""
    pitches = tuple(pitches)
    middle = sum(pitches) / len(pitches)
    return tuple(pitch + 12 * round((centre - middle) / 12) for pitch in pitches)


def _human(velocity: float, dice: random.Random) -> float:
    return min(1.0, max(0.08, velocity * dice.uniform(0.9, 1.08)))


def _in_range(notes: Iterable[Note], part: Part) -> Iterator[Note]:
    low, high = RANGES[part.role]
    for note in notes:
        pitch = note.pitch
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        yield replace(note, pitch=pitch) if pitch != note.pitch else note
