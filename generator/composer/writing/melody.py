"""Melodies: a two-bar motif in an eight-bar period: statement, open answer, development, close.

Strong beats take chord tones; between them the line follows the scale, altered as the chord demands. Verse and chorus
have their own motifs, and the chorus lies higher. When a section returns, its melody is developed and ornamented. Every
section's melody ends on the tonic. In solos leads improvise (figures/solos.py).
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from generator.composer.styles import STYLES, Part
from generator.composer.text.prompt_parsing import Brief
from generator.composer.writing.figures.motifs import Motif, Turn, period
from generator.composer.writing.figures.solos import improvise
from generator.composer.writing.form import Form, Section
from generator.composer.writing.rng import RngFactory
from generator.composer.writing.theory import Chord, nearest, scale_pitches

CHORUS, RETURNS = ("B", "B2", "build"), ("A2", "B2")
MAX_LEAP, MAX_DISTANCE = 9, 14  # semitones: between notes, from the center
MAX_OVERLAP_BEATS, SEMITONE_COST = (
    0.3,
    12.0,
)  # beats two notes may overlap unnoticed; cost of a counter-line a semitone from the melody
ORNAMENT_SHARE = 0.35  # share of sufficiently long notes that get ornaments when a section returns
UPBEAT_PATTERNS = ("hook", "song", "bop")  # patterns with an upbeat into the next statement
TONIC = Chord(0, (0, 4, 7))
Sung = tuple[float, float, int, float]  # start, length, pitch, velocity
Spans = Sequence[tuple[float, float, Chord]]


ARCH = (0.94, 0.98, 1.1, 1.0)  # dynamics of each turn of a period
SWING_OF_TRIPLETS = 0.6  # swing of eighths from which solos divide beats at two thirds


class Tunes:
    """The motifs of one piece, shared by all sections that use them."""

    def __init__(self, brief: Brief, form: Form, leads: Sequence[Part], rngs: RngFactory) -> None:
        """`leads` are all leads of the style, even excluded ones, so that dependent counter-lines stay the same."""
        self._leads = leads
        self._brief = brief
        self._form = form
        self._rngs = rngs
        self._scale = scale_pitches(0, brief.mode, 40, 108)

    def motif(self, pattern: str, chorus: bool) -> Motif:
        rng = self._rngs.derive("motif", pattern, chorus)
        return Motif(pattern, self._form.beats, self._form.pulse, rng)

    def _turns(self, part: Part, section: Section) -> tuple[Turn, ...]:
        """Draw the turns of a section; those of A2 and B2, and of returning sections, develop the motif."""
        rng = self._rngs.derive("period", part.pattern, section.name, section.turn)
        turn = section.turn + (section.name in RETURNS)
        return period(turn, rng)

    def _solo(self, part: Part, section: Section, chords: Spans) -> Iterator[Sung]:
        style = STYLES[self._brief.style]
        swing = style.swing > SWING_OF_TRIPLETS and style.swing_unit == 2
        rng = self._rngs.derive("solo", part.pattern, part.center, section.id)
        for sung in improvise(chords, self._scale, part.center, self._form.beats, swing, section.energy, rng):
            if not (self._brief.bed and int(sung[0] // (2 * self._form.beats)) % 2):
                yield sung

    def phrase(self, part: Part, section: Section, chords: Spans) -> Iterator[Sung]:
        """Yield the melody of a section in two-bar turns, or a solo."""
        if section.name == "solo" and part.role == "lead":
            yield from self._solo(part, section, chords)
            return
        chorus = section.name in CHORUS
        motif = self.motif(part.pattern, chorus)
        lift = (4 if chorus else 0) + (2 if section.name == "B2" else 0)
        center = part.center + (lift if part.role == "lead" else 0)
        singer = _Singer(self._scale, center, chords, self._lead_notes(part, section, chords))
        rng = self._rngs.derive("tune", part.pattern, part.center, section.id)
        turns = self._turns(part, section)
        bar = self._form.beats
        end = (section.last_bar + 1) * float(bar)
        total_bars = section.whole or section.bars
        count = -(-total_bars // 2)
        for number in range(section.into // 2, -(-(section.into + section.bars) // 2)):
            turn = turns[number % 4]
            if number == count - 1 and count > 1:
                turn = replace(turn, rest="home")
            if self._brief.bed and number % 2:
                continue  # the other half of the time is left to a voice
            start = (section.first_bar - section.into + 2 * number) * float(bar)
            is_repeat = section.turn > 1 and number % 4 != 0
            yield from self._play_turn(
                motif, turn, (start, end), singer, rng, section.energy * ARCH[number % 4], is_repeat
            )
            if turn.rest == "open" and part.pattern in UPBEAT_PATTERNS and part.role == "lead":
                yield from self._upbeat(motif, start, end, singer, section.energy)

    def _lead_notes(self, part: Part, section: Section, chords: Spans) -> list[Sung]:
        """Return the melody that a counter-line follows; empty for a lead."""
        leads = self._leads if part.role == "counter" else ()
        return [sung for lead in leads for sung in self.phrase(lead, section, chords)]

    def _play_turn(
        self,
        motif: Motif,
        turn: Turn,
        span: tuple[float, float],
        singer: "_Singer",
        rng: random.Random,
        energy: float,
        is_repeat: bool,
    ) -> Iterator[Sung]:
        bar, pulse = float(self._form.beats), self._form.pulse
        start, end = span
        notes = motif.turned(turn)
        last = len(notes) - 1
        for index, (offset, length, step) in enumerate(notes):
            onset, is_left_out = start + offset, rng.random() > 0.45 + self._brief.density
            strength, ornament = rng.uniform(0.93, 1.05), rng.random() < ORNAMENT_SHARE
            if onset >= end - 0.01:
                return
            if offset % 1 != 0 and index and is_left_out:
                continue
            arch = 0.88 + 0.24 * (1 - abs(2 * index / max(1, last) - 1))
            velocity = min(1.0, (0.38 + 0.48 * energy) * arch * strength)
            if index == last and turn.rest:
                full_length = length + 0.25 * bar if turn.rest == "home" else length
                pitch = singer.rest(step, onset, full_length, home=turn.rest == "home")
                yield onset, min(full_length, end - onset), pitch, velocity
                continue
            pitch = singer.sing(step, onset, length, strong=offset % pulse == 0 or length >= 1.5 or index == last)
            if is_repeat and ornament and 0.95 <= length <= 1.6:
                yield onset, length / 2, pitch, velocity
                passing = singer.sing(
                    step + 1, onset + length / 2, length / 2, strong=(offset + length / 2) % pulse == 0
                )
                yield onset + length / 2, length / 2, passing, velocity * 0.85
            else:
                yield onset, min(length, end - onset), pitch, velocity

    def _upbeat(self, motif: Motif, start: float, end: float, singer: "_Singer", energy: float) -> Iterator[Sung]:
        """Yield two quick notes that climb into the next statement, if the motif leaves space for them."""
        bars = 2.0 * self._form.beats
        last, length = motif.rhythm[-1]
        if last + length <= bars - 1 and start + bars < end - 0.01:
            for number, step in enumerate((0, 1)):
                onset = start + bars - 1 + 0.5 * number
                yield onset, 0.45, singer.sing(step, onset, 0.45, strong=number == 0), min(1.0, 0.42 + 0.3 * energy)

    def end(self, part: Part, last: tuple[float, float, Chord], ending: str) -> Iterator[Sung]:
        """Yield the lead over the last chord: the tonic, or the beginning of the melody again and then the tonic."""
        start, length, chord = last
        home = nearest(0 if 0 in chord.tones else chord.root, part.center)
        if ending != "tail" or part.role != "lead":
            yield start, length, home, 0.6
            return
        motif = self.motif(part.pattern, chorus=False)
        singer = _Singer(self._scale, part.center, [(start, start + length, chord)])
        begin, last_onset = start + 1.0, start + length * 0.5
        onset = begin
        for (offset, _), step in list(zip(motif.rhythm, motif.contour, strict=True))[:4]:
            onset = begin + offset - motif.rhythm[0][0]
            if onset >= last_onset:
                break
            yield onset, 0.9, singer.sing(step, onset, 0.9, strong=True), 0.5
        if onset + 1.0 < start + length - 0.5:
            yield onset + 1.0, start + length - onset - 1.0, home + 12 * (home + 12 - part.center < MAX_DISTANCE), 0.45


class _Singer:
    """One voice over chords: maps scale steps to pitches around its center and remembers its last notes."""

    def __init__(self, scale: list[int], center: int, chords: Spans, lead_notes: Sequence[Sung] = ()) -> None:
        self._lead_notes = lead_notes
        self._scale = scale
        self._center = center
        self._chords = chords
        self._home = min(range(len(scale)), key=lambda i: abs(scale[i] - center))
        self._sung: list[int] = []

    def rest(self, step: int, onset: float, length: float, *, home: bool) -> int:
        """Return a resting tone: home is the tonic if the chord has it, else the root; open is any other chord tone."""
        tones = self._tones(onset)
        resting = ({0} & tones or {self._chord(onset).root}) if home else tones - {0} or tones
        return self._nearest(step, resting - self._clashing(onset, length) or tones, onset, length)

    def sing(self, step: int, onset: float, length: float, *, strong: bool) -> int:
        tones = self._tones(onset)
        if strong:
            return self._nearest(step, tones, onset, length)
        classes = {pitch % 12 for pitch in self._scale}
        # a semitone above a chord tone is dissonant even in passing, and so is the tone that the chord alters
        altered = {(tone + side) % 12 for tone in tones - classes for side in (-1, 1)}
        dissonant = ({(tone + 1) % 12 for tone in tones} | altered) - tones
        return self._nearest(step, classes - dissonant, onset, length, reach=5)

    def _chord(self, onset: float) -> Chord:
        return next((chord for start, end, chord in self._chords if start - 0.01 <= onset < end - 0.01), TONIC)

    def _tones(self, onset: float) -> frozenset[int]:
        return self._chord(onset).tones

    def _nearest(
        self, step: int, classes: frozenset[int] | set[int], onset: float, length: float, reach: int = 7
    ) -> int:
        target = self._scale[max(0, min(len(self._scale) - 1, self._home + step))]
        candidates = [pitch for pitch in range(target - reach, target + reach + 1) if pitch % 12 in classes]
        clashing = self._clashing(onset, length)
        pitch = min(candidates or [target], key=lambda pitch: (self._cost(pitch, target, clashing), pitch))
        while pitch - self._center > MAX_DISTANCE:
            pitch -= 12
        while self._center - pitch > MAX_DISTANCE:
            pitch += 12
        self._sung.append(pitch)
        return pitch

    def _clashing(self, onset: float, length: float) -> set[int]:
        """Return the pitch classes a semitone away from the simultaneous melody notes."""
        sounding = {
            pitch
            for start, duration, pitch, _ in self._lead_notes
            if min(start + duration, onset + length) - max(start, onset) > MAX_OVERLAP_BEATS
        }
        return {(pitch + step) % 12 for pitch in sounding for step in (-1, 1)}

    def _cost(self, pitch: int, target: int, clashing: set[int]) -> float:
        """Return a pitch's cost: distance from the contour, leaps, clashes with the melody and, above all, repeats."""
        cost = float(abs(pitch - target)) + SEMITONE_COST * (pitch % 12 in clashing)
        if self._sung:
            cost += 3.0 * max(0, abs(pitch - self._sung[-1]) - MAX_LEAP)
            repeats = sum(1 for _ in itertools.takewhile(lambda sung: sung == pitch, reversed(self._sung)))
            cost += (0.0, 2.2, 6.0)[min(2, repeats)]
        return cost
