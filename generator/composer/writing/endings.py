"""Endings: the gestures from which a style draws one, and the ritardando.

ring    the last chord, rolled, rings out
slow    the last bar slows down, then the chord
stop    the band stops before the end of the last bar, then plays the chord together
button  a short chord, then a second, lower one
tail    the beginning of the melody once more, over the ringing chord
"""

import math
from collections.abc import Iterable
from dataclasses import replace

from generator.composer.styles import Style
from generator.composer.writing.form import Form
from generator.composer.writing.notes import Hit, Note
from generator.composer.writing.rng import RngFactory

RITARDANDO_SHARE = 0.12  # share of the last bar by which a ritardando lengthens it
MIN_RING_BEATS = 3.5  # beats; with less time after the last bar, the ending is always "ring"
BUTTON_BEATS = 1.0  # from the short chord to the final one
STOP_BEATS = 1.5  # beats of silence before the last chord


def choose_ending(style: Style, form: Form, rngs: RngFactory) -> str:
    """Draw the ending of a piece; a loop has none."""
    if form.loop:
        return ""
    return (
        rngs.derive("ending").choice(style.endings)
        if form.ring_s / form.beat_s >= MIN_RING_BEATS and form.bars >= 4
        else "ring"
    )


def slow_down(beat: float, form: Form, ending: str) -> float:
    """Return where a beat falls in a ritardando: quadratic over the last bar, so that the tempo changes evenly."""
    begin = form.end - form.beats
    if ending != "slow" or beat <= begin:
        return beat
    share = min(1.0, (beat - begin) / form.beats)
    return beat + RITARDANDO_SHARE * form.beats * share**2


def written_beat(beat: float, form: Form, ending: str) -> float:
    """Return the beat that sounds at a beat of a ritardando: the inverse of `slow_down`."""
    begin = form.end - form.beats
    if ending != "slow" or beat <= begin:
        return beat
    share = (beat - begin) / form.beats
    if share >= 1 + RITARDANDO_SHARE:
        return beat - RITARDANDO_SHARE * form.beats
    root = (math.sqrt(1 + 4 * RITARDANDO_SHARE * share) - 1) / (2 * RITARDANDO_SHARE)
    return begin + root * form.beats


def cut_for_stop(notes: Iterable[Note], form: Form, ending: str) -> list[Note]:
    """Remove notes in the break before the last chord, and shorten those that reach into it."""
    notes = list(notes)
    if ending != "stop":
        return notes
    stop_beat = form.end - STOP_BEATS
    remaining = [note for note in notes if not stop_beat <= note.start < form.end - 0.01]
    return [
        replace(note, length=stop_beat - note.start) if note.start < stop_beat < note.start + note.length else note
        for note in remaining
    ]


def last_strokes(style: Style, form: Form, ending: str) -> list[Hit]:
    """Return the drum hits on the last chord."""
    low = "ride" if style.kit == "brushes" else "kick"
    if ending == "button":
        return [
            Hit(form.end, low, 0.65),
            Hit(form.end + BUTTON_BEATS, low, 0.75),
            Hit(form.end + BUTTON_BEATS, "crash", 0.3),
        ]
    return [Hit(form.end, low, 0.6), Hit(form.end, "crash", 0.4)]
