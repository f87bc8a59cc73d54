"""Humanized timing: swing, looseness, a lagging snare. It applies to MIDI export too."""

import random
from collections.abc import Iterable
from dataclasses import replace

from generator.composer.styles import Style
from generator.composer.writing.notes import Hit, Note

LAGGING_DRUMS = ("snare", "clap")
CHORD_SPREAD = 0.25  # share of the looseness between notes of one chord
DRUM_LOOSENESS = 0.35  # share of the looseness for drummers
DRIFT_SHARE = 0.6  # share of the last note's shift that a player keeps: timing drifts instead of jittering


def swing(beat: float, style: Style) -> float:
    """Move a position on the straight sixteenth grid to its swung position, in beats; triplets are unchanged."""
    steps = beat * 4
    if style.swing == 0.5 or abs(steps - round(steps)) > 1e-6:
        return beat
    pair = 2 * style.swing_unit
    whole, inside = divmod(round(steps), pair)
    share = inside / pair
    swung_share = share * 2 * style.swing if share <= 0.5 else style.swing + (share - 0.5) * 2 * (1 - style.swing)
    return (whole + swung_share) * pair / 4


def humanize_notes(notes: Iterable[Note], style: Style, beat_s: float, end: float, rng: random.Random) -> list[Note]:
    """Return notes with humanized timing, in order; none before the start, none at or after `end`."""
    shifts: dict[float, float] = {}
    humanized = []
    drift = 0.0
    for note in sorted(notes, key=lambda note: (note.start, note.pitch)):
        if note.start not in shifts:
            drift = DRIFT_SHARE * drift + (1 - DRIFT_SHARE**2) ** 0.5 * _gauss(rng, style.loose)
            shifts[note.start] = drift if note.start > 0 else 0.0
        own_shift = _gauss(rng, style.loose * CHORD_SPREAD) if note.start > 0 else 0.0
        swung_start = swing(note.start, style)
        length = max(0.05, swing(note.start + note.length, style) - swung_start)
        start = min(max(0.0, swung_start + (shifts[note.start] + own_shift) / beat_s), end - 0.02)
        humanized.append(replace(note, start=start, length=length))
    return sorted(humanized, key=lambda note: note.start)


def humanize_hits(hits: Iterable[Hit], style: Style, beat_s: float, end: float, rng: random.Random) -> list[Hit]:
    """Return hits (already swung) with a drummer's timing, in order."""
    humanized = []
    for hit in sorted(hits, key=lambda hit: (hit.start, hit.drum)):
        lag = style.laid_back * (hit.drum in LAGGING_DRUMS)
        shift = _gauss(rng, style.loose * DRUM_LOOSENESS) if hit.start > 0 else 0.0
        humanized.append(replace(hit, start=min(max(0.0, hit.start + (lag + shift) / beat_s), end - 0.02)))
    return sorted(humanized, key=lambda hit: hit.start)


def _gauss(rng: random.Random, spread: float) -> float:
    """Return a normal random value, limited to 2.5 times the spread."""
    return max(-2.5 * spread, min(2.5 * spread, rng.gauss(0, spread)))
