"""Accompaniment over chords: bass lines, rhythmic chords, pads, arpeggios; written in C, bar by bar."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from generator.composer.styles import Part
from generator.composer.writing.endings import BUTTON_BEATS
from generator.composer.writing.figures import bass_lines
from generator.composer.writing.figures.bars import four_bars, sparse, vary_arp, vary_comp
from generator.composer.writing.form import Form, Section
from generator.composer.writing.notes import Harmony, Note
from generator.composer.writing.patterns import triple_meters
from generator.composer.writing.rng import RngFactory
from generator.composer.writing.theory import Chord, lead_voices, nearest

STRUMMED_PATTERNS = ("strum", "bossa", "rasgueo", "train")
REPEATED_PATTERNS = ("eighths", "gallop", "scratch", "offbeats", "boogie", "gate", "clavinet")
SPARSE_SECTIONS = ("intro", "break", "outro")  # in which some players play fewer notes
MAX_FIRST_BEAT = 0.6  # by which the first chord of a piece is struck
MIN_ARPEGGIO_PITCH = 50  # in C; lower is the range of the bass
HOME_CHORD = Chord(0, (0, 4, 7))  # voicing from which each section's voice leading starts


@dataclass(frozen=True)
class Passage:
    """What a player accompanies: a section's chords, the chord after it, and how the player is called.

    `keeps_tones`: an arpeggio keeps its tones under moving chords as far as it can.
    """

    name: str
    section: Section
    chords: Sequence[Harmony]
    after: Harmony
    form: Form
    keeps_tones: bool = False

    def voicing_at(self, beat: float, voicings: Sequence[tuple[int, ...]]) -> tuple[Harmony, tuple[int, ...]]:
        """Return the chord that sounds at a beat and its voicing."""
        index = max((i for i, item in enumerate(self.chords) if item.start <= beat + 0.01), default=0)
        return self.chords[index], voicings[index]

    @property
    def bars(self) -> range:
        return range(self.section.bars)


def play(part: Part, passage: Passage, rngs: RngFactory) -> Iterator[Note]:
    """Yield the notes of one section of an accompanying part."""
    section = passage.section
    basis, rng = rngs.derive(part.pattern, passage.name, section.name), rngs.derive(passage.name, section.id)
    voicings = lead_voices([harmony.chord for harmony in passage.chords], part.center, HOME_CHORD)
    match part.role:
        case "bass":
            written = bass_lines.play(part, passage.chords, passage.after, passage.form, basis, rng)
        case "pad":
            written = _pad(passage, voicings)
        case "comp":
            written = _comp(part, passage, voicings, basis, rng)
        case _:
            written = _arp(part, passage, voicings, basis, rng)
    for note in written:
        yield replace(note, velocity=_human(note.velocity, section, rng))


def last_chord(part: Part, harmony: Harmony, ending: str) -> Iterator[Note]:
    """Yield the part's notes for the ending."""
    if ending == "button" and part.role != "pad":
        yield from _strike(part, harmony, 0.0, 0.45, 0.7)
        yield from _strike(part, harmony, BUTTON_BEATS, harmony.length - BUTTON_BEATS, 0.78)
        return
    if ending == "button":
        yield from _strike(part, harmony, 0.0, BUTTON_BEATS + 0.6, 0.6)
        return
    spread = {"arp": 0.5, "comp": 0.05}.get(part.role, 0.0)
    yield from _strike(part, harmony, 0.0, harmony.length, 0.62 if part.role != "bass" else 0.75, spread)


def _strike(
    part: Part, harmony: Harmony, offset: float, length: float, velocity: float, spread: float = 0.0
) -> Iterator[Note]:
    if part.role == "bass":
        low = nearest(harmony.chord.low, part.center)
        yield Note(harmony.start + offset, length, low - (12 if offset and low > 40 else 0), velocity)
        return
    pitches = (
        _power(harmony, part)
        if part.pattern.startswith("power")
        else lead_voices([harmony.chord], part.center, HOME_CHORD)[0]
    )
    ladder = (*pitches, *(pitch + 12 for pitch in pitches[:2])) if part.role == "arp" and spread else pitches
    for number, pitch in enumerate(ladder):
        delay = min(number * spread, length / 2)
        yield Note(harmony.start + offset + delay, length - delay, pitch, velocity - 0.03 * number)


def _pad(passage: Passage, voicings: Sequence[tuple[int, ...]]) -> Iterator[Note]:
    for harmony, pitches in zip(passage.chords, voicings, strict=True):
        for pitch in pitches:
            yield Note(harmony.start, harmony.length * 1.01, pitch, 0.5)


