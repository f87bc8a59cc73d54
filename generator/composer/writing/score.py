"""The score: chords with voice leading, then every player of the ensemble over them, then the drums.

Everything is written in C and transposed at the end, and every section of every player has its own random generator. A
piece therefore keeps its notes in another key, tempo or length, and without some players (variations.py).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from generator.composer.exclusions import is_left_out, strokes_left_out
from generator.composer.styles import EXTRAS, STYLES, Part, Style
from generator.composer.text.prompt_parsing import Brief
from generator.composer.writing import accompaniment, drums, endings, humanize, melody
from generator.composer.writing.arranging.arrangement import DRUMS, Arrangement, arrange
from generator.composer.writing.arranging.automation import automate
from generator.composer.writing.form import Form, Section
from generator.composer.writing.harmony.progressions import generate
from generator.composer.writing.notes import Harmony, Hit, Line, Note, Score
from generator.composer.writing.rng import RngFactory

RANGES = {"bass": (26, 55), "pad": (36, 93), "comp": (43, 86), "arp": (43, 98), "lead": (57, 93), "counter": (52, 88)}
MIN_TRANSPOSITION, MAX_TRANSPOSITION = -6, 5  # largest transposition from C, in semitones
MELODIC_ROLES = ("lead", "counter")
SINGLE_PATTERNS = ("slow", "bowls")  # of arpeggios that are single notes, and may lie above the tune
ACCENT_BEATS, ACCENT_REST_BEATS, ACCENT_VELOCITY = 1.5, 0.45, 0.95  # of the accents that a text names
BED_ATTENUATION_DB = 3.0  # dB by which the melody is lowered behind a voice


def write(brief: Brief, form: Form, take: int) -> Score:
    """Write the whole piece; the same brief, form and take give the same notes."""
    style = STYLES[brief.style]
    rngs = RngFactory(f"{brief.seed}/{take}/{brief.style}")
    ending = endings.choose_ending(style, form, rngs)
    harmony = generate(style, brief.mode, form, take, brief.seed)
    leads = [part for part in style.parts if part.role == "lead"]
    tunes = melody.Tunes(brief, form, leads, rngs)
    semitones = (brief.tonic - MIN_TRANSPOSITION) % 12 + MIN_TRANSPOSITION
    ensemble = tuple(_ensemble(brief, style))
    arrangement = _arrange(brief, style, form, ensemble, rngs)
    lines = []
    for name, part in ensemble:
        line = _Player(name, part, style, ending, rngs, arrangement, tunes).line(harmony)
        transposed = (replace(note, pitch=note.pitch + semitones) for note in _in_range(line, part))
        lines.append(Line(name, part, tuple(transposed)))
    hits = () if DRUMS in brief.leave_out else tuple(_hits(style, form, ending, rngs, arrangement, brief.leave_out))
    transposed_harmony = tuple(replace(item, chord=item.chord.transposed(semitones)) for item in harmony)
    automation = automate(arrangement, ensemble)
    return Score(
        form, transposed_harmony, tuple(lines), hits, brief.tonic, brief.mode, brief.texture, ending, automation
    )


def _arrange(
    brief: Brief, style: Style, form: Form, ensemble: Sequence[tuple[str, Part]], rngs: RngFactory
) -> Arrangement:
    """Arrange all players of the style, and the present ones among them."""
    everybody = tuple(_ensemble(replace(brief, leave_out=frozenset(), bed=False), style))
    present = [*(name for name, _ in ensemble), *([] if DRUMS in brief.leave_out else [DRUMS])]
    return arrange(brief, style, form, everybody, present, rngs)


def player_name(number: int, part: Part) -> str:
    """Return the name of a style's part, whose number counts from 0."""
    return f"{number + 1}-{part.role}-{part.instrument}"


