"""Rhythms of motifs, generated: two bars of (beat, length) under a profile of note values, syncopation and rests.

The second bar answers the first: it repeats its beginning and comes to rest, goes on with new values, or is one long
note. The names of the profiles are the patterns of leads and counter-lines; a pattern without a profile of its own has
the one of its examples in patterns.MOTIFS.
"""

import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from generator.composer.writing.patterns.tunes import MOTIFS, MotifRhythm

Rhythm = tuple[tuple[float, float], ...]

MAX_TRIES = 24
BARS = 2
MIN_LENGTH = 0.2  # beats


@dataclass(frozen=True)
class Profile:
    """How a kind of tune moves. `values` are note values in beats with their weights.

    `notes` are the fewest and the most in two bars; `syncopation` the share of beats that are anticipated by half a
    value; `rests` the share of notes that are followed by a rest; `start` are the beats on which it may begin; `staccato`
    the sounding share of a note.
    """

    values: Mapping[float, float]
    notes: tuple[int, int]
    syncopation: float = 0.1
    rests: float = 0.1
    start: tuple[float, ...] = (0.0,)
    staccato: float = 1.0
    answers: tuple[str, ...] = ("repeat", "repeat", "new", "long")


PROFILES: Mapping[str, Profile] = {
    "hook": Profile({0.5: 4, 0.75: 1.5, 1: 2.5, 1.5: 1.5}, (6, 10), 0.35, 0.18, (0.0, 0.0, 0.5, 1.0)),
    "song": Profile({0.5: 2, 1: 4, 1.5: 2, 2: 1.6}, (5, 9), 0.1, 0.1, (0.0, 0.0, 0.5, 1.0)),
    "long": Profile({1: 1.6, 1.5: 1, 2: 3, 2.5: 0.5, 3: 2, 4: 0.6}, (3, 6), 0.12, 0.05, (0.0, 0.0, 1.0, 0.5, 2.0)),
    "sparse": Profile(
        {0.5: 1.2, 1: 2, 1.5: 2, 2: 2, 2.5: 0.7}, (3, 5), 0.25, 0.5, (0.0, 0.5, 1.0, 1.5, 2.0), answers=("new", "new", "repeat")
    ),
    "riff": Profile(
        {0.25: 1, 0.5: 3, 0.75: 2.5, 1: 1}, (5, 9), 0.5, 0.35, (0.0, 0.5, 0.75, 0.0), 0.65, ("repeat", "repeat", "new")
    ),
    "bop": Profile({0.33: 0, 0.66: 0, 1: 1, 2: 0.3}, (7, 12), 0.0, 0.15, (0.0, 0.66, 1.0, 1.66), answers=("new", "new", "repeat")),
    "answer": Profile({0.5: 3, 0.75: 1, 1: 2, 1.5: 1}, (2, 5), 0.2, 0.1, (1.0, 1.5, 2.0, 0.5, 2.5), answers=("only",)),
}  # fmt: skip


def _divides_in_three(examples: tuple[MotifRhythm, ...]) -> bool:
    """Return whether most notes off the beat lie on the last third of a beat."""
    places = [at % 1 for example in examples for at, _ in example if at % 1 > 0.01]
    return 2 * sum(abs(place - 0.66) < 0.02 for place in places) > len(places)


SWUNG = frozenset(name for name, examples in MOTIFS.items() if _divides_in_three(examples))


