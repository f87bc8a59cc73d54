"""The notes: chords with voice leading, then every player of the ensemble over them, then the drums.

Everything is written in C and moved to the key at the end, and every section of every player has dice of its own: so
a piece keeps its notes in another key, tempo or length, and when players are left out (again.py).
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from generator.composer import drums, endings, feel, melody, players
from generator.composer.brief import Brief
from generator.composer.chance import Chance
from generator.composer.form import Form, Section
from generator.composer.notes import Harmony, Hit, Line, Note, Score
from generator.composer.styles import EXTRAS, STYLES, Part, Style
from generator.composer.theory import chord

RANGES = {"bass": (26, 55), "pad": (36, 93), "comp": (43, 86), "arp": (43, 98), "lead": (57, 93), "counter": (52, 88)}
DOWN, UP = -6, 5  # semitones a piece is moved from C at most
TUNEFUL = ("lead", "counter")
BED_LOWER = 3.0  # dB the tune steps back behind a voice


def write(brief: Brief, form: Form, take: int) -> Score:
    """Write the whole piece; the same brief, form and take give the same notes."""
    style = STYLES[brief.style]
    chance = Chance(f"{brief.seed}/{take}/{brief.style}")
    ending = endings.chosen(style, form, chance)
    harmony = tuple(_harmony(brief, style, form, take))
    leads = [part for part in style.parts if part.role == "lead"]
    tunes = melody.Tunes(brief, form, leads, chance)
    up = (brief.tonic - DOWN) % 12 + DOWN
    lines = []
    for name, part in _ensemble(brief, style, chance):
        line = _Player(name, part, style, form, ending, chance).line(harmony, tunes)
        moved = (replace(note, pitch=note.pitch + up) for note in _in_range(line, part))
        lines.append(Line(name, part, tuple(moved)))
    hits = () if "drums" in brief.leave_out else tuple(_hits(style, form, ending, chance))
    moved_harmony = tuple(replace(now, chord=replace(now.chord, root=(now.chord.root + up) % 12)) for now in harmony)
    return Score(form, moved_harmony, tuple(lines), hits, brief.tonic, brief.mode, brief.texture, ending)


def _ensemble(brief: Brief, style: Style, chance: Chance) -> Iterator[tuple[str, Part]]:
    """Who plays, by name: the style's players and those asked for, less those left out."""
    parts = [(f"{number + 1}-{part.role}-{part.instrument}", part) for number, part in enumerate(style.parts)]
    parts += [(f"with-{EXTRAS[name].role}-{EXTRAS[name].instrument}", EXTRAS[name]) for name in sorted(brief.leave_in)]
    for name, part in parts:
        tuneful = part.role in TUNEFUL
        if part.family in brief.leave_out or ("melody" in brief.leave_out and tuneful):
            continue
        if brief.bed and part.role == "counter":
            continue
        enter = part.enter + chance.of(name, "enter").uniform(-0.05, 0.05) if part.enter > 0.05 else part.enter
        yield name, replace(part, enter=enter, level=part.level - BED_LOWER * (brief.bed and tuneful))


def _hits(style: Style, form: Form, ending: str, chance: Chance) -> list[Hit]:
    end = form.length_s / form.beat_s
    struck = drums.broken_off(list(drums.play_drums(style, form, ending, chance)), form, ending)
    felt: list[Hit] = []
    for section, few in _by_section(struck, form):
        dice = chance.of("drums", section.id if section else "last", "feel")
        felt += feel.drummed(few, style, form.beat_s, end, dice)
    slowed = [replace(hit, start=min(endings.held(hit.start, form, ending), end - 0.02)) for hit in felt]
    return sorted(slowed, key=lambda hit: hit.start)


def _by_section(hits: list[Hit], form: Form) -> Iterator[tuple[Section | None, list[Hit]]]:
    for section in form.sections:
        begin, end = section.first_bar * form.beats, (section.last_bar + 1) * form.beats
        yield section, [hit for hit in hits if begin <= hit.start < end]
    yield None, [hit for hit in hits if hit.start >= form.end]


# --- harmony ---


