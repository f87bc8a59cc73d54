"""How it is played rather than what: swing, a hand's looseness, a snare that lags. MIDI has it too."""

import random
from collections.abc import Iterable
from dataclasses import replace

from generator.composer.notes import Hit, Note
from generator.composer.styles import Style

LAGGING = ("snare", "clap")
SPREAD = 0.25  # share of the looseness that notes of one chord have among themselves
STEADY = 0.35  # share of it that a drummer has
DRIFT = 0.6  # how much of the last note's shift a player keeps: hands wander, they do not jitter


def swung(beat: float, style: Style) -> float:
    """Move a place on the straight sixteenth grid to where the style swings it; triplets are left alone (beats)."""
    steps = beat * 4
    if style.swing == 0.5 or abs(steps - round(steps)) > 1e-6:
        return beat
    pair = 2 * style.swing_unit
    whole, inside = divmod(round(steps), pair)
    share = inside / pair
    moved = share * 2 * style.swing if share <= 0.5 else style.swing + (share - 0.5) * 2 * (1 - style.swing)
    return (whole + moved) * pair / 4


def played(notes: Iterable[Note], style: Style, beat_s: float, end: float, dice: random.Random) -> list[Note]:
    """Notes as a player of the style would time them, in order; nothing before the start or at or after `end`."""
    together: dict[float, float] = {}
    felt = []
    drift = 0.0
    for note in sorted(notes, key=lambda note: (note.start, note.pitch)):
        if note.start not in together:
            drift = DRIFT * drift + (1 - DRIFT**2) ** 0.5 * _gauss(dice, style.loose)
            together[note.start] = drift if note.start > 0 else 0.0
        own = _gauss(dice, style.loose * SPREAD) if note.start > 0 else 0.0
        at = swung(note.start, style)
        length = max(0.05, swung(note.start + note.length, style) - at)
        start = min(max(0.0, at + (together[note.start] + own) / beat_s), end - 0.02)
        felt.append(replace(note, start=start, length=length))
    return sorted(felt, key=lambda note: note.start)


def drummed(hits: Iterable[Hit], style: Style, beat_s: float, end: float, dice: random.Random) -> list[Hit]:
    """Hits (already swung) as a drummer of the style would time them, in order."""
    felt = []
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.drum)):
        late = style.laid_back * (hit.drum in LAGGING)
        loose = _gauss(dice, style.loose * STEADY) if hit.start > 0 else 0.0
        felt.append(replace(hit, start=min(max(0.0, hit.start + (late + loose) / beat_s), end - 0.02)))
    return sorted(felt, key=lambda hit: hit.start)


def _gauss(dice: random.Random, spread: float) -> float:
    """Normal, but never more than two and a half times the spread away."""
    return max(-2.5 * spread, min(2.5 * spread, dice.gauss(0, spread)))
