"""From written notes to played ones: who slurs, scoops, wavers, swells and pedals, note by note.

Pitch moves only where a line has one voice, as a MIDI channel has one pitch bend. All choices are drawn from the line's
name, so they are the same in every rendering of it.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from generator.composer.performing.gestures import FALL_S, Gesture
from generator.composer.performing.manners import Manner, manner_of
from generator.composer.writing.notes import Line, Note, Score

TOUCH_BEATS = 0.13  # notes that overlap less, or are less apart, follow each other directly
MAX_SLUR_SEMITONES = 9
MAX_GLIDE_CENTS = 150.0
MIN_SCOOPED_S, MIN_FALLEN_S = 0.2, 0.3
FALL_SHARE = 0.25
PHRASE_GAP_BEATS = 1.0  # of rest, between two phrases
MIN_PHRASE_BEATS, PHRASE_BARS = 1.5, 2
PEAK_SHARE = 0.6  # of a phrase, at its loudest moment
PEDAL_LATE_BEATS, PEDAL_EARLY_BEATS = 0.06, 0.04  # the foot follows the hand
MIN_PEDAL_FILL = 0.5  # share of the time between strokes that notes are held, in music that is pedaled
MAX_PEDAL_S = 2.5
PEDALED_ROLES = ("comp", "pad", "arp")


@dataclass(frozen=True)
class PerformedNote:
    """A note as it is played. Times in beats; `sounding` is its length with the pedal; `turn` counts its pitch."""

    start: float
    length: float
    pitch: int
    velocity: float
    sounding: float
    turn: int
    gesture: Gesture


@dataclass(frozen=True)
class PerformedLine:
    """A line as it is played. `swells` are breakpoints (beat, dB); `pedal` is when it goes down and up, in beats."""

    notes: tuple[PerformedNote, ...]
    swells: tuple[tuple[float, float], ...]
    pedal: tuple[tuple[float, float], ...]


def perform(line: Line, score: Score) -> PerformedLine:
    """Play a line of a score: as many notes as are written, at the same times and pitches."""
    manner = manner_of(line.part.instrument)
    notes = sorted(line.notes, key=lambda note: (note.start, note.pitch))
    phrases = list(_phrases(notes, PHRASE_BARS * score.form.beats))
    pedal = tuple(_pedal(notes, line.part.role, manner, score))
    played = [
        PerformedNote(note.start, note.length, note.pitch, velocity, note.length, turn, gesture)
        for note, velocity, turn, gesture in zip(
            notes,
            _velocities(notes, phrases, manner),
            _turns(notes),
            _gestures(notes, manner, score.form.beat_s, random.Random(f"{line.name}/performance")),
            strict=True,
        )
    ]
    joined = (_join(note, following) for note, following in zip_longest(played, played[1:]))
    sustained = tuple(_sustain(note, pedal, score.form.beat_s) for note in joined)
    return PerformedLine(sustained, tuple(_swells(notes, phrases, manner)), pedal)


# --- pitch ---


def _gestures(notes: Sequence[Note], manner: Manner, beat_s: float, rng: random.Random) -> Iterator[Gesture]:
    alone = _alone(notes)
    slurs = [
        number > 0
        and alone[number]
        and alone[number - 1]
        and _follows(notes[number - 1], note)
        and rng.random() < manner.slur_share
        for number, note in enumerate(notes)
    ]
    for number, note in enumerate(notes):
        draws = [rng.random() for _ in range(6)]
        if not alone[number]:
            yield Gesture()
            continue
        following = notes[number + 1] if number + 1 < len(notes) else None
        leads_on = following is not None and slurs[number + 1]
        seconds = (following.start - note.start if following and leads_on else note.length) * beat_s
        gesture = _vibrato(manner, seconds, note.velocity, draws)
        if slurs[number]:
            step = 60.0 * (notes[number - 1].pitch - note.pitch)
            glide = max(-MAX_GLIDE_CENTS, min(MAX_GLIDE_CENTS, step))
            gesture = replace(gesture, from_cents=glide, settle_s=manner.glide_s, slurred=True)
        elif seconds >= MIN_SCOOPED_S and draws[3] < manner.scoop_share:
            scoop = -manner.scoop_cents * (0.6 + 0.6 * draws[4])
            gesture = replace(gesture, from_cents=scoop, settle_s=manner.scoop_s)
        is_last = following is None or following.start - note.start - note.length > 0.5
        if is_last and manner.fall_cents and seconds >= MIN_FALLEN_S and draws[5] < FALL_SHARE:
            gesture = replace(gesture, fall_cents=manner.fall_cents * (0.6 + 0.4 * draws[4]))
        yield replace(gesture, leads_on=leads_on)


def _vibrato(manner: Manner, seconds: float, velocity: float, draws: Sequence[float]) -> Gesture:
    after_s = manner.vibrato_after_s * (0.8 + 0.6 * draws[0])
    if not manner.vibrato_cents or seconds < after_s + FALL_S:
        return Gesture()
    depth = manner.vibrato_cents * (0.75 + 0.45 * draws[1]) * (0.7 + 0.5 * velocity)
    return Gesture(vibrato_cents=depth, vibrato_hz=manner.vibrato_hz * (0.95 + 0.1 * draws[2]), vibrato_after_s=after_s)


def _alone(notes: Sequence[Note]) -> list[bool]:
    """Return of each note whether no other sounds with it for longer than a touch."""
    alone, ends_before = [], -1e9
    for number, note in enumerate(notes):
        next_start = notes[number + 1].start if number + 1 < len(notes) else 1e9
        end = note.start + note.length
        alone.append(ends_before <= note.start + TOUCH_BEATS and next_start >= end - TOUCH_BEATS)
        ends_before = max(ends_before, end)
    return alone


def _follows(before: Note, note: Note) -> bool:
    gap = note.start - before.start - before.length
    return abs(gap) <= TOUCH_BEATS and 1 <= abs(note.pitch - before.pitch) <= MAX_SLUR_SEMITONES


def _join(note: PerformedNote, following: PerformedNote | None) -> PerformedNote:
    """Hold a note until the slurred one that follows."""
    if following is None or not note.gesture.leads_on:
        return note
    length = max(0.02, following.start - note.start)
    return replace(note, length=length, sounding=length)


def _turns(notes: Sequence[Note]) -> Iterator[int]:
    counts: Counter[int] = Counter()
    for note in notes:
        yield counts[note.pitch]
        counts[note.pitch] += 1


# --- dynamics ---


def _phrases(notes: Sequence[Note], longest: float) -> Iterator[tuple[float, float]]:
    """Yield begin and end of runs of notes without a rest, none much longer than `longest` beats."""
    if not notes:
        return
    begin, end = notes[0].start, notes[0].start + notes[0].length
    for note in notes[1:]:
        if note.start - end >= PHRASE_GAP_BEATS or note.start - begin >= longest:
            yield begin, end
            begin, end = note.start, note.start
        end = max(end, note.start + note.length)
    yield begin, end


def _arch(beat: float, phrase: tuple[float, float]) -> float:
    """Return how far a phrase has risen at a beat: 0 at its ends, 1 at its peak."""
    begin, end = phrase
    share = (beat - begin) / max(0.01, end - begin)
    return max(0.0, share / PEAK_SHARE if share < PEAK_SHARE else (1 - share) / (1 - PEAK_SHARE))


def _velocities(notes: Sequence[Note], phrases: Sequence[tuple[float, float]], manner: Manner) -> Iterator[float]:
    remaining = iter(phrases)
    phrase = next(remaining, (0.0, 0.0))
    for note in notes:
        while note.start > phrase[1] + 1e-6:
            phrase = next(remaining)
        lift = manner.velocity_swell * (2 * _arch(note.start, phrase) - 1) * (phrase[1] - phrase[0] > MIN_PHRASE_BEATS)
        yield min(1.0, max(0.02, note.velocity * (1 + lift)))


def _swells(
    notes: Sequence[Note], phrases: Sequence[tuple[float, float]], manner: Manner
) -> Iterator[tuple[float, float]]:
    """Yield the breakpoints of hairpins: every phrase rises to its peak and falls, around its written loudness."""
    if not manner.swell_db:
        return
    for begin, end in phrases:
        if end - begin < MIN_PHRASE_BEATS:
            continue
        yield begin, -manner.swell_db / 2
        yield begin + PEAK_SHARE * (end - begin), manner.swell_db / 2
        yield end, -manner.swell_db / 2


# --- pedal ---


def _pedal(notes: Sequence[Note], role: str, manner: Manner, score: Score) -> Iterator[tuple[float, float]]:
    """Yield when the pedal is held: under every chord whose notes are held rather than short."""
    if not manner.pedal or role not in PEDALED_ROLES:
        return
    for harmony in score.harmony:
        begin, end = harmony.start, harmony.start + harmony.length
        inside = [note for note in notes if begin - TOUCH_BEATS <= note.start < end - TOUCH_BEATS]
        strokes = len({round(note.start * 4) for note in inside})
        if not inside:
            continue
        held = sum(note.length for note in inside) / len(inside)
        if held * strokes >= MIN_PEDAL_FILL * (end - begin):
            yield begin + PEDAL_LATE_BEATS, end - PEDAL_EARLY_BEATS


def _sustain(note: PerformedNote, pedal: Sequence[tuple[float, float]], beat_s: float) -> PerformedNote:
    end = note.start + note.length
    for down, up in pedal:
        if down - 2 * TOUCH_BEATS <= note.start and down <= end < up:
            return replace(note, sounding=max(note.length, min(up - note.start, note.length + MAX_PEDAL_S / beat_s)))
    return note
