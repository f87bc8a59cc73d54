"""How a piece ends: the gestures that a style draws one from, and the time they bend.

ring    the last chord, rolled, rings out
slow    the last bar holds back, then the chord
stop    the band breaks off before the end of the last bar, then strikes the chord together
button  the chord is short, and a second one, lower, closes the door
tail    the beginning of the tune is said once more over the ringing chord
"""

from collections.abc import Iterable
from dataclasses import replace

from generator.composer.chance import Chance
from generator.composer.form import Form
from generator.composer.notes import Hit, Note
from generator.composer.styles import Style

HELD_BACK = 0.12  # of the last bar, by which a slowing one is longer
LEAST_RING = 3.5  # beats; with less time after the last bar there is only room to ring
BUTTON_BEATS = 1.0  # from the short chord to the closing one
STOPS = 1.5  # beats of silence before the last chord


def chosen(style: Style, form: Form, chance: Chance) -> str:
    """The ending of a piece; a loop has none."""
    if form.loop:
        return ""
    return (
        chance.of("ending").choice(style.endings)
        if form.ring_s / form.beat_s >= LEAST_RING and form.bars >= 4
        else "ring"
    )


def held(beat: float, form: Form, ending: str) -> float:
    """Where a beat falls when the last bar slows down: quadratic over the bar, so that the tempo bends evenly."""
    begin = form.end - form.beats
    if ending != "slow" or beat <= begin:
        return beat
    share = min(1.0, (beat - begin) / form.beats)
    return beat + HELD_BACK * form.beats * share**2


def stopped(notes: Iterable[Note], form: Form, ending: str) -> list[Note]:
    """Leave out what would sound in the break before the last chord."""
    notes = list(notes)
    if ending != "stop":
        return notes
    silent = form.end - STOPS
    kept = [note for note in notes if not silent <= note.start < form.end - 0.01]
    return [
        replace(note, length=silent - note.start) if note.start < silent < note.start + note.length else note
        for note in kept
    ]


def last_strokes(style: Style, form: Form, ending: str) -> list[Hit]:
    """What the drummer does with the last chord."""
    low = "ride" if style.kit == "brushes" else "kick"
    if ending == "button":
        return [
            Hit(form.end, low, 0.65),
            Hit(form.end + BUTTON_BEATS, low, 0.75),
            Hit(form.end + BUTTON_BEATS, "crash", 0.3),
        ]
    return [Hit(form.end, low, 0.6), Hit(form.end, "crash", 0.4)]
