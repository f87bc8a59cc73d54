"""Four bars of an accompaniment from a one-bar pattern: the pattern, varied; every variation stays close to it.

Steps are tuples that begin with a beat and end with a velocity, as in patterns.py.
"""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from generator.composer.writing.patterns.arpeggios import ArpStep
from generator.composer.writing.patterns.basses import BassStep
from generator.composer.writing.patterns.chords import CompStep

Step = TypeVar("Step", BassStep, CompStep, ArpStep)
Timed = TypeVar("Timed", BassStep, CompStep)
VARIED_SHARE, SAME_FIGURE_SHARE = 0.8, 0.4  # share of themes that vary the figure; of third bars that come from it
SPARSE_SHARE = 0.55  # share of weak steps that a sparse bar leaves out
DENSE_STEPS, DENSE_BASS_CHANGES = 7, ("leave", "leave", "gap", "gap", "pickup", "octave")
MIN_STEP_BEATS = 0.1
BASS_TONES = ("R", "5", "8", "L", "3")


def four_bars(
    figures: Sequence[tuple[Step, ...]],
    vary: Callable[[tuple[Step, ...], random.Random], tuple[Step, ...]],
    basis: random.Random,
    rng: random.Random,
) -> list[tuple[Step, ...]]:
    """Return four bars. `basis` draws what all sections of a kind share, `rng` how this section varies it."""
    figure, other = basis.choice(figures), basis.choice(figures)
    theme = vary(figure, basis) if basis.random() < VARIED_SHARE else figure
    second = vary(vary(theme, rng), rng)
    third = vary(theme if rng.random() < SAME_FIGURE_SHARE else other, rng)
    return [theme, second, third, vary(vary(vary(other, rng), rng), rng)]


def sparse(figure: tuple[Step, ...], rng: random.Random) -> tuple[Step, ...]:
    """Return a bar with fewer steps: the first and most of those on a beat stay."""
    kept = tuple(
        step for number, step in enumerate(figure) if not number or step[0] % 2 == 0 or rng.random() > SPARSE_SHARE
    )
    return kept or figure


def vary_bass(figure: tuple[BassStep, ...], rng: random.Random) -> tuple[BassStep, ...]:
    """Return a bass bar with another rhythm or other tones after its first note."""
    if not figure:
        return figure
    bar = 4 if figure[-1][0] + figure[-1][1] > 3.05 else 3
    is_dense = len(figure) >= DENSE_STEPS
    kinds = DENSE_BASS_CHANGES if is_dense else ("split", "split", "leave", "push", "tone", "pickup", "octave")
    kind = rng.choice(kinds)
    steps = list(figure)
    if kind == "split":
        place = max(range(len(steps)), key=lambda i: (steps[i][1], rng.random()))
        beat, length, tone, velocity = steps[place]
        cut = 0.5 * max(1, round(length * rng.choice((0.5, 0.6, 0.75)) / 0.5))
        if length >= 0.9 and cut < length - 0.2:
            second = (beat + cut, length - cut, rng.choice(BASS_TONES), velocity * 0.85)
            steps[place : place + 1] = [(beat, cut * 0.95, tone, velocity), second]
    elif kind == "leave" and len(steps) > 2:
        del steps[rng.randrange(1, len(steps))]
    elif kind == "gap":
        place = rng.randrange(2, len(steps) - 2)
        del steps[place : place + 2]
    elif kind == "push" and len(steps) > 1:
        place = rng.randrange(1, len(steps))
        beat, length, tone, velocity = steps[place]
        if beat - 0.5 > steps[place - 1][0] + 0.1:
            steps[place] = (beat - 0.5, length, tone, velocity)
    elif kind == "pickup":
        steps = [step for step in steps if step[0] < bar - 0.55]
        steps.append((bar - 0.5, 0.45, "A", 0.6))
    else:
        place = rng.randrange(len(steps) - 1) + 1 if len(steps) > 1 else 0
        beat, length, tone, velocity = steps[place]
        tones = ("8", "L") if kind == "octave" else ("R", "5", "3")
        if place:
            steps[place] = (beat, length, rng.choice([other for other in tones if other != tone] or [tone]), velocity)
    return _trimmed(tuple(steps))


def vary_comp(figure: tuple[CompStep, ...], rng: random.Random) -> tuple[CompStep, ...]:
    """Return a bar of chords with a step left out, pushed ahead, tied or added."""
    steps = list(figure)
    kind = rng.choice(("leave", "push", "tie", "add", "accent"))
    place = rng.randrange(1, len(steps)) if len(steps) > 1 else 0
    beat, length, velocity = steps[place]
    if kind == "leave" and len(steps) > 2:
        del steps[place]
    elif kind == "push" and place and beat - 0.5 > steps[place - 1][0] + 0.1:
        steps[place] = (beat - 0.5, length + 0.4, velocity)
    elif kind == "tie" and place and len(steps) > 2:
        first, _, strength = steps[place - 1]
        steps[place - 1 : place + 1] = [(first, beat + length - first, strength)]
    elif kind == "add":
        free = [at / 2 for at in range(1, 7) if all(abs(step[0] - at / 2) > 0.3 for step in steps)]
        if free:
            steps.append((rng.choice(free), 0.4, 0.42))
    else:
        steps[place] = (beat, length, min(0.95, velocity * 1.25))
    return _trimmed(tuple(sorted(steps)))


def vary_arp(figure: tuple[ArpStep, ...], rng: random.Random) -> tuple[ArpStep, ...]:
    """Return a bar of broken chords in another direction or order, or with a rest or a leap."""
    if len(figure) < 3:
        return tuple((step[0], max(0, step[1] + rng.choice((-2, -1, 0, 1))), *step[2:]) for step in figure)
    rungs = [step[1] for step in figure]
    kind = rng.choice(("reverse", "rotate", "leap", "leave", "swap", "leave"))
    if kind == "reverse":
        rungs[1:] = rungs[:0:-1]
    elif kind == "rotate":
        shift = rng.randrange(1, len(rungs) - 1)
        rungs[1:] = [*rungs[1 + shift :], *rungs[1 : 1 + shift]]
    elif kind == "leap":
        place = rng.randrange(1, len(rungs))
        rungs[place] += rng.choice((1, 2)) if rungs[place] < 4 else -2
    elif kind == "swap":
        a, b = rng.sample(range(1, len(rungs)), 2)
        rungs[a], rungs[b] = rungs[b], rungs[a]
    steps = [(step[0], rung, *step[2:]) for step, rung in zip(figure, rungs, strict=True)]
    if kind == "leave":
        for place in sorted(rng.sample(range(1, len(steps)), max(1, len(steps) // 6)), reverse=True):
            del steps[place]
    return tuple(steps)


def _trimmed(steps: tuple[Timed, ...]) -> tuple[Timed, ...]:
    """Return steps in order, none longer than to the next."""
    ordered = sorted(steps)
    trimmed: list[Timed] = []
    for number, space in enumerate(_spaces([step[0] for step in ordered])):
        beat, length, *rest = ordered[number]
        if space > MIN_STEP_BEATS:
            trimmed.append(cast(Timed, (beat, min(length, space), *rest)))
    return tuple(trimmed)


def _spaces(beats: Sequence[float]) -> list[float]:
    """Return the distance from each beat to the next, the last without end."""
    return [end - begin for begin, end in zip(beats, [*beats[1:], float("inf")], strict=True)]
