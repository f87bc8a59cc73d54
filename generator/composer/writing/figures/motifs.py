"""Motifs and their development over eight bars: sequence, inversion, augmentation, fragmentation, answer."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from generator.composer.writing.figures import rhythms

MAX_TRIES = 8
Turned = list[tuple[float, float, int]]  # start, length, scale steps


@dataclass(frozen=True)
class Turn:
    """Two bars made from the motif.

    `kind` is how: "whole", "head" (its first bar twice, the second a step lower), "fragment" (its first notes in
    sequence), "augmented" (its first bar in double values), "reversed" (its contour backwards in its rhythm).
    """

    shift: int  # transposition in scale steps
    sign: int = 1  # −1: inverted
    kind: str = "whole"
    rest: str = ""  # final note: "open" off the tonic, "home" on it and long
    step: int = -1  # scale steps from one repetition to the next, of heads and fragments


STATEMENTS = (Turn(0),)
ANSWERS = (
    Turn(1, rest="open"), Turn(-1, rest="open"), Turn(-1, sign=-1, rest="open"), Turn(2, kind="head", rest="open"),
    Turn(0, rest="open"), Turn(-2, rest="open"),
)  # fmt: skip
DEVELOPMENTS = (
    Turn(2), Turn(3), Turn(2, sign=-1), Turn(1, kind="fragment", step=1), Turn(3, kind="fragment"),
    Turn(1, kind="augmented"), Turn(2, kind="reversed"), Turn(3, kind="head"),
)  # fmt: skip
CLOSES = (
    Turn(1, kind="head", rest="home"), Turn(0, rest="home"), Turn(1, sign=-1, rest="home"),
    Turn(2, kind="fragment", rest="home"), Turn(0, kind="augmented", rest="home"),
)  # fmt: skip


def period(turn: int, rng: random.Random) -> tuple[Turn, Turn, Turn, Turn]:
    """Draw the four turns of a period; when a section returns (`turn` over 1), its statement is developed, too."""
    statement = (
        STATEMENTS[0] if turn == 1 or rng.random() < 0.6 else rng.choice((Turn(1), Turn(0, kind="reversed"), Turn(2)))
    )
    return statement, rng.choice(ANSWERS), rng.choice(DEVELOPMENTS), rng.choice(CLOSES)


class Motif:
    """A two-bar rhythm and a contour in scale steps with enough movement."""

    def __init__(self, pattern: str, beats: int, pulse: float, rng: random.Random) -> None:
        self.rhythm = rhythms.generate(pattern, beats, pulse, rng)
        self._beats = float(beats)
        for _ in range(MAX_TRIES):
            self.contour = _contour(len(self.rhythm), rng)
            if len(set(self.contour)) >= min(4, len(self.rhythm)):
                break

    def turned(self, turn: Turn) -> Turned:
        """Return the notes of a turn as (start, length, scale steps)."""
        contour: Sequence[int] = self.contour[::-1] if turn.kind == "reversed" else self.contour
        notes = [
            (offset, length, turn.shift + turn.sign * step)
            for (offset, length), step in zip(self.rhythm, contour, strict=True)
        ]
        head = [note for note in notes if note[0] < self._beats - 0.01]
        if turn.kind == "head" and 1 < len(head) < len(notes):
            return [*head, *self._moved(head, self._beats, turn.step)]
        if turn.kind == "fragment":
            return self._fragmented(head, turn) or notes
        if turn.kind == "augmented" and head:
            stretched = [
                (2 * offset, min(2 * length, 2 * self._beats - 2 * offset), step) for offset, length, step in head
            ]
            return [note for note in stretched if note[0] < 2 * self._beats - 0.4]
        return notes

    def _fragmented(self, head: Turned, turn: Turn) -> Turned:
        """Return the motif's first notes three or four times in sequence, and room for a rest."""
        half = self._beats / 2 if self._beats == 4 else self._beats
        fragment = [note for note in head if note[0] < half - 0.01][:3]
        if len(fragment) < 2:
            return []
        count = int(2 * self._beats / half)
        repeated = [note for place in range(count) for note in self._moved(fragment, place * half, place * turn.step)]
        return (
            repeated
            if not turn.rest
            else [*repeated[: -len(fragment)], self._moved(fragment, (count - 1) * half, 0)[0]]
        )

    @staticmethod
    def _moved(notes: Turned, later: float, higher: int) -> Turned:
        return [(offset + later, length, step + higher) for offset, length, step in notes]


def _contour(count: int, rng: random.Random) -> list[int]:
    """Return mostly steps and some leaps, pulled back to the start more strongly the further away they are."""
    contour = [0]
    while len(contour) < count:
        moves = (-3, -2, -1, 1, 2, 3, 0)
        home = -1 if contour[-1] > 0 else 1
        pull = 1 + 0.3 * abs(contour[-1])
        weights = [
            w * (pull if m * home > 0 else 1) for w, m in zip((0.5, 1.2, 3, 3, 1.2, 0.5, 0.8), moves, strict=True)
        ]
        contour.append(contour[-1] + rng.choices(moves, weights)[0])
    return contour
