"""Form: from a length to bars and sections. The last chord falls on a bar line and rings exactly to the end.

Sections are multiples of four bars in the order of the style's arc; spare bars go to the intro or the ending. Places
that the text names become boundaries of sections (arranging/landmarks.py).
"""

from dataclasses import dataclass, replace

from generator.composer.styles import STYLES
from generator.composer.text.prompt_parsing import Brief
from generator.composer.text.vocabulary import METERS
from generator.composer.writing.arranging.arcs import Arc, arc_of
from generator.composer.writing.arranging.landmarks import Span, fit, spans_of
from generator.composer.writing.harmony.rules import rules_of
from generator.composer.writing.rng import RngFactory

MAX_TEMPO_CHANGE = 0.12  # largest tempo change to fit whole bars into the length
RING_SHARE, MIN_RING_S = 0.06, 1.6  # ring time of the last chord: share of the length, minimum in seconds
UNIT_BARS, LONG_BARS = 4, 20  # bars: of a unit, of a piece that goes through its style's arc
SHORT_BARS, SHORT_ENERGIES = 12, {"intro": -0.22, "A": -0.05, "A2": 0.04, "B": 0.2}  # pieces with no time for an arc
MIN_ENERGY = 0.05
MIN_BARS_TO_MODULATE, MODULATING = 24, ("break", "solo", "A2", "B")  # shortest piece with a key change; sections for it


@dataclass(frozen=True)
class Section:
    """Consecutive bars of one kind. `turn` counts the occurrences of this kind, from 1.

    Under a drawn energy curve a section is split: `into` is the number of its bars already played, `whole` its total.
    `rise` is the change of energy from its first bar to its last, as in a build. `title` is its name in the text.
    `shift` is its transposition from the key of the piece, in semitones.
    """

    name: str
    first_bar: int
    bars: int
    energy: float  # 0..1
    turn: int = 1
    into: int = 0
    whole: int = 0
    rise: float = 0.0
    title: str = ""
    shift: int = 0

    @property
    def last_bar(self) -> int:
        return self.first_bar + self.bars - 1

    @property
    def id(self) -> str:
        """Return an id that is the same in every length of a piece."""
        return (
            f"{self.name}.{self.turn}"
            + (f"+{self.into}" if self.into else "")
            + (f"^{self.shift}" if self.shift else "")
        )


@dataclass(frozen=True)
class Form:
    """The plan in bars of a meter. `ring_s` is the time after the last bar for the final chord."""

    sections: tuple[Section, ...]
    bars: int
    bpm: float
    length_s: float
    loop: bool
    meter: str = "4/4"

    @property
    def beats(self) -> int:
        """Quarter notes per bar."""
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
        """Position of the last chord, in quarter notes."""
        return float(self.bars * self.beats)


def plan(brief: Brief) -> Form:
    """Plan the sections of a piece. A requested tempo is kept; otherwise it is adjusted slightly so that bars fit."""
    bars, bpm = _bars_and_tempo(brief)
    form = Form((), bars, bpm, brief.length_s, brief.loop, brief.meter)
    sections = _with_key_change(_sections(brief, bars), brief, bars)
    spans = spans_of(brief, bars, form.bar_s)
    return replace(form, sections=tuple(_with_spans(sections, spans) if spans else sections))


def _bars_and_tempo(brief: Brief) -> tuple[int, float]:
    beats = METERS[brief.meter]
    bar = beats * 60 / brief.bpm
    if brief.loop:
        bars = brief.bars or max(1, round(brief.length_s / bar))
        return bars, bars * beats * 60 / brief.length_s
    if brief.bars:
        return brief.bars, brief.bpm
    if brief.bpm_is_requested:
        return max(1, int((brief.length_s - MIN_RING_S) / bar)), brief.bpm
    if fitted := fit(brief, beats, MIN_RING_S):
        return fitted
    ring = min(STYLES[brief.style].longest_ring, max(MIN_RING_S, RING_SHARE * brief.length_s))
    bars = max(1, round((brief.length_s - ring) / bar))
    bpm = bars * beats * 60 / (brief.length_s - ring)
    if abs(bpm / brief.bpm - 1) > MAX_TEMPO_CHANGE:  # too short: prefer a longer ring to another tempo
        bars, bpm = max(1, int((brief.length_s - MIN_RING_S) / bar)), brief.bpm
    return bars, bpm