def _harmony(brief: Brief, style: Style, form: Form, take: int) -> Iterator[Harmony]:
    """Every chord, in C. Sections of one kind have the same chords, however many bars they last.

    Takes go through the style's progressions in turn, so that two in a row never share theirs where there are more.
    """
    minor = brief.mode not in ("major", "lydian", "mixolydian")
    verse, chorus = (
        _in_turn(choices, Chance(f"{brief.seed}/{brief.style}").of("harmony", part, minor), take)
        for part, choices in (
            ("verse", style.minor_a if minor and style.minor_a else style.a),
            ("chorus", style.minor_b if minor and style.minor_b else style.b),
        )
    )
    length = form.beats * style.bars_a_chord
    for section in form.sections:
        words = chorus if section.name in melody.CHORUS else verse
        start, end = section.first_bar * float(form.beats), (section.last_bar + 1) * float(form.beats)
        number = int(section.into // style.bars_a_chord)
        while start < end - 0.01:
            yield Harmony(start, min(length, end - start), chord(words[number % len(words)], 0), section)
            start, number = start + length, number + 1
    if not form.loop:
        home = next(
            (word for word in verse if word.lower().startswith("i") and word[1:2] not in ("i", "I", "V", "v")), ""
        )
        last = chord(home or ("i" if minor else "I"), 0)
        yield Harmony(form.end, form.ring_s / form.beat_s, last, form.sections[-1])


def _in_turn(progressions: tuple[str, ...], dice: random.Random, take: int) -> list[str]:
    order = dice.sample(progressions, len(progressions))
    return order[(take - 1) % len(order)].split()


# --- the players ---


class _Player:
    """One part through the whole piece, section by section."""

    def __init__(self, name: str, part: Part, style: Style, form: Form, ending: str, chance: Chance) -> None:
        self._name = name
        self._part = part
        self._style = style
        self._form = form
        self._ending = ending
        self._chance = chance

    def line(self, harmony: tuple[Harmony, ...], tunes: melody.Tunes) -> list[Note]:
        """What it plays, in C, as it is felt, in order."""
        form, end = self._form, self._form.length_s / self._form.beat_s
        last = None if form.loop else harmony[-1]
        felt: list[Note] = []
        for section in form.sections:
            if not plays(self._part, section):
                continue
            now = [one for one in harmony if one.section is section and one is not last]
            after = next((one for one in harmony if one.start >= now[-1].start + now[-1].length - 0.01), harmony[0])
            notes = endings.stopped(self._section(section, now, after, tunes), form, self._ending)
            felt += feel.played(notes, self._style, form.beat_s, end, self._chance.of(self._name, section.id, "feel"))
        if last and any(plays(self._part, section) for section in form.sections[-2:]):
            dice = self._chance.of(self._name, "last", "feel")
            felt += feel.played(self._last(last, tunes), self._style, form.beat_s, end, dice)
        return sorted((self._held(note, end) for note in felt), key=lambda note: note.start)

    def _section(self, section: Section, now: list[Harmony], after: Harmony, tunes: melody.Tunes) -> list[Note]:
        if self._part.role in TUNEFUL:
            spans = [(one.start, one.start + one.length, one.chord) for one in now]
            return [Note(*sung) for sung in tunes.phrase(self._part, section, spans)]
        dice = self._chance.of(self._name, section.id)
        return list(players.play(self._part, now, after, self._form, dice))

    def _last(self, last: Harmony, tunes: melody.Tunes) -> Iterable[Note]:
        if self._part.role in TUNEFUL:
            if plays(self._part, self._form.sections[-1]):
                sung = tunes.closing(self._part, (last.start, last.length, last.chord), self._ending)
                return [Note(*one) for one in sung]
            return []
        return players.last_chord(self._part, last, self._ending)

    def _held(self, note: Note, end: float) -> Note:
        start = endings.held(note.start, self._form, self._ending)
        if start == note.start:
            return note
        stop = endings.held(note.start + note.length, self._form, self._ending)
        return replace(note, start=min(start, end - 0.02), length=max(0.05, stop - start))


def plays(part: Part, section: Section) -> bool:
    return part.enter <= section.energy + 1e-9 <= part.leave + 1e-9 or (part.enter <= 0 and part.leave > 1)


def _in_range(notes: Iterable[Note], part: Part) -> Iterator[Note]:
    """Notes by octaves into what is the part's range in every key."""
    low, high = RANGES[part.role][0] - DOWN, RANGES[part.role][1] - UP
    for note in notes:
        pitch = note.pitch
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        yield replace(note, pitch=pitch) if pitch != note.pitch else note
