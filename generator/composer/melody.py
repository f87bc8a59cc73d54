"""Melodies: a motif of two bars, led through an arch of eight: said, answered openly, said higher, brought home.

Strong beats take chord tones; between them the line walks the scale. Verse and chorus have motifs of their own, the
chorus lying higher; when a section comes again, its tune is ornamented. Every section's tune comes home.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from generator.composer import triple
from generator.composer.brief import Brief
from generator.composer.chance import Chance
from generator.composer.form import Form, Section
from generator.composer.styles import Part
from generator.composer.theory import Chord, nearest, scale_pitches

CHORUS = ("B", "B2", "build")
WIDEST_LEAP, FURTHEST = 9, 14  # semitones: from note to note, from the centre
TRIES = 8
BRUSHED, RUB = 0.3, 12.0  # beats two notes may touch unnoticed; what a counter-line pays for a semitone to the tune
ORNAMENTED = 0.35  # of the notes that are long enough, when a section comes again
PICKED_UP = ("hook", "song", "bop")  # patterns that lead into the next statement with an upbeat
TONIC = Chord(0, (0, 4, 7))
Sung = tuple[float, float, int, float]  # start, length, pitch, velocity
Spans = Sequence[tuple[float, float, Chord]]


@dataclass(frozen=True)
class Turn:
    """What becomes of the motif in two bars."""

    shift: int  # scale steps above where it is at home
    sign: int = 1  # −1: upside down
    head: bool = False  # its first bar, twice, the second time a step lower
    rest: str = ""  # how it ends: "open" off the tonic, "home" on it and long


PERIOD = (Turn(0), Turn(1, rest="open"), Turn(2), Turn(1, head=True, rest="home"))
OTHER = (Turn(0), Turn(-1, sign=-1, rest="open"), Turn(3), Turn(0, rest="home"))
SHORT = (Turn(0), Turn(1, rest="home"))  # where four bars are all there is
ARCH = (0.94, 0.98, 1.1, 1.0)  # how strongly each turn of a period is sung


class Motif:
    """A rhythm of two bars and a contour in scale steps that goes somewhere."""

    def __init__(self, pattern: str, meter: str, dice: random.Random) -> None:
        self.rhythm = dice.choice(triple.motif(pattern, meter))
        for _ in range(TRIES):
            self.contour = _contour(len(self.rhythm), dice)
            if len(set(self.contour)) >= min(4, len(self.rhythm)):
                break

    def turned(self, turn: Turn, bar: float) -> list[tuple[float, float, int]]:
        """Its notes as (start, length, scale steps) after a turn; `bar` is the length of a bar in beats."""
        steps = [turn.shift + turn.sign * step for step in self.contour]
        notes = [(at, length, step) for (at, length), step in zip(self.rhythm, steps, strict=True)]
        head = [note for note in notes if note[0] < bar - 0.01]
        if turn.head and 1 < len(head) < len(notes):
            notes = [*head, *((at + bar, length, step - 1) for at, length, step in head)]
        return notes


def _contour(count: int, dice: random.Random) -> list[int]:
    """Mostly steps, some leaps, drawn back to where it began the further it has gone."""
    contour = [0]
    while len(contour) < count:
        moves = (-3, -2, -1, 1, 2, 3, 0)
        home = -1 if contour[-1] > 0 else 1
        pull = 1 + 0.3 * abs(contour[-1])
        weights = [
            w * (pull if m * home > 0 else 1) for w, m in zip((0.5, 1.2, 3, 3, 1.2, 0.5, 0.8), moves, strict=True)
        ]
        contour.append(contour[-1] + dice.choices(moves, weights)[0])
    return contour


class Tunes:
    """The motifs of one piece, shared by every section that sings them."""

    def __init__(self, brief: Brief, form: Form, leads: Sequence[Part], chance: Chance) -> None:
        """`leads` are the style's own, whoever plays: what listens to them is the same when they are left out."""
        self._leads = leads
        self._brief = brief
        self._form = form
        self._chance = chance
        self._scale = scale_pitches(0, brief.mode, 40, 108)

    def motif(self, pattern: str, chorus: bool) -> Motif:
        return Motif(pattern, self._form.meter, self._chance.of("motif", pattern, chorus))

    def phrase(self, part: Part, section: Section, chords: Spans) -> Iterator[Sung]:
        """Sing through a section in turns of two bars."""
        chorus = section.name in CHORUS
        motif = self.motif(part.pattern, chorus)
        lift = (4 if chorus else 0) + (2 if section.name == "B2" else 0)
        centre = part.centre + (lift if part.role == "lead" else 0)
        singer = _Singer(self._scale, centre, chords, self._above(part, section, chords))
        dice = self._chance.of("tune", part.pattern, part.centre, section.id)
        period = self._chance.of("period", part.pattern, chorus).choice((PERIOD, PERIOD, OTHER))
        bar = self._form.beats
        end = (section.last_bar + 1) * float(bar)
        whole = section.whole or section.bars
        count = -(-whole // 2)
        for number in range(section.into // 2, -(-(section.into + section.bars) // 2)):
            turn = period[number % 4] if whole > 4 else SHORT[number % 2]
            if number == count - 1 and count > 1:
                turn = replace(turn, rest="home")
            if self._brief.bed and number % 2:
                continue  # a voice has the other half of the time
            start = (section.first_bar - section.into + 2 * number) * float(bar)
            again = section.turn > 1 and number % 4 != 0
            yield from self._once(motif, turn, (start, end), singer, dice, section.energy * ARCH[number % 4], again)
            if turn.rest == "open" and part.pattern in PICKED_UP and part.role == "lead":
                yield from self._upbeat(motif, start, end, singer, section.energy)

    def _above(self, part: Part, section: Section, chords: Spans) -> list[Sung]:
        """The tune that a counter-line listens to; a lead listens to nobody."""
        leads = self._leads if part.role == "counter" else ()
        return [sung for lead in leads for sung in self.phrase(lead, section, chords)]

    def _once(
        self,
        motif: Motif,
        turn: Turn,
        span: tuple[float, float],
        singer: "_Singer",
        dice: random.Random,
        energy: float,
        again: bool,
    ) -> Iterator[Sung]:
        bar, pulse = float(self._form.beats), self._form.pulse
        start, end = span
        notes = motif.turned(turn, bar)
        last = len(notes) - 1
        for index, (at, length, step) in enumerate(notes):
            when, left_out = start + at, dice.random() > 0.45 + self._brief.density
            touch, ornament = dice.uniform(0.93, 1.05), dice.random() < ORNAMENTED
            if when >= end - 0.01:
                return
            if at % 1 != 0 and index and left_out:
                continue
            arch = 0.88 + 0.24 * (1 - abs(2 * index / max(1, last) - 1))
            velocity = min(1.0, (0.38 + 0.48 * energy) * arch * touch)
            if index == last and turn.rest:
                longer = length + 0.25 * bar if turn.rest == "home" else length
                pitch = singer.rest(step, when, longer, home=turn.rest == "home")
                yield when, min(longer, end - when), pitch, velocity
                continue
            pitch = singer.sing(step, when, length, strong=at % pulse == 0 or length >= 1.5 or index == last)
            if again and ornament and 0.95 <= length <= 1.6:
                yield when, length / 2, pitch, velocity
                passing = singer.sing(step + 1, when + length / 2, length / 2, strong=(at + length / 2) % pulse == 0)
                yield when + length / 2, length / 2, passing, velocity * 0.85
            else:
                yield when, min(length, end - when), pitch, velocity

    def _upbeat(self, motif: Motif, start: float, end: float, singer: "_Singer", energy: float) -> Iterator[Sung]:
        """Two quick notes that climb into the next statement, where the motif leaves room for them."""
        bars = 2.0 * self._form.beats
        last, length = motif.rhythm[-1]
        if last + length <= bars - 1 and start + bars < end - 0.01:
            for number, step in enumerate((0, 1)):
                when = start + bars - 1 + 0.5 * number
                yield when, 0.45, singer.sing(step, when, 0.45, strong=number == 0), min(1.0, 0.42 + 0.3 * energy)

    def closing(self, part: Part, last: tuple[float, float, Chord], ending: str) -> Iterator[Sung]:
        """The lead over the last chord: the tonic, or the beginning of the tune once more and then the tonic."""
        start, length, chord = last
        home = nearest(0 if 0 in chord.tones else chord.root, part.centre)
        if ending != "tail" or part.role != "lead":
            yield start, length, home, 0.6
            return
        motif = self.motif(part.pattern, chorus=False)
        singer = _Singer(self._scale, part.centre, [(start, start + length, chord)])
        begin, until = start + 1.0, start + length * 0.5
        when = begin
        for (at, _), step in list(zip(motif.rhythm, motif.contour, strict=True))[:4]:
            when = begin + at - motif.rhythm[0][0]
            if when >= until:
                break
            yield when, 0.9, singer.sing(step, when, 0.9, strong=True), 0.5
        if when + 1.0 < start + length - 0.5:
            yield when + 1.0, start + length - when - 1.0, home + 12 * (home + 12 - part.centre < FURTHEST), 0.45


class _Singer:
    """One voice over chords: turns scale steps around its centre into pitches, and remembers where it was."""

    def __init__(self, scale: list[int], centre: int, chords: Spans, above: Sequence[Sung] = ()) -> None:
        self._above = above
        self._scale = scale
        self._centre = centre
        self._chords = chords
        self._home = min(range(len(scale)), key=lambda i: abs(scale[i] - centre))
        self._sung: list[int] = []

    def rest(self, step: int, when: float, length: float, *, home: bool) -> int:
        """A resting tone: home is the tonic where the chord has it, else the root; open is any other of its tones."""
        tones = self._tones(when)
        resting = ({0} & tones or {self._chord(when).root}) if home else tones - {0} or tones
        return self._nearest(step, resting - self._rubbed(when, length) or tones, when, length)

    def sing(self, step: int, when: float, length: float, *, strong: bool) -> int:
        tones = self._tones(when)
        if strong:
            return self._nearest(step, tones, when, length)
        # a semitone above a chord tone grates even in passing
        grating = {(tone + 1) % 12 for tone in tones} - tones
        return self._nearest(step, {pitch % 12 for pitch in self._scale} - grating, when, length, reach=5)

    def _chord(self, when: float) -> Chord:
        return next((chord for start, end, chord in self._chords if start - 0.01 <= when < end - 0.01), TONIC)

    def _tones(self, when: float) -> frozenset[int]:
        return self._chord(when).tones

    def _nearest(
        self, step: int, classes: frozenset[int] | set[int], when: float, length: float, reach: int = 7
    ) -> int:
        wanted = self._scale[max(0, min(len(self._scale) - 1, self._home + step))]
        choice = [pitch for pitch in range(wanted - reach, wanted + reach + 1) if pitch % 12 in classes]
        rubbed = self._rubbed(when, length)
        pitch = min(choice or [wanted], key=lambda pitch: (self._cost(pitch, wanted, rubbed), pitch))
        while pitch - self._centre > FURTHEST:
            pitch -= 12
        while self._centre - pitch > FURTHEST:
            pitch += 12
        self._sung.append(pitch)
        return pitch

    def _rubbed(self, when: float, length: float) -> set[int]:
        """Pitch classes a semitone from what the tune sings meanwhile."""
        meanwhile = {
            pitch
            for start, lasts, pitch, _ in self._above
            if min(start + lasts, when + length) - max(start, when) > BRUSHED
        }
        return {(pitch + side) % 12 for pitch in meanwhile for side in (-1, 1)}

    def _cost(self, pitch: int, wanted: int, rubbed: set[int]) -> float:
        """Far from the contour, a wide leap, a rub with the tune, and worst of all the same note again and again."""
        cost = float(abs(pitch - wanted)) + RUB * (pitch % 12 in rubbed)
        if self._sung:
            cost += 3.0 * max(0, abs(pitch - self._sung[-1]) - WIDEST_LEAP)
            repeats = sum(1 for _ in itertools.takewhile(lambda sung: sung == pitch, reversed(self._sung)))
            cost += (0.0, 2.2, 6.0)[min(2, repeats)]
        return cost
