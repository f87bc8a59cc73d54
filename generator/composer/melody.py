"""Melodies: one motif a tune, stated, repeated over the next chords, varied, and answered to a rest.

Strong beats take chord tones; between them the line walks the scale. Verse and chorus have motifs of their own, the
chorus lying higher.
"""

import itertools
import random
from collections.abc import Iterator, Sequence

from generator.composer.brief import Brief
from generator.composer.form import BEATS, Section
from generator.composer.patterns import MOTIFS
from generator.composer.styles import Part, Style
from generator.composer.theory import Chord, scale_pitches

CHORUS = ("B", "B2", "build")
WIDEST_LEAP, FURTHEST = 9, 14  # semitones: from note to note, from the centre
TRIES = 8
Sung = tuple[float, float, int, float]  # start, length, pitch, velocity
Spans = Sequence[tuple[float, float, Chord]]


class Motif:
    """A rhythm of two bars and a contour in scale steps that goes somewhere."""

    def __init__(self, pattern: str, dice: random.Random) -> None:
        self.rhythm = dice.choice(MOTIFS[pattern])
        for _ in range(TRIES):
            self.contour = _contour(len(self.rhythm), dice)
            if len(set(self.contour)) >= min(4, len(self.rhythm)):
                break


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

    def __init__(self, brief: Brief, style: Style, dice: random.Random) -> None:
        self._brief = brief
        self._dice = dice
        self._motifs: dict[tuple[str, bool], Motif] = {}

    def phrase(self, part: Part, section: Section, chords: Spans) -> Iterator[Sung]:
        """Sing through a section in phrases of two bars: motif, motif again, its inversion, motif with a long end."""
        chorus = section.name in CHORUS
        motif = self._motifs.setdefault((part.pattern, chorus), Motif(part.pattern, self._dice))
        centre = part.centre + (4 if chorus and part.role == "lead" else 0)
        singer = _Singer(scale_pitches(self._brief.tonic, self._brief.mode, 48, 100), centre, chords)
        end = (section.last_bar + 1) * float(BEATS)
        for number in range(0, section.bars, 2):
            start = (section.first_bar + number) * float(BEATS)
            yield from self._once(motif, (number // 2) % 4, start, end, singer, section.energy)

    def _once(
        self, motif: Motif, turn: int, start: float, end: float, singer: "_Singer", energy: float
    ) -> Iterator[Sung]:
        sign, shift = (-1 if turn == 2 else 1), (0, 1, 0, -1)[turn]
        last = len(motif.rhythm) - 1
        for index, (at, length) in enumerate(motif.rhythm):
            when = start + at
            if when >= end - 0.01:
                return
            if at % 1 != 0 and index and self._dice.random() > 0.45 + self._brief.density:
                continue
            strong = at % 2 == 0 or length >= 1.5 or index == last
            pitch = singer.sing(shift + sign * motif.contour[index], when, strong=strong)
            sung = length + 1.0 if turn == 3 and index == last else length
            arch = 0.85 + 0.3 * (1 - abs(2 * index / max(1, last) - 1))
            velocity = min(1.0, (0.45 + 0.35 * energy) * arch * self._dice.uniform(0.93, 1.05))
            yield when, min(sung, end - when), pitch, velocity


class _Singer:
    """One voice over chords: turns scale steps around its centre into pitches, and remembers where it was."""

    def __init__(self, scale: list[int], centre: int, chords: Spans) -> None:
        self._scale = scale
        self._centre = centre
        self._chords = chords
        self._home = min(range(len(scale)), key=lambda i: abs(scale[i] - centre))
        self._sung: list[int] = []

    def sing(self, step: int, when: float, *, strong: bool) -> int:
        wanted = self._scale[max(0, min(len(self._scale) - 1, self._home + step))]
        current = next((chord for start, end, chord in self._chords if start - 0.01 <= when < end - 0.01), None)
        tones = current.tones if current else frozenset(pitch % 12 for pitch in self._scale)
        if strong:
            choice = [pitch for pitch in range(wanted - 7, wanted + 8) if pitch % 12 in tones]
        else:  # a semitone above a chord tone grates even in passing
            grating = {(tone + 1) % 12 for tone in tones} - tones
            choice = [pitch for pitch in self._scale if abs(pitch - wanted) <= 5 and pitch % 12 not in grating]
        pitch = min(choice or [wanted], key=lambda pitch: (self._cost(pitch, wanted), pitch))
        while pitch - self._centre > FURTHEST:
            pitch -= 12
        while self._centre - pitch > FURTHEST:
            pitch += 12
        self._sung.append(pitch)
        return pitch

    def _cost(self, pitch: int, wanted: int) -> float:
        """Far from the contour, a wide leap, and worst of all the same note again and again."""
        cost = float(abs(pitch - wanted))
        if self._sung:
            cost += 3.0 * max(0, abs(pitch - self._sung[-1]) - WIDEST_LEAP)
            repeats = sum(1 for _ in itertools.takewhile(lambda sung: sung == pitch, reversed(self._sung)))
            cost += (0.0, 2.2, 6.0)[min(2, repeats)]
        return cost