def _ensemble(brief: Brief, style: Style) -> Iterator[tuple[str, Part]]:
    """Yield the players by name: the style's and the requested ones, minus the excluded ones."""
    parts = [
        (player_name(number, part), part)
        for number, part in enumerate(style.parts)
        if not is_left_out(brief.leave_out, part.family, part.instrument)
    ]
    parts += [(f"with-{EXTRAS[name].role}-{EXTRAS[name].instrument}", EXTRAS[name]) for name in sorted(brief.leave_in)]
    for name, part in parts:
        is_melodic = part.role in MELODIC_ROLES
        if "melody" in brief.leave_out and is_melodic:
            continue
        if brief.bed and part.role == "counter":
            continue
        yield name, replace(part, level=part.level - BED_ATTENUATION_DB * (brief.bed and is_melodic))


def _hits(
    style: Style,
    form: Form,
    ending: str,
    rngs: RngFactory,
    arrangement: Arrangement,
    left_out: Collection[str],
) -> list[Hit]:
    end = form.length_s / form.beat_s
    hits = drums.remove_break_hits(list(drums.play_drums(style, form, ending, rngs, arrangement)), form, ending)
    hits = arrangement.sounding_hits(hits, style.kit, drums.RISES)
    humanized: list[Hit] = []
    for section, section_hits in _by_section(hits, form):
        rng = rngs.derive("drums", section.id if section else "last", "feel")
        humanized += humanize.humanize_hits(section_hits, style, form.beat_s, end, rng)
    slowed_hits = [replace(hit, start=min(endings.slow_down(hit.start, form, ending), end - 0.02)) for hit in humanized]
    if any(style.grooves):
        slowed_hits += [hit for beat in arrangement.hits for hit in drums.hit_strokes(beat)]
    silent = strokes_left_out(left_out, style.kit)
    return sorted((hit for hit in slowed_hits if hit.drum not in silent), key=lambda hit: hit.start)


def _by_section(hits: list[Hit], form: Form) -> Iterator[tuple[Section | None, list[Hit]]]:
    for section in form.sections:
        begin, end = section.first_bar * form.beats, (section.last_bar + 1) * form.beats
        yield section, [hit for hit in hits if begin <= hit.start < end]
    yield None, [hit for hit in hits if hit.start >= form.end]


# --- the players ---


