"""Bass lines: varied bars over chords with any bass, and walking lines that lead from chord to chord."""

import random
from collections.abc import Iterator, Sequence

from generator.composer.styles import Part
from generator.composer.writing.figures.bars import four_bars, vary_bass
from generator.composer.writing.form import Form
from generator.composer.writing.notes import Harmony, Note
from generator.composer.writing.patterns import triple_meters
from generator.composer.writing.patterns.basses import BassStep
from generator.composer.writing.theory import Chord, nearest

LOW, HIGH = 32, 52  # MIDI pitches within which a line walks
WALKING = "walk"
MIN_CHORD_BEATS = 0.3  # a step this near to a new chord moves onto it


def play(
    part: Part, chords: Sequence[Harmony], after: Harmony, form: Form, basis: random.Random, rng: random.Random
) -> Iterator[Note]:
    """Yield a section's bass line. Every chord begins with its bass; `after` is the chord that follows the section."""
    if part.pattern == WALKING:
        yield from _walk(part, chords, after, form, rng)
        return
    bars = four_bars(triple_meters.bass(part.pattern, form.meter), vary_bass, basis, rng)
    start, end = chords[0].start, chords[-1].start + chords[-1].length
    number = 0
    begin = start
    while begin < end - 0.01:
        steps = _over_chords(bars[number % 4], begin, form.beats, chords)
        for position, (offset, length, tone, velocity) in enumerate(steps):
            at = begin + offset
            if at >= end - 0.01:
                break
            index = _index_at(chords, at)
            harmony = chords[index]
            following = chords[index + 1] if index + 1 < len(chords) else after
            space = (begin + steps[position + 1][0] if position + 1 < len(steps) else begin + form.beats) - at
            is_held = part.pattern == "hold"
            sounding = min(max(length, space) if is_held else length, harmony.start + harmony.length - at, space)
            pitch = _tone(tone, harmony.chord, following.chord, part.center, rng)
            yield Note(at, max(0.1, sounding), pitch, velocity)
        begin, number = begin + form.beats, number + 1


def _over_chords(steps: Sequence[BassStep], begin: float, beats: int, chords: Sequence[Harmony]) -> list[BassStep]:
    """Return the steps of a bar with one that says the bass on every chord that begins in it."""
    changes = [h.start - begin for h in chords if begin - 0.01 <= h.start < begin + beats - 0.01]
    kept = [
        step
        for step in steps
        if not any(abs(step[0] - change) < MIN_CHORD_BEATS and abs(step[0] - change) > 0.01 for change in changes)
    ]
    placed: list[BassStep] = []
    for change in changes:
        same = next((step for step in kept if abs(step[0] - change) < 0.01), None)
        if same:
            kept.remove(same)
        elif change < 0.01:
            continue  # a pattern may begin its bar after the beat
        later = min((step[0] for step in kept if step[0] > change), default=float(beats))
        length, velocity = (same[1], same[3]) if same else (min(1.0, later - change), 0.75)
        placed.append((change, length, "R", velocity))
    ordered = sorted([*kept, *placed])
    # The first note after a change says the bass even if it comes late.
    for change in changes:
        place = next((i for i, step in enumerate(ordered) if step[0] >= change - 0.01), None)
        if place is not None:
            ordered[place] = (*ordered[place][:2], "R", ordered[place][3])
    return ordered


def _index_at(chords: Sequence[Harmony], beat: float) -> int:
    return max((i for i, item in enumerate(chords) if item.start <= beat + 0.01), default=0)


def _tone(tone: str, chord: Chord, following: Chord, center: int, rng: random.Random) -> int:
    """Return the pitch of a tone of a pattern; over a pedal point only octaves of the bass."""
    low = nearest(chord.low, center)
    if tone == "A":
        target = nearest(following.low, low)
        return target + rng.choice((-1, 1, -2) if following.low != chord.low else (-1, 2, -2, 7))
    if tone == "N":  # anticipates the next chord
        return nearest(following.low, low)
    is_pedal = chord.low not in chord.tones
    if tone == "R" or (is_pedal and tone != "8"):
        return low
    if tone == "8":
        return low + 12
    above = [low + step for step in range(2, 12) if (low + step) % 12 in chord.tones]
    fifth = next((i for i in (7, 6, 8) if (chord.root + i) % 12 in chord.tones), 7)
    wanted = (chord.root + fifth) % 12 if chord.low == chord.root else chord.root
    if tone == "3":
        return above[0] if above else low
    if tone == "6":
        return low + (chord.root + 9 - low) % 12
    pitch = low + (wanted - low) % 12
    return pitch - 12 if tone == "L" else pitch


def _walk(part: Part, chords: Sequence[Harmony], after: Harmony, form: Form, rng: random.Random) -> Iterator[Note]:
    """Yield a walking line: a note per beat, toward the next chord's bass, reached from a step away."""
    pitch = nearest(chords[0].chord.low, part.center)
    for index, harmony in enumerate(chords):
        following = chords[index + 1] if index + 1 < len(chords) else after
        pitch = _near_in_range(harmony.chord.low, pitch, part.center)
        target = _near_in_range(following.chord.low, pitch, part.center)
        count = max(1, round(harmony.length))
        direction = rng.choice((-1, 1)) if target == pitch else (1 if target > pitch else -1)
        line = _line(pitch, target, harmony.chord, count, direction, rng)
        yield from _in_rhythm(line, harmony, rng)
        pitch = line[-1]


def _near_in_range(pitch_class: int, around: int, center: int) -> int:
    pitch = nearest(pitch_class, (around + center) / 2)
    while pitch < LOW:
        pitch += 12
    while pitch > HIGH:
        pitch -= 12
    return pitch


def _line(pitch: int, target: int, chord: Chord, count: int, direction: int, rng: random.Random) -> list[int]:
    """Return `count` pitches from a chord's bass to a step before the target: chord tones, then an approach."""
    line = [pitch]
    for left in range(count - 1, 0, -1):
        if left == 1:
            approaches = [target + step for step in (-1, 1, -2, 2) if target + step != line[-1]]
            line.append(rng.choice(approaches[:3]))
            break
        reach = range(line[-1] + 2 * direction, line[-1] + 8 * direction, direction)
        tones = [p for p in reach if p % 12 in chord.tones and LOW - 2 <= p <= HIGH + 3]
        if not tones:
            direction = -direction
            reach = range(line[-1] + 2 * direction, line[-1] + 9 * direction, direction)
            tones = [p for p in reach if p % 12 in chord.tones and LOW - 2 <= p <= HIGH + 3]
        line.append(rng.choice(tones[:2]) if tones else line[-1])
        if rng.random() < 0.25:
            direction = -direction
    return line


def _in_rhythm(line: Sequence[int], harmony: Harmony, rng: random.Random) -> Iterator[Note]:
    """Yield a line in quarters, with skipped beats and swung doublings here and there."""
    skipped = rng.choice((0, 0, 0, 0, 1)) if len(line) > 3 else 0
    doubled = rng.randrange(len(line)) if rng.random() < 0.3 else -1
    for number, pitch in enumerate(line):
        at = harmony.start + number
        if skipped and number == 1:
            continue
        length = 1.95 if skipped and number == 0 else 0.95
        if number == doubled:
            yield Note(at, 0.6, pitch, 0.78)
            yield Note(at + 0.66, 0.3, pitch, 0.5)
        else:
            yield Note(at, length, pitch, 0.85 if number % 2 == 0 else 0.75)
