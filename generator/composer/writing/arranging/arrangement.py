"""Who plays when: the players of every unit of four bars, silences before arrivals, and what a text says about players.

Every unit changes something: players join in an order drawn for the piece, drop out in breaks, come back at arrivals.
Decisions depend on all players of the style, including those that a brief leaves out, and on names of sections, not on
their number: without an instrument, or in another length, the others keep what they play.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from generator.composer.exclusions import is_left_out, strokes_left_out
from generator.composer.styles import Part, Style
from generator.composer.text import timeline
from generator.composer.text.prompt_parsing import Brief
from generator.composer.writing.arranging.arcs import Arc, arc_of
from generator.composer.writing.arranging.landmarks import places
from generator.composer.writing.form import UNIT_BARS, Form, Section
from generator.composer.writing.notes import Hit, Note
from generator.composer.writing.rng import RngFactory

DRUMS = "drums"
SHARE_AT_USUAL, SHARE_SLOPE = 0.6, 1.35  # share of the ensemble at a style's usual energy, and its change with energy
UNIT_STEP = 0.06  # energy from one unit of a section to the next
ROLE_RANKS = {"comp": 0.2, "arp": 0.3, "bass": 0.34, "lead": 0.4, DRUMS: 0.25, "pad": 0.45, "counter": 0.8}
GROWING_SECTIONS, BUILD_SHARE = ("intro", "build"), 0.6  # sections that grow by two bars; share of a build's first ones
SMALL_ENSEMBLE = 4  # players up to which the bass, too, may rest for the sake of change
DRUM_OPENINGS = 0.5  # share of pieces that may begin with drums, if their style may
FAINT_DB = 20.0  # below the loudest player: a texture that cannot carry a passage alone
RANK_JITTER = 0.14  # by which the order of entries differs between pieces
MIN_ARRIVAL_RISE = 0.12  # energy increase from which a section is an arrival
TUNE_SECTIONS = ("A", "A2", "B", "B2", "solo")
SHORT_BARS = 8  # shorter pieces are not arranged: who plays depends on the energy alone
STOP_BEATS = 2.0  # of a stop without an end


@dataclass(frozen=True)
class Member:
    """A player as the arrangement sees it. `rank` orders the entries."""

    name: str
    role: str
    family: str
    instrument: str
    enter: float
    leave: float
    rank: float
    is_bed: bool  # sounds without gaps and not faintly, so that others may be silent


@dataclass(frozen=True)
class Unit:
    """Consecutive bars of one section in which the same players play."""

    section: Section
    number: int  # within the section, from 0
    first_bar: int
    bars: int
    energy: float
    players: frozenset[str]

    @property
    def end_bar(self) -> int:
        return self.first_bar + self.bars


@dataclass(frozen=True)
class Cut:
    """Beats in which players are silent, by the names of what is left out; no names means all."""

    start: float
    end: float
    names: frozenset[str] = frozenset()

    def is_for(self, family: str, instrument: str = "") -> bool:
        return not self.names or is_left_out(self.names, family, instrument)


@dataclass(frozen=True)
class Arrangement:
    """The plan of a piece in time. `hits` are beats of accents for everybody."""

    form: Form
    arc: Arc
    units: tuple[Unit, ...]
    cuts: tuple[Cut, ...]
    hits: tuple[float, ...]
    is_drawn: bool  # the energy is a drawn curve, which automation leaves as it is

    def is_playing(self, name: str, section: Section) -> bool:
        """Return whether a player has anything to play in a section."""
        return any(name in unit.players for unit in self.units if unit.section is section)

    def unit_at(self, bar: int) -> Unit:
        return next((unit for unit in self.units if unit.first_bar <= bar < unit.end_bar), self.units[-1])

    def sounding(self, name: str, part: Part, notes: Iterable[Note]) -> list[Note]:
        """Return the notes of a player that remain: those in its units and outside of cuts, shortened to fit."""
        spans = [*self._silences(name), *(cut for cut in self.cuts if cut.is_for(part.family, part.instrument))]
        kept = []
        for note in notes:
            if any(span.start - 1e-6 <= note.start < span.end - 1e-6 for span in spans):
                continue
            end = min((s.start for s in spans if note.start < s.start), default=note.start + note.length)
            length = min(note.length, end - note.start)
            kept.append(note if length == note.length else replace(note, length=length))
        return kept

    def sounding_hits(self, hits: Iterable[Hit], kit: str, exceptions: Sequence[str] = ()) -> list[Hit]:
        """Return the strokes of a kit outside of cuts; `exceptions` are drums that sound into an arrival."""
        spans = [(cut, strokes_left_out(cut.names, kit)) for cut in self.cuts]

        def is_cut(hit: Hit) -> bool:
            return any(
                (cut.is_for(DRUMS) or hit.drum in strokes) and cut.start - 1e-6 <= hit.start < cut.end - 1e-6
                for cut, strokes in spans
            )

        return [hit for hit in hits if hit.drum in exceptions or not is_cut(hit)]

    def _silences(self, name: str) -> Iterator[Cut]:
        beats = self.form.beats
        for unit in self.units:
            if name not in unit.players:
                yield Cut(unit.first_bar * float(beats), unit.end_bar * float(beats))


def arrange(
    brief: Brief, style: Style, form: Form, parts: Sequence[tuple[str, Part]], present: Sequence[str], rngs: RngFactory
) -> Arrangement:
    """Arrange a piece. `parts` are all players by name; `present` those that the brief has not left out."""
    arc = arc_of(style)
    members = _members(style, parts, arc, rngs)
    units = [
        replace(unit, players=_players(unit, members, style, arc, rngs, is_free=len(brief.energy) < 2))
        for section in form.sections
        for unit in _units(section)
    ]
    if form.bars < SHORT_BARS:
        units = [replace(unit, players=_by_energy(unit, members)) for unit in units]
    else:
        units = list(_with_events(units, members, rngs))
    units, cuts, hits = _with_places(brief, form, members, units)
    units = [
        replace(
            unit,
            players=_with_bed(
                unit, members, {name for name in present if not _is_cut(name, unit, members, cuts, form)}
            ),
        )
        for unit in units
    ]
    silences = tuple(_silences_before_arrivals(form, arc, rngs)) if form.bars >= 12 else ()
    return Arrangement(form, arc, tuple(units), (*silences, *cuts), hits, len(brief.energy) > 1)


def _units(section: Section) -> Iterator[Unit]:
    step = UNIT_BARS // 2 if section.name in GROWING_SECTIONS else UNIT_BARS
    for number, first in enumerate(range(0, section.bars, step)):
        bars = min(step, section.bars - first)
        if 0 < section.bars - first - bars < 2:  # a single bar is no unit
            bars = section.bars - first
        share = (first + bars / 2) / section.bars
        energy = section.energy + section.rise * share + (0.0 if section.rise else UNIT_STEP * number)
        yield Unit(section, number, section.first_bar + first, bars, min(1.0, energy), frozenset())
        if first + bars >= section.bars:
            return


def _members(style: Style, parts: Sequence[tuple[str, Part]], arc: Arc, rngs: RngFactory) -> list[Member]:
    """Return all players in the order in which they join; the first plays the bare opening."""
    members = []
    loudest = max((part.level for _, part in parts), default=0.0)
    for name, part in parts:
        rank = 0.5 * ROLE_RANKS[part.role] + 0.5 * part.enter + _jitter(rngs, name)
        is_gapless = part.role in ("pad", "comp") or (
            part.role == "arp" and part.pattern not in ("slow", "bowls", "cross2")
        )
        is_bed = is_gapless and part.level > loudest - FAINT_DB
        members.append(Member(name, part.role, part.family, part.instrument, part.enter, part.leave, rank, is_bed))
    if any(style.grooves) and style.drums_enter <= 1:
        rank = 0.5 * ROLE_RANKS[DRUMS] + 0.5 * style.drums_enter + _jitter(rngs, DRUMS)
        members.append(Member(DRUMS, DRUMS, DRUMS, "", style.drums_enter, 1.01, rank, True))
    members.sort(key=lambda member: (member.rank, member.name))
    opener = _opener(members, arc, rngs.derive("opener"))
    return [opener, *(member for member in members if member is not opener)]


def _jitter(rngs: RngFactory, name: str) -> float:
    return rngs.derive("entry", name).uniform(-RANK_JITTER, RANK_JITTER)


def _opener(members: Sequence[Member], arc: Arc, rng: random.Random) -> Member:
    """Draw who begins, from the roles of the arc that can carry a beginning alone."""
    able = [member for member in members if member.role in arc.openers and member.is_bed and member.enter < 0.5]
    without_drums = [member for member in able if member.role != DRUMS]
    if without_drums and rng.random() > DRUM_OPENINGS:
        able = without_drums
    return rng.choice(able or [member for member in members if member.is_bed] or list(members))


def _by_energy(unit: Unit, members: Sequence[Member]) -> frozenset[str]:
    return frozenset(
        member.name for member in members if member.enter <= unit.energy + UNIT_STEP and unit.energy <= member.leave
    )


def _players(
    unit: Unit, members: Sequence[Member], style: Style, arc: Arc, rngs: RngFactory, *, is_free: bool
) -> frozenset[str]:
    """Return the players of a unit by its energy; breaks and builds leave out more, unless a curve was drawn."""
    share = SHARE_AT_USUAL + SHARE_SLOPE * (unit.energy - style.energy)
    count = max(1, min(len(members), round(share * len(members))))
    able = [member for member in members if unit.energy <= member.leave]
    kind = unit.section.name if is_free else ""
    if kind == "break":
        able = _break_players(able, rngs.derive("players", unit.section.id))
        count = max(1, min(count, len(able), 1 + len(members) // 3))
    elif kind == "build":
        able = [member for member in able if member.role not in ("bass", "lead") or not arc.sweeps.get("build")]
        count = max(2, round(count * min(1.0, BUILD_SHARE + (1 - BUILD_SHARE) * unit.number)))
    elif kind == "intro":
        count = min(count, 1 + unit.number + (len(members) > 6))
        able = [member for member in able if member.role != "lead"] or able
    elif kind in TUNE_SECTIONS and (unit.number or kind != "A" or count > 2):
        lead = next((member for member in able if member.role == "lead"), None)
        if lead and lead not in able[:count]:
            others = [member for member in able if member is not lead]
            able = [*others[:count], lead, *others[count:]]
            count += 1
    return frozenset(member.name for member in able[:count])


def _break_players(members: Sequence[Member], rng: random.Random) -> list[Member]:
    """Return who may play in a break: without the beat, only the rhythm section, or the tune over a bed."""
    kind = rng.choice(("no beat", "no beat", "rhythm", "tune"))
    if kind == "rhythm" and any(member.role == DRUMS for member in members):
        return [member for member in members if member.role in (DRUMS, "bass", "arp")]
    without_beat = [member for member in members if member.role not in (DRUMS, "bass")]
    if kind == "tune":
        return sorted(without_beat, key=lambda member: (member.role != "lead", not member.is_bed)) or list(members)
    return [member for member in without_beat if member.role != "lead"] or list(members)


def _with_events(units: Sequence[Unit], members: Sequence[Member], rngs: RngFactory) -> Iterator[Unit]:
    """Make every unit differ from the one before: one more player if possible, or one fewer."""
    before: frozenset[str] = frozenset()
    for unit in units:
        players = unit.players
        if players == before:
            rng = rngs.derive("event", unit.section.id, unit.number + unit.section.into // UNIT_BARS)
            out = [member.name for member in members if member.name not in players and unit.energy <= member.leave]
            spared = ("lead",) if len(members) <= SMALL_ENSEMBLE else ("lead", "bass")
            extra = [member.name for member in members if member.name in players and member.role not in spared]
            if out and unit.section.name not in ("break", "outro", "intro"):
                players |= {out[0]}
            elif len(extra) > 1:
                players -= {rng.choice(extra)}
        yield replace(unit, players=players)
        before = players


def _with_bed(unit: Unit, members: Sequence[Member], present: set[str]) -> frozenset[str]:
    """Bring in the first present player that sounds without gaps if nobody who does is left."""
    if any(member.is_bed and member.name in unit.players & present for member in members):
        return unit.players
    beds = [member.name for member in members if member.is_bed and member.name in present] or [
        member.name for member in members if member.name in present
    ]
    return unit.players | set(beds[:1])


def _is_cut(name: str, unit: Unit, members: Sequence[Member], cuts: Sequence[Cut], form: Form) -> bool:
    """Return whether the text silences a player in a part of a unit."""
    member = next((member for member in members if member.name == name), None)
    start, end = unit.first_bar * form.beats, unit.end_bar * form.beats
    return member is not None and any(
        cut.names and cut.is_for(member.family, member.instrument) and cut.start < end and cut.end > start
        for cut in cuts
    )


def _with_players(
    units: Sequence[Unit], members: Sequence[Member], players: frozenset[str], beats: int, start: float, end: float
) -> list[Unit]:
    """Return the units, with the named players in those that overlap the beats from start to end."""
    names = {member.name for member in members if is_left_out(players, member.family, member.instrument)}
    return [
        replace(unit, players=unit.players | names)
        if unit.end_bar * beats > start and unit.first_bar * beats < end
        else unit
        for unit in units
    ]


def _silences_before_arrivals(form: Form, arc: Arc, rngs: RngFactory) -> Iterator[Cut]:
    """Yield the silences in which arrivals of much more energy are prepared."""
    for before, section in zip(form.sections, form.sections[1:], strict=False):
        rise = section.energy - before.energy - before.rise
        is_prepared = rngs.derive("silence", section.id).random() < arc.arrivals
        is_arrival = rise > MIN_ARRIVAL_RISE or (before.name == "build" and section.name in ("B", "B2"))
        if arc.silence_beats and is_arrival and is_prepared and section.name != "intro" and before.bars >= 2:
            end = section.first_bar * float(form.beats)
            yield Cut(end - min(arc.silence_beats, form.beats / 2), end)


def _with_places(
    brief: Brief, form: Form, members: Sequence[Member], units: Sequence[Unit]
) -> tuple[list[Unit], list[Cut], tuple[float, ...]]:
    """Apply what the text says about players, stops and hits, to the nearest beat; hits exactly."""
    cuts: list[Cut] = []
    hits: list[float] = []
    units = list(units)
    last = form.end
    for place in places(brief):
        start, end = round(place.start_s / form.beat_s), round(place.end_s / form.beat_s)
        if place.kind == timeline.OUT and end > start:
            cuts.append(Cut(float(start), float(end) if end < last else form.length_s / form.beat_s, place.players))
            if start == 0:  # what is out in the beginning is expected afterwards
                units = _with_players(units, members, place.players, form.beats, end, last)
        elif place.kind == timeline.ENTER:
            cuts += [Cut(0.0, float(start), place.players)] * (start > 0)
            until = end if end > start else last
            units = _with_players(units, members, place.players, form.beats, start, until)
        elif place.kind == timeline.STOP:
            cuts.append(Cut(float(start), end if end > start else start + STOP_BEATS))
        elif place.kind == timeline.HIT:
            hits.append(place.start_s / form.beat_s)
    return units, cuts, tuple(hits)
