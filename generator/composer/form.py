"""From a length to bars and sections: the last chord falls on a bar line and rings out exactly to the end."""

from dataclasses import dataclass

from generator.composer.brief import Brief
from generator.composer.styles import STYLES
from generator.composer.vocabulary import METERS

MOST_BEND = 0.12  # how far a tempo may move, so that bars fill the length
RING_SHARE, RING_LEAST = 0.06, 1.6  # how long the last chord rings: share of the length, seconds
SAG = {"intro": -0.22, "A": -0.05, "A2": 0.04, "B": 0.2, "break": -0.25, "build": 0.1, "B2": 0.28, "outro": -0.2}
_BODY = ("A", "B", "A2", "B2", "break", "build", "B2")  # repeated as long as the piece is
UNIT, LONG, LONG_INTRO = 4, 20, 40  # bars: of a section, of a piece with more than one chorus, of one with a long intro


@dataclass(frozen=True)
class Section:
    """Some bars of one kind. `turn` counts from 1 how often this kind has come.

    Under a drawn curve a section comes in pieces: `into` is how many bars of it are over, `whole` how many it has.
    """

    name: str
    first_bar: int
    bars: int
    energy: float  # 0..1
    turn: int = 1
    into: int = 0
    whole: int = 0

    @property
    def last_bar(self) -> int:
        return self.first_bar + self.bars - 1

    @property
    def id(self) -> str:
        """The same in every length of a piece."""
        return f"{self.name}.{self.turn}" + (f"+{self.into}" if self.into else "")


@dataclass(frozen=True)
class Form:
    """The plan in bars of a meter. `ring_s` is what is left after the last bar for the final chord."""

    sections: tuple[Section, ...]
    bars: int
    bpm: float
    length_s: float
    loop: bool
    meter: str = "4/4"

    @property
    def beats(self) -> int:
        """Quarter notes in a bar."""
        return METERS[self.meter]

    @property
    def pulse(self) -> float:
        """Quarter notes from one strong beat to the next."""
        return {"3/4": 3.0, "6/8": 1.5}.get(self.meter, 2.0)

    @property
    def beat_s(self) -> float:
        return 60 / self.bpm

    @property
    def bar_s(self) -> float:
        return self.beats * self.beat_s

    @property
    def ring_s(self) -> float:
        return self.length_s - self.bars * self.bar_s

    @property
    def end(self) -> float:
        """Where the last chord falls, in quarter notes."""
        return float(self.bars * self.beats)


def plan(brief: Brief) -> Form:
    """Lay out the sections of a piece. An asked tempo is kept; otherwise it bends a little so that bars fit."""
    beats = METERS[brief.meter]
    bar = beats * 60 / brief.bpm
    bpm = brief.bpm
    if brief.loop:
        bars = brief.bars or max(1, round(brief.length_s / bar))
        bpm = bars * beats * 60 / brief.length_s
    elif brief.bars:
        bars = brief.bars
    elif brief.bpm_is_asked:
        bars = max(1, int((brief.length_s - RING_LEAST) / bar))
    else:
        ring = min(STYLES[brief.style].longest_ring, max(RING_LEAST, RING_SHARE * brief.length_s))
        bars = max(1, round((brief.length_s - ring) / bar))
        bpm = bars * beats * 60 / (brief.length_s - ring)
        if abs(bpm / brief.bpm - 1) > MOST_BEND:  # too short for it: rather a longer ring than another tempo
            bars, bpm = max(1, int((brief.length_s - RING_LEAST) / bar)), brief.bpm
    return Form(tuple(_sections(brief, bars)), bars, bpm, brief.length_s, brief.loop, brief.meter)


def _sections(brief: Brief, bars: int) -> list[Section]:
    sections: list[Section] = []
    first = 0
    turns: dict[str, int] = {}
    # A drawn curve may turn anywhere, so under it sections come in short pieces.
    piece = bars if len(brief.energy) < 2 else UNIT if bars >= LONG else 2
    for name, whole in _merged(_loop(bars) if brief.loop else _short(bars) if bars < LONG else _long(bars)):
        turns[name] = turns.get(name, 0) + 1
        for into in range(0, whole, piece):
            length = min(piece, whole - into)
            energy = _energy(brief, name, (first + length / 2) / bars)
            sections.append(Section(name, first, length, energy, turns[name], into, whole))
            first += length
    return sections


def _loop(bars: int) -> list[tuple[str, int]]:
    unit = 4 if bars >= 12 else 2 if bars >= 4 else bars
    plan = [(("A", "A2", "B", "A2")[number % 4], unit) for number in range(bars // unit)]
    return [*plan[:-1], (plan[-1][0], unit + bars % unit)]


def _short(bars: int) -> list[tuple[str, int]]:
    """Little time: two bars to arrive, and soon the main thing."""
    if bars < 4:
        return [("A", bars)]
    if bars < 8:
        return [("A", bars // 4 * 2), ("B", bars - bars // 4 * 2)]
    if bars < 12:
        return [("intro", 2), ("A", bars // 4 * 2), ("B", bars - 2 - bars // 4 * 2)]
    verse = (bars - 4) // 4 * 2
    return [("intro", 2), ("A", verse), ("B", bars - 4 - verse), ("outro", 2)]


def _long(bars: int) -> list[tuple[str, int]]:
    """Units of four bars, a short intro unless the piece is long; odd bars go to the first verse."""
    units, rest = divmod(bars, UNIT)
    doubled = [name for name in _BODY * (units // 7 + 1) for _ in range(2 if units >= 10 and name in "AB" else 1)]
    names = ["intro", *doubled[: units - 3], "B2", "outro"]
    lengths = [UNIT] * units
    if bars < LONG_INTRO:
        lengths[0], rest = 2, rest + 2
    lengths[1] += rest
    return list(zip(names, lengths, strict=True))


def _merged(plan: list[tuple[str, int]]) -> list[tuple[str, int]]:
    merged: list[tuple[str, int]] = []
    for name, length in plan:
        if merged and merged[-1][0] == name and merged[-1][1] + length <= 8:
            merged[-1] = (name, merged[-1][1] + length)
        else:
            merged.append((name, length))
    return merged


def _energy(brief: Brief, name: str, place: float) -> float:
    if len(brief.energy) > 1:  # a drawn curve is followed as it is
        return drawn(brief.energy, place)
    return min(1.0, max(0.05, brief.energy[0] + SAG[name]))


def drawn(curve: tuple[float, ...], place: float) -> float:
    """A curve of points at even distances, read between them at a place 0..1."""
    at = min(1.0, max(0.0, place)) * (len(curve) - 1)
    low = min(int(at), len(curve) - 2)
    return curve[low] + (curve[low + 1] - curve[low]) * (at - low)