def _sections(brief: Brief, bars: int) -> list[Section]:
    arc = arc_of(STYLES[brief.style])
    sections: list[Section] = []
    first = 0
    turns: dict[str, int] = {}
    # A drawn curve may change direction anywhere, so sections under it are split into short pieces.
    piece_bars = bars if len(brief.energy) < 2 else UNIT_BARS if bars >= LONG_BARS else 2
    chorus_bars = STYLES[brief.style].chorus_bars
    if 0 < chorus_bars <= bars:
        names = _choruses(bars, chorus_bars)
    else:
        names = _merge(_loop(bars) if brief.loop else _short(bars) if bars < LONG_BARS else _long(brief, arc, bars))
    for name, total in names:
        turns[name] = turns.get(name, 0) + 1
        for bars_before in range(0, total, piece_bars):
            length = min(piece_bars, total - bars_before)
            energies = arc.energies if bars >= SHORT_BARS else SHORT_ENERGIES
            energy = _energy(brief, energies[name], (first + length / 2) / bars)
            sections.append(Section(name, first, length, energy, turns[name], bars_before, total))
            first += length
    return sections


def _choruses(bars: int, chorus_bars: int) -> list[tuple[str, int]]:
    """Plan whole choruses; extra bars are an introduction, or an ending after it if there are many."""
    choruses, rest = divmod(bars, chorus_bars)
    names = [("A", "A2", "solo", "B", "solo", "A2")[number % 6] for number in range(choruses)]
    if choruses > 1:
        names[-1] = "B2" if "B" in names[:-1] else "B"
    intro = min(rest, UNIT_BARS)
    ends = [("intro", intro)] * (intro > 0), [("outro", rest - intro)] * (rest > intro)
    return [*ends[0], *((name, chorus_bars) for name in names), *ends[1]]


def _with_key_change(sections: list[Section], brief: Brief, bars: int) -> list[Section]:
    """Move one section in the middle of a long piece into another key, if the style's rules have it."""
    rules = rules_of(STYLES[brief.style])
    rng = RngFactory(f"{brief.seed}/{brief.style}").derive("modulation")
    share, shift, names = rng.random(), rng.choice(rules.key_changes or (0,)), rng.sample(MODULATING, len(MODULATING))
    if share > rules.modulation or bars < MIN_BARS_TO_MODULATE or brief.loop:
        return sections
    ids = [f"{s.name}.{s.turn}" for name in names for s in sections[2:-2] if s.name == name]
    return [replace(s, shift=shift) if ids and f"{s.name}.{s.turn}" == ids[0] else s for s in sections]