class _Player:
    """One part through the whole piece, section by section."""

    def __init__(
        self,
        name: str,
        part: Part,
        style: Style,
        ending: str,
        rngs: RngFactory,
        arrangement: Arrangement,
        tunes: melody.Tunes,
    ) -> None:
        self._name = name
        self._part = part
        self._style = style
        self._form = arrangement.form
        self._ending = ending
        self._rngs = rngs
        self._arrangement = arrangement
        self._tunes = tunes

    def line(self, harmony: tuple[Harmony, ...]) -> list[Note]:
        """Return its notes in C, humanized, in order."""
        form, end = self._form, self._form.length_s / self._form.beat_s
        last = None if form.loop else harmony[-1]
        humanized: list[Note] = []
        for section in form.sections:
            if not self._arrangement.is_playing(self._name, section):
                continue
            chords = [item for item in harmony if item.section is section and item is not last]
            next_harmony = next(
                (item for item in harmony if item.start >= chords[-1].start + chords[-1].length - 0.01),
                harmony[0],
            )
            written = self._section(section, chords, next_harmony)
            sounding = self._arrangement.sounding(self._name, self._part, written)
            notes = endings.cut_for_stop(sounding, form, self._ending)
            humanized += self._humanized(section, notes, end)
        ending = form.sections[-1:] if self._part.role == "arp" else form.sections[-2:]
        if last and any(self._arrangement.is_playing(self._name, section) for section in ending):
            rng = self._rngs.derive(self._name, "last", "feel")
            notes = self._arrangement.sounding(self._name, self._part, self._last(last))
            humanized += humanize.humanize_notes(notes, self._style, form.beat_s, end, rng)
        slowed = [self._slow_down(note, end) for note in humanized]
        return sorted(self._with_accents(slowed, harmony), key=lambda note: note.start)

    def _humanized(self, section: Section, notes: Sequence[Note], end: float) -> Iterator[Note]:
        """Humanize each unit of a section alone, so that who plays in one does not change the feel of the others."""
        for unit in self._arrangement.units:
            if unit.section is section:
                start, stop = unit.first_bar * self._form.beats, unit.end_bar * self._form.beats
                inside = [note for note in notes if start - 0.01 <= note.start < stop - 0.01]
                rng = self._rngs.derive(self._name, section.id, unit.number, "feel")
                yield from humanize.humanize_notes(inside, self._style, self._form.beat_s, end, rng)

    def _with_accents(self, notes: list[Note], harmony: tuple[Harmony, ...]) -> list[Note]:
        """Add the accents that the text names, struck by everybody but the melodic players, in a short rest."""
        part = self._part
        for beat in self._arrangement.hits if part.role not in MELODIC_ROLES else ():
            chord = next(item for item in reversed(harmony) if item.start <= beat + 0.5)
            struck = accompaniment.last_chord(part, replace(chord, start=beat, length=ACCENT_BEATS), "ring")
            around = (beat - ACCENT_REST_BEATS, beat + ACCENT_REST_BEATS)
            notes = [
                replace(note, length=min(note.length, around[0] - note.start)) if note.start < around[0] else note
                for note in notes
                if not around[0] <= note.start < around[1]
            ]
            notes += [replace(note, start=beat, velocity=ACCENT_VELOCITY) for note in struck]
        return notes

    def _section(self, section: Section, chords: list[Harmony], next_harmony: Harmony) -> list[Note]:
        """Write a section in C and move it into the section's key."""
        shift = chords[0].shift
        home = [replace(item, chord=item.chord.transposed(-shift)) for item in chords]
        if self._part.role in MELODIC_ROLES:
            written = self._sung(self._part, section, home)
        else:
            after = replace(next_harmony, chord=next_harmony.chord.transposed(-shift))
            keeps_tones = self._rngs.derive("ostinato", section.id).random() < self._arrangement.arc.ostinato
            passage = accompaniment.Passage(self._name, section, home, after, self._form, keeps_tones)
            written = list(accompaniment.play(self._part, passage, self._rngs))
            if self._part.role == "arp" and self._part.pattern not in SINGLE_PATTERNS:
                written = accompaniment.below(written, self._tune(section, home), self._form.beats)
        return [replace(note, pitch=note.pitch + shift) for note in written]

    def _sung(self, part: Part, section: Section, chords: Sequence[Harmony]) -> list[Note]:
        spans = [(harmony.start, harmony.start + harmony.length, harmony.chord) for harmony in chords]
        return [Note(*sung) for sung in self._tunes.phrase(part, section, spans)]

    def _tune(self, section: Section, chords: Sequence[Harmony]) -> list[Note]:
        """Return what all leads of the style sing in a section, whether or not they play in it."""
        if section.name == "intro":
            return []
        leads = [part for part in self._style.parts if part.role == "lead"]
        return [note for part in leads for note in self._sung(part, section, chords)]

    def _last(self, last: Harmony) -> Iterable[Note]:
        if self._part.role in MELODIC_ROLES:
            if self._arrangement.is_playing(self._name, self._form.sections[-1]):
                notes = self._tunes.end(self._part, (last.start, last.length, last.chord), self._ending)
                return [Note(*note) for note in notes]
            return []
        return accompaniment.last_chord(self._part, last, self._ending)

    def _slow_down(self, note: Note, end: float) -> Note:
        start = endings.slow_down(note.start, self._form, self._ending)
        if start == note.start:
            return note
        end_beat = endings.slow_down(note.start + note.length, self._form, self._ending)
        return replace(note, start=min(start, end - 0.02), length=max(0.05, end_beat - start))


def _in_range(notes: Iterable[Note], part: Part) -> Iterator[Note]:
    """Move notes by octaves into the part's range, the same for every key."""
    low, high = RANGES[part.role][0] - MIN_TRANSPOSITION, RANGES[part.role][1] - MAX_TRANSPOSITION
    for note in notes:
        pitch = note.pitch
        while pitch < low:
            pitch += 12
        while pitch > high:
            pitch -= 12
        yield replace(note, pitch=pitch) if pitch != note.pitch else note
