"""Melodies: one motif a tune, stated, repeated over the next chords, varied, and answered to a rest.

Strong beats take chord tones; between them the line walks the scale. Verse and chorus have motifs of their own, the
chorus lying higher.
"""

import random
from collections.abc import Iterator, Sequence

from generator.composer.brief import Brief
from generator.composer.form import BEATS, Section
from generator.composer.patterns import MOTIFS
from generator.composer.styles import Part, Style
from generator.composer.theory import Chord, scale_pitches

CHORUS = ("B", "B2", "build")
WIDEST_LEAP = 9  # semitones
Sung = tuple[float, float, int, float]  # start, length, pitch, velocity
Spans = Sequence[tuple[float, float, Chord]]


class Motif:
    """A rhythm of two bars and a contour in scale steps."""

    def __init__(self, pattern: str, dice: random.Random) -> None:
        self.rhythm = dice.choice(MOTIFS[pattern])
        self.contour = [0]
        for _ in self.rhythm[1:]:
            drift = -0.25 * self.contour[-1]
            weights = (1.0, 3.0, 1.6, 3.0, 1.0)
            moves = (-2, -1, 0, 1, 2)
            pull = [w * (1.6 if (m > 0) == (drift > 0) and m else 1.0) for w, m in zip(weights, moves, strict=True)]
            self.contour.append(self.contour[-1] + dice.choices(moves, pull)[0])


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
        scale = scale_pitches(self._brief.tonic, self._brief.mode, 48, 100)
        end = (section.last_bar + 1) * float(BEATS)
        previous: int | None = None
        for number in range(0, section.bars, 2):
            start = (section.first_bar + number) * float(BEATS)
            turn = (number // 2) % 4
            for note in self._once(motif, turn, start, end, centre, scale, chords, previous, section.energy):
                previous = note[2]
                yield note

    def _once(
        self,
        motif: Motif,
        turn: int,
        start: float,
        end: float,
        centre: int,
        scale: list[int],
        chords: Spans,
        previous: int | None,
        energy: float,
    ) -> Iterator[Sung]:
        sign = -1 if turn == 2 else 1
        shift = (0, 1, 0, -1)[turn]
        home = min(range(len(scale)), key=lambda i: abs(scale[i] - centre)) + shift
        count = len(motif.rhythm)
        for index, (at, length) in enumerate(motif.rhythm):
            when = start + at
            if when >= end - 0.01:
                return
            weak = at % 1 != 0
            if weak and index and self._dice.random() > 0.45 + self._brief.density:
                continue
            step = scale[max(0, min(len(scale) - 1, home + sign * motif.contour[index]))]
            strong = at % 2 == 0 or length >= 1.0 or index == count - 1
            pitch = _settle(step, when, chords, scale, strong=strong, previous=previous, centre=centre)
            sung = length + 1.0 if turn == 3 and index == count - 1 else length
            arch = 0.85 + 0.3 * (1 - abs(2 * index / max(1, count - 1) - 1))
            velocity = min(1.0, (0.45 + 0.35 * energy) * arch * self._dice.uniform(0.93, 1.05))
            yield when, min(sung, end - when), pitch, velocity
            previous = pitch


def _settle(
    pitch: int, when: float, chords: Spans, scale: list[int], *, strong: bool, previous: int | None, centre: int
) -> int:
    """Move a strong note to the nearest chord tone, and bring any leap that is too wide back by octaves."""
    current = next((chord for start, end, chord in chords if start - 0.01 <= when < end - 0.01), None)
    if current is not None:
        tones = current.tones
        if strong:
            pitch = min(
                (p for p in range(pitch - 6, pitch + 7) if p % 12 in tones), key=lambda p: abs(p - pitch), default=pitch
            )
        else:
            clash = {(tone + 1) % 12 for tone in tones} - tones
            if pitch % 12 in clash:  # a semitone above a chord tone grates even in passing
                pitch -= 1
    while previous is not None and abs(pitch - previous) > WIDEST_LEAP:
        pitch += 12 if pitch < previous else -12
    while pitch - centre > 14:
        pitch -= 12
    while centre - pitch > 14:
        pitch += 12
    return pitch