def _comp(
    part: Part, passage: Passage, voicings: Sequence[tuple[int, ...]], basis: random.Random, rng: random.Random
) -> Iterator[Note]:
    bars = four_bars(triple_meters.comp(part.pattern, passage.form.meter), vary_comp, basis, rng)
    is_sparse = passage.section.name in SPARSE_SECTIONS and rng.random() < 0.5
    strum = 0.025 if part.pattern in STRUMMED_PATTERNS else 0.0
    for bar in passage.bars:
        begin = (passage.section.first_bar + bar) * float(passage.form.beats)
        steps = sparse(bars[bar % 4], rng) if is_sparse else bars[bar % 4]
        for number, (offset, length, velocity) in enumerate(_with_changes(steps, begin, passage)):
            harmony, pitches = passage.voicing_at(begin + offset, voicings)
            if part.pattern.startswith("power"):
                pitches = _power(harmony, part)
            sounding = _two_voices(pitches, number) if part.pattern in REPEATED_PATTERNS else pitches
            left = harmony.start + harmony.length - begin - offset
            order = sounding if number % 2 == 0 else sounding[::-1]
            for position, pitch in enumerate(order):
                strength = max(0.05, velocity * (1 - 0.04 * position))
                yield Note(begin + offset + position * strum, min(length, max(0.15, left)), pitch, strength)


def _with_changes(
    steps: Sequence[tuple[float, float, float]], begin: float, passage: Passage
) -> list[tuple[float, float, float]]:
    """Return the steps of a bar inside the section, with one for every chord that begins inside the bar unheard."""
    beats = passage.form.beats
    end = passage.chords[-1].start + passage.chords[-1].length
    kept = [step for step in steps if begin + step[0] < end - 0.01]
    if begin == 0 and not any(step[0] < MAX_FIRST_BEAT for step in kept):  # the piece starts at once
        kept.append((0.0, 0.9, 0.6))
    for harmony in passage.chords:
        change = harmony.start - begin
        if 0.01 < change < beats - 0.01 and not any(change - 0.01 <= step[0] < change + 1.1 for step in kept):
            kept.append((change, min(1.0, beats - change), 0.55))
    return sorted(kept)


def _two_voices(pitches: tuple[int, ...], number: int) -> tuple[int, ...]:
    """Return two voices, the top one moving, so that repeated figures do not strike the whole chord."""
    return (pitches[0], pitches[-1 - (number // 4) % 2])


def _power(harmony: Harmony, part: Part) -> tuple[int, ...]:
    """Return root, fifth and octave: what an overdriven guitar can play without mud."""
    root = nearest(harmony.chord.root, part.center)
    fifth = next((i for i in harmony.chord.intervals if i in (6, 7, 8)), 7)
    return (root, root + fifth, root + 12)


def _arp(
    part: Part, passage: Passage, voicings: Sequence[tuple[int, ...]], basis: random.Random, rng: random.Random
) -> Iterator[Note]:
    figures = triple_meters.arp(part.pattern, passage.form.meter)
    bars = four_bars(figures, vary_arp, basis, rng)
    is_sparse = passage.section.name in SPARSE_SECTIONS and rng.random() < 0.4
    ladders = _ladders(part, passage, voicings)
    end = passage.chords[-1].start + passage.chords[-1].length
    for bar in passage.bars:
        begin = (passage.section.first_bar + bar) * float(passage.form.beats)
        # the piece starts at once: no part rests at the beginning of the first bar
        figure = figures[0] if begin == 0 else sparse(bars[bar % 4], rng) if is_sparse else bars[bar % 4]
        for offset, rung, length, velocity in figure:
            if begin + offset < end - 0.01:
                _, ladder = passage.voicing_at(begin + offset, ladders)
                yield Note(begin + offset, length, ladder[rung % len(ladder)], velocity)


def _ladders(part: Part, passage: Passage, voicings: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the tones of each chord from low to high; an ostinato moves them as little as possible."""
    if part.pattern == "travis":
        return [
            (nearest(harmony.chord.root, 46), *pitches)
            for harmony, pitches in zip(passage.chords, voicings, strict=True)
        ]
    ladders: list[tuple[int, ...]] = []
    for harmony, pitches in zip(passage.chords, voicings, strict=True):
        ladder = (*pitches, *(pitch + 12 for pitch in pitches))
        if passage.keeps_tones and ladders:
            ladder = tuple(_nearest_tone(pitch, harmony.chord) for pitch in ladders[-1])
        ladders.append(ladder)
    return ladders


def below(notes: Sequence[Note], tune: Sequence[Note], beats: int) -> list[Note]:
    """Move the notes of an arpeggio by octaves below the tune, bar by bar."""
    ceilings: dict[int, int] = {}
    for note in tune:
        for bar in range(int(note.start // beats), int((note.start + note.length - 0.01) // beats) + 1):
            ceilings[bar] = min(note.pitch, ceilings.get(bar, note.pitch))
    moved = []
    for note in notes:
        pitch, ceiling = note.pitch, ceilings.get(int(note.start // beats), 128)
        while pitch >= ceiling and pitch - 12 >= MIN_ARPEGGIO_PITCH:
            pitch -= 12
        moved.append(replace(note, pitch=pitch))
    return moved


def _nearest_tone(pitch: int, chord: Chord) -> int:
    return min((pitch + step for step in (0, -1, 1, -2, 2, -3, 3, 4)), key=lambda p: p % 12 not in chord.tones)


def _human(velocity: float, section: Section, rng: random.Random) -> float:
    """Scale velocity by the section's energy and vary it randomly."""
    return min(1.0, max(0.08, velocity * (0.62 + 0.62 * section.energy) * rng.uniform(0.9, 1.08)))