@lru_cache(maxsize=64)
def profile_of(pattern: str) -> Profile:
    """Return a pattern's profile; without one of its own, that of its examples."""
    if pattern in PROFILES or pattern not in MOTIFS:
        return PROFILES.get(pattern, PROFILES["song"])
    examples = MOTIFS[pattern]
    values: dict[float, float] = {}
    shares, late, rests, count = [], 0, 0, 0
    for example in examples:
        onsets = [at for at, _ in example]
        gaps = [b - a for a, b in itertools.pairwise(onsets)] + [min(2.0, example[-1][1])]
        for (at, length), gap in zip(example, gaps, strict=True):
            value = min(3.0, max(0.25, round(gap * 4) / 4))
            values[value] = values.get(value, 0.0) + 1.0
            shares.append(min(1.0, length / gap))
            late += at % 1 > 0.1 and int(at + gap - 0.01) > int(at)
            rests += gap - length > 0.4
            count += 1
    sizes = [len(example) for example in examples]
    staccato = sorted(shares)[len(shares) // 2]
    return Profile(
        values,
        (max(3, min(sizes) - 2), max(sizes) + 1),
        min(0.35, late / count),
        min(0.4, rests / count),
        (0.0, *(example[0][0] for example in examples)),
        staccato if staccato < 0.75 else 1.0,
    )


def generate(pattern: str, beats: int, pulse: float, rng: random.Random) -> Rhythm:
    """Return the rhythm of a two-bar motif for a pattern."""
    profile = profile_of(pattern)
    if beats == 3:
        fewest, most = profile.notes
        profile = replace(profile, notes=(max(2, round(fewest * 0.7)), max(3, round(most * 0.8))))
    rhythm: Rhythm = ()
    for _ in range(MAX_TRIES):
        rhythm = _two_bars(profile, pattern, beats, pulse, rng)
        if profile.notes[0] <= len(rhythm) <= profile.notes[1]:
            return rhythm
    return rhythm or ((0.0, float(beats)),)


def _two_bars(profile: Profile, pattern: str, beats: int, pulse: float, rng: random.Random) -> Rhythm:
    start = min(rng.choice(profile.start), beats - 1.0)
    answer = rng.choice(profile.answers)
    if answer == "only":
        return _settled(_bar(profile, pattern, beats + start, 2.0 * beats, pulse, rng), 2.0 * beats, profile)
    first = _bar(profile, pattern, start, float(beats), pulse, rng)
    if answer == "long":
        second: Rhythm = ((float(beats), beats * rng.choice((0.5, 0.75, 1.0))),)
    elif answer == "repeat":
        kept = [(at + beats, length) for at, length in first][: rng.choice((2, 3, 4))]
        end = kept[-1][0] + kept[-1][1] if kept else float(beats)
        second = (*kept, *_bar(profile, pattern, end, 2.0 * beats, pulse, rng)[: rng.choice((1, 2, 3))])
    else:
        offset = rng.choice((0.0, 0.0, *profile.start))
        second = _bar(profile, pattern, beats + min(offset, beats - 1.0), 2.0 * beats, pulse, rng)
    return _settled((*first, *second), 2.0 * beats, profile)


def _bar(profile: Profile, pattern: str, start: float, end: float, pulse: float, rng: random.Random) -> Rhythm:
    """Fill the time from start to end with values, pushed ahead of the beat and separated by rests at times."""
    notes: list[tuple[float, float]] = []
    at = start
    while at < end - 0.4:
        length = _swung_value(at, rng) if pattern in SWUNG else _value(profile, at, pulse, rng)
        length = min(length, end - at)
        onset = at
        if notes and at % 1 == 0 and rng.random() < profile.syncopation and notes[-1][1] > 0.74:
            onset = at - 0.5 if notes[-1][1] >= 1 else at - 0.25
            notes[-1] = (notes[-1][0], onset - notes[-1][0])
        notes.append((onset, (at + length - onset) * profile.staccato))
        at += length
        if rng.random() < profile.rests:
            at = at + 1.0 if pattern not in SWUNG else float(int(at) + 1)
            if pattern in SWUNG and rng.random() < 0.5:
                at += 0.66
    return tuple(notes)


def _value(profile: Profile, at: float, pulse: float, rng: random.Random) -> float:
    """Draw a note value that does not blur the pulse: off the grid only what leads back to it."""
    if pulse == 1.5:  # compound time: groups of three eighths
        inside = at % 1.5
        shortest = min(profile.values) >= 1
        choices = {0.0: (1.5, 3.0, 1.5) if shortest else (1.0, 1.5, 0.5, 1.0), 0.5: (0.5, 1.0), 1.0: (0.5,)}
        return rng.choice(choices.get(inside, (0.5,)))
    values = dict(profile.values)
    inside = at % 1
    if inside in (0.25, 0.75):
        values = {value: weight for value, weight in values.items() if (at + value) % 0.5 == 0} or {1 - inside: 1.0}
    elif inside == 0.5:
        values = {value: weight * (3 if (at + value) % 1 == 0 else 0.6) for value, weight in values.items()}
    return rng.choices(list(values), list(values.values()))[0]


def _swung_value(at: float, rng: random.Random) -> float:
    """Draw a value of a swung line: long and short eighths, at times a quarter."""
    if abs(at % 1 - 0.66) < 0.02:
        return rng.choice((0.34, 0.34, 0.34, 1.34))
    return rng.choice((0.66, 0.66, 0.66, 1.0, 1.0, 2.0))


def _settled(notes: Rhythm, end: float, profile: Profile) -> Rhythm:
    """Round the grid, drop notes that are too short, and let the last one end in time."""
    settled: list[tuple[float, float]] = []
    for number, (at, length) in enumerate(notes):
        place = int(at) + 0.66 if abs(at % 1 - 0.66) < 0.03 else round(at * 4) / 4
        following = notes[number + 1][0] if number + 1 < len(notes) else end
        sounding = min(length, following - place, end - place)
        if sounding >= MIN_LENGTH and (not settled or place > settled[-1][0] + 0.1):
            settled.append((place, round(sounding, 3)))
    return tuple(settled)