def _loop(bars: int) -> list[tuple[str, int]]:
    unit = 4 if bars >= 12 else 2 if bars >= 4 else bars
    plan = [(("A", "A2", "B", "A2")[number % 4], unit) for number in range(bars // unit)]
    return [*plan[:-1], (plan[-1][0], unit + bars % unit)]


def _short(bars: int) -> list[tuple[str, int]]:
    """Plan a short piece: four-bar units where there is time for them, spare bars before or after."""
    if bars < 4:
        return [("A", bars)]
    if bars < 8:
        return [("A", bars // 4 * 2), ("B", bars - bars // 4 * 2)]
    if bars < 12:
        intro = bars - 8 if bars > 9 else 0
        return [("intro", intro)] * bool(intro) + [("A", UNIT_BARS), ("B", bars - intro - UNIT_BARS)]
    outro = 2 if bars < 16 else UNIT_BARS
    units, rest = divmod(bars - outro, UNIT_BARS)
    intro, outro = (rest, outro) if rest >= 2 else (UNIT_BARS, outro + rest)
    units -= rest < 2
    return [("intro", intro), *((name, UNIT_BARS) for name in ("A", "B", "B2")[:units]), ("outro", outro)]


def _long(brief: Brief, arc: Arc, bars: int) -> list[tuple[str, int]]:
    """Plan four-bar units along the arc: one of its orders, cut to the length, then the way to its last section."""
    units, rest = divmod(bars, UNIT_BARS)
    intro, outro = (rest, UNIT_BARS) if rest >= 2 else (UNIT_BARS, UNIT_BARS + rest)
    middle = units - 1 - (rest < 2)
    climax = next(names for names in arc.climaxes if len(names) <= max(1, middle - 2))
    body = RngFactory(f"{brief.seed}/{brief.style}").derive("form").choice(arc.bodies)
    names = [*(body * (middle // len(body) + 1))[: middle - len(climax)], *climax]
    return [("intro", intro), *((name, UNIT_BARS) for name in names), ("outro", outro)]


def _merge(plan: list[tuple[str, int]]) -> list[tuple[str, int]]:
    sections: list[tuple[str, int]] = []
    for name, length in plan:
        if sections and sections[-1][0] == name and sections[-1][1] + length <= 8:
            sections[-1] = (name, sections[-1][1] + length)
        else:
            sections.append((name, length))
    return sections


def _energy(brief: Brief, change: float, position: float) -> float:
    if len(brief.energy) > 1:  # a drawn curve is followed exactly
        return curve_at(brief.energy, position)
    return min(1.0, max(MIN_ENERGY, brief.energy[0] + change))


def _with_spans(sections: list[Section], spans: list[Span]) -> list[Section]:
    """Cut sections where spans begin and end, and give the bars inside them the spans' name and energy."""
    edges = {bar for span in spans for bar in (span.first_bar, span.end_bar)}
    pieces: list[Section] = []
    for section in sections:
        cuts = [section.first_bar, *sorted(e for e in edges if section.first_bar < e <= section.last_bar)]
        ends = [*cuts[1:], section.last_bar + 1]
        whole = section.whole or section.bars
        for begin, end in zip(cuts, ends, strict=True):
            into = section.into + begin - section.first_bar
            pieces.append(replace(section, first_bar=begin, bars=end - begin, into=into, whole=whole))
    for span in spans:
        inside = [piece for piece in pieces if span.first_bar <= piece.first_bar < span.end_bar]
        if not inside or not (span.name or span.energy is not None):  # only its edges matter
            continue
        position, count = pieces.index(inside[0]), len(inside)
        if span.name:
            bars = sum(piece.bars for piece in inside)
            inside = [Section(span.name, span.first_bar, bars, inside[0].energy, title=span.title)]
        energies = [span.energy if span.energy is not None else piece.energy for piece in inside]
        changed = [replace(p, energy=e, rise=span.rise) for p, e in zip(inside, energies, strict=True)]
        pieces[position : position + count] = changed
    return _with_turns(pieces)


def _with_turns(sections: list[Section]) -> list[Section]:
    """Number the sections of each kind anew; pieces of one section keep one number."""
    turns: dict[str, int] = {}
    numbered: list[Section] = []
    for section in sections:
        turns[section.name] = turns.get(section.name, 0) + (section.into == 0 or section.name not in turns)
        numbered.append(replace(section, turn=turns[section.name]))
    return numbered


def curve_at(curve: tuple[float, ...], position: float) -> float:
    """Interpolate an evenly spaced curve at a position 0..1."""
    index = min(1.0, max(0.0, position)) * (len(curve) - 1)
    low = min(int(index), len(curve) - 2)
    return curve[low] + (curve[low + 1] - curve[low]) * (index - low)
