"""What the accompanying players do over chords: bass lines, chords in rhythm, pads, arpeggios; written in C."""

import random
from collections.abc import Iterator
from dataclasses import replace

from generator.composer import triple
from generator.composer.endings import BUTTON_BEATS
from generator.composer.form import Form
from generator.composer.notes import Harmony, Note
from generator.composer.styles import Part
from generator.composer.theory import Chord, nearest, voiced

STRUMMED = ("strum", "bossa")
REPEATED = ("eighths", "gallop", "scratch", "offbeats")
HOME = Chord(0, (0, 4, 7))  # where the hands come from when a section begins


def play(part: Part, chords: list[Harmony], after: Harmony, form: Form, dice: random.Random) -> Iterator[Note]:
    """One section of an accompanying part; `after` is the chord that follows it."""
    voicings = voiced([now.chord for now in chords], part.centre, HOME)
    following = [*chords[1:], after]
    for now, then, pitches in zip(chords, following, voicings, strict=True):
        if part.role == "bass":
            yield from _bass(part, now, then, form, dice)
        elif part.role == "pad":
            yield from _pad(now, pitches, dice)
        elif part.role == "comp":
            yield from _comp(part, now, pitches, form, dice)
        else:
            yield from _arp(part, now, pitches, form, dice)


def last_chord(part: Part, now: Harmony, ending: str) -> Iterator[Note]:
    """The part's share of the end, by the gesture of the ending."""
    if ending == "button" and part.role != "pad":
        yield from _struck(part, now, 0.0, 0.45, 0.7)
        yield from _struck(part, now, BUTTON_BEATS, now.length - BUTTON_BEATS, 0.78)
        return
    if ending == "button":
        yield from _struck(part, now, 0.0, BUTTON_BEATS + 0.6, 0.6)
        return
    spread = {"arp": 0.5, "comp": 0.05}.get(part.role, 0.0)
    yield from _struck(part, now, 0.0, now.length, 0.62 if part.role != "bass" else 0.75, spread)


def _struck(part: Part, now: Harmony, at: float, length: float, velocity: float, spread: float = 0.0) -> Iterator[Note]:
    if part.role == "bass":
        yield Note(now.start + at, length, _root(now, part) - (12 if at and _root(now, part) > 40 else 0), velocity)
        return
    pitches = _power(now, part) if part.pattern.startswith("power") else voiced([now.chord], part.centre, HOME)[0]
    ladder = (*pitches, *(pitch + 12 for pitch in pitches[:2])) if part.role == "arp" and spread else pitches
    for number, pitch in enumerate(ladder):
        later = min(number * spread, length / 2)
        yield Note(now.start + at + later, length - later, pitch, velocity - 0.03 * number)


def _root(now: Harmony, part: Part) -> int:
    return nearest(now.chord.root, part.centre)


def _bars(now: Harmony, form: Form) -> Iterator[float]:
    """Where each bar of a chord begins."""
    for bar in range(max(1, round(now.length / form.beats))):
        yield now.start + bar * form.beats


def _bass(part: Part, now: Harmony, following: Harmony, form: Form, dice: random.Random) -> Iterator[Note]:
    root = _root(now, part)
    third = next((i for i in now.chord.intervals if i in (3, 4)), 7)
    fifth = next((i for i in now.chord.intervals if i in (6, 7, 8)), 7)
    step = root + dice.choice((-2, -1, 1, 2)) if following.chord.root == now.chord.root else 0
    target = nearest(following.chord.root, root)
    tones = {"R": root, "5": root + fifth, "8": root + 12, "3": root + third, "L": root + fifth - 12}
    for begin in _bars(now, form):
        for at, length, tone, velocity in dice.choice(triple.bass(part.pattern, form.meter)):
            start = begin + at
            if start >= now.start + now.length - 0.01:
                continue
            pitch = tones[tone] if tone != "A" else step or target + dice.choice((-1, 1, -2))
            whole = now.length - at if part.pattern == "hold" else length
            yield Note(start, min(whole, now.start + now.length - start), pitch, _human(velocity, now, dice))
        if part.pattern == "hold":
            return


def _pad(now: Harmony, pitches: tuple[int, ...], dice: random.Random) -> Iterator[Note]:
    velocity = _human(0.5, now, dice)
    for pitch in pitches:
        yield Note(now.start, now.length * 1.01, pitch, velocity)


def _comp(part: Part, now: Harmony, pitches: tuple[int, ...], form: Form, dice: random.Random) -> Iterator[Note]:
    if part.pattern.startswith("power"):
        pitches = _power(now, part)
    for begin in _bars(now, form):
        rhythm = dice.choice(triple.comp(part.pattern, form.meter))
        for number, (at, length, velocity) in enumerate(rhythm):
            start, touch = begin + at, _human(velocity, now, dice)
            if start >= now.start + now.length - 0.01:
                continue
            some = _thinned(pitches, number) if part.pattern in REPEATED else pitches
            strum = 0.025 if part.pattern in STRUMMED else 0.0
            order = some if number % 2 == 0 else some[::-1]
            for place, pitch in enumerate(order):
                yield Note(start + place * strum, length, pitch, max(0.05, touch * (1 - 0.04 * place)))


def _thinned(pitches: tuple[int, ...], number: int) -> tuple[int, ...]:
    """Repeated figures play two voices, the top one moving, instead of hammering the whole chord."""
    return (pitches[0], pitches[-1 - (number // 4) % 2])


def _power(now: Harmony, part: Part) -> tuple[int, ...]:
    """Root, fifth and octave: what an overdriven guitar can play without mud."""
    root = _root(now, part)
    fifth = next((i for i in now.chord.intervals if i in (6, 7, 8)), 7)
    return (root, root + fifth, root + 12)


def _arp(part: Part, now: Harmony, pitches: tuple[int, ...], form: Form, dice: random.Random) -> Iterator[Note]:
    ladder = [*pitches, *(pitch + 12 for pitch in pitches)]
    if part.pattern == "travis":
        ladder = [_root(now, replace(part, centre=46)), *pitches]
    figures = triple.arp(part.pattern, form.meter)
    for begin in _bars(now, form):
        chosen = dice.choice(figures)
        # the piece begins at once: nobody sits out its first bar
        for at, rung, length, velocity in figures[0] if begin == 0 else chosen:
            if begin + at < now.start + now.length - 0.01:
                yield Note(begin + at, length, ladder[rung % len(ladder)], _human(velocity, now, dice))


def _human(velocity: float, now: Harmony, dice: random.Random) -> float:
    """As strongly as the section has energy, and no two strokes alike."""
    return min(1.0, max(0.08, velocity * (0.62 + 0.62 * now.section.energy) * dice.uniform(0.9, 1.08)))
