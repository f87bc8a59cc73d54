"""Places in a piece that a text names: which time is a place and which the length, and what happens where.

A time is a place if a word says so ("at", "first", "after", "until", …), if an event stands next to it ("drop 0:45"),
or if it measures a section ("8 s intro"). All others can be the length.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.composer.exclusions import exclusion_of
from generator.composer.text import timeline
from generator.composer.text.parsing.clauses import clauses_of
from generator.composer.text.parsing.items import Item, Wish
from generator.composer.text.parsing.kinds import EVENTS, Kind
from generator.composer.text.parsing.positions import Place
from generator.composer.text.vocabulary import INSTRUMENTS
from generator.composer.text.vocabulary.families import family_of, player_of

MAX_TIMES = 40  # in one clause
WINDOW = 3  # items around a time that say what it is
BUILD_BEFORE_S = 12.0  # length of a build whose beginning is not said
_EVENTS = {
    Kind.HIT: timeline.HIT, Kind.DROP: timeline.DROP, Kind.BUILD: timeline.BUILD, Kind.STOP: timeline.STOP,
    Kind.QUIET: timeline.QUIET, Kind.FULL: timeline.FULL,
}  # fmt: skip
_STRONG = (Kind.HIT, Kind.DROP, Kind.BUILD, Kind.STOP)
_FINAL_SECTIONS = ("outro", "ending", "coda", "ende", "schluss", "final", "fin", "finale", "エンディング", "结尾")
_CJK = frozenset({"ja", "zh", "ko"})


@dataclass(slots=True)
class _Region:
    """Where a segment happens: `shape` is point, first, last, from, range, or section."""

    time: Item
    shape: str
    start_s: float
    end_s: float | None


def find_places(items: list[Item], text: str) -> tuple[list[Place], list[Item], list[Item]]:
    """Return the places in a text, the times that can be its length (likeliest first), and times of unknown purpose.

    Items that a place uses are marked as ignored.
    """
    places: list[Place] = []
    lengths: list[tuple[bool, Item]] = []
    unclear: list[Item] = []
    for clause in clauses_of(items):
        times = [item for item in clause if item.has(Kind.TIME)][:MAX_TIMES]
        regions = _regions(clause, times, items)
        located = {id(region.time) for region in regions}
        lengths += [(_is_length(clause, item), item) for item in times if id(item) not in located]
        if regions:
            if clause[0].has(Kind.THEN) and regions[0].shape == "first" and places:  # "then full until 0:20"
                regions[0].start_s = min(places[-1].end_s or places[-1].start_s, regions[0].time.seconds)
            for region, segment in _segments(clause, regions):
                made = list(_places(region, segment, items, places, text))
                places += made
                if not made:
                    unclear.append(region.time)
        else:
            places += _untimed(clause, items, places, text)
    lengths.sort(key=lambda length: not length[0])
    return places, [item for _, item in lengths], unclear


def _regions(clause: list[Item], times: list[Item], items: list[Item]) -> list[_Region]:
    """Return the places of a clause; a time that is only joined to a point is one, too: "hits at 3 s, 6 s and 9 s"."""
    regions: list[_Region] = []
    for time in times:
        region = _region(clause, time, items)
        index = clause.index(time)
        first = index - 2 if index > 1 and clause[index - 1].has(Kind.AND) else index - 1
        is_listed = bool(regions) and clause[first] is regions[-1].time and regions[-1].shape == "point"
        if region is None and is_listed and not _is_length(clause, time):
            region = _Region(time, "point", time.seconds, time.seconds)
        if region is not None:
            regions.append(region)
    return regions


# --- what a time is ---


def _around(clause: list[Item], time: Item) -> tuple[list[Item], list[Item]]:
    """Return up to three items before and after a time, no further than the next time."""
    index = next(number for number, item in enumerate(clause) if item is time)
    before: list[Item] = []
    for item in reversed(clause[max(0, index - WINDOW) : index]):
        if item.has(Kind.TIME):
            break
        before.append(item)
    after: list[Item] = []
    for item in clause[index + 1 : index + 1 + WINDOW]:
        if item.has(Kind.TIME) or item.follows_comma:
            break
        after.append(item)
    return before, after


def _is_length(clause: list[Item], time: Item) -> bool:
    before, after = _around(clause, time)
    return any(item.has(Kind.LENGTH) for item in (*before, *after[:2]))


def _region(clause: list[Item], time: Item, items: list[Item]) -> _Region | None:
    """Return the place that a time in a clause means; None if it can be the length."""
    before, after = _around(clause, time)
    seconds, end_s = time.seconds, time.end_s
    first, last = (any(item.has(kind) for item in (time, *before[:2])) for kind in (Kind.FIRST, Kind.LAST))
    if last and not (first and before and before[0].has(Kind.FIRST)):
        return _Region(time, "last", -seconds, 0.0)
    if first:
        return _Region(time, "first", 0.0, seconds)
    if section := _section(before, after, clause, items):
        return _Region(time, f"section {section}", 0.0, seconds)
    if any(item.has(Kind.LENGTH) for item in (*before[:2], *after[:1])) and not _has_event(clause):
        return None
    is_clock = ":" in time.text
    if end_s > seconds and (is_clock or _has_event(clause) or any(item.has(Kind.FROM) for item in before[:2])):
        return _Region(time, "range", seconds, end_s)
    near = before[:2] if before and before[0].has(Kind.STOPWORD) else before[:1]
    for kind, shape, region in (
        (Kind.AFTER, "from", (seconds, None)),
        (Kind.FROM, "from", (seconds, None)),
        (Kind.BEFORE, "first", (0.0, seconds)),
        (Kind.AT, "point", (seconds, seconds)),
    ):
        if any(item.has(kind) for item in near):
            return _Region(time, shape, *region)
    if after and after[0].has(Kind.UNTIL_AFTER):
        return _Region(time, "first", 0.0, seconds)
    if after and after[0].has(Kind.IN) and _is_place_after(after):
        return _Region(time, "point", seconds, seconds)
    is_first = time is next(item for item in items if item.has(Kind.TIME))
    if is_first and _goes_on(clause, items) and any(item.has(Kind.QUIET, Kind.FULL, Kind.BUILD) for item in before):
        return _Region(time, "first", 0.0, seconds)  # "quiet for 5 seconds, then …"
    beside = before[:1] if not is_clock else [*before[:1], *after[:1]]
    if any(item.has(*_STRONG) or _is_entry(item) for item in beside) and not _is_product(after):
        return _Region(time, "point", seconds, seconds)
    return None


def _goes_on(clause: list[Item], items: list[Item]) -> bool:
    """Return whether "then" follows a clause."""
    after = items.index(clause[-1]) + 1
    return after < len(items) and items[after].has(Kind.THEN)


def _is_entry(item: Item) -> bool:
    return item.has(Kind.ENTERS, Kind.LEAVES) and not item.has(Kind.WITH, Kind.STARTS)


def _is_product(after: list[Item]) -> bool:
    """Return whether a time measures the whole piece: "build 30 s track"."""
    return bool(after) and after[0].has(Kind.USE, Kind.GENRE, Kind.TOPIC, Kind.MOOD, Kind.LENGTH)


def _is_place_after(after: list[Item]) -> bool:
    """Return whether "in" after a time means "into the piece": "10 s in, drums enter", not "45 s in D minor"."""
    if not after[0].languages.isdisjoint(_CJK):
        return any(item.has(*EVENTS, Kind.ENTERS, Kind.LEAVES) or item.wish is Wish.DENIED for item in after[1:])
    return after[0].text.lower() != "in" or len(after) == 1 or _is_entry(after[1]) or after[1].has(*_STRONG)


def _has_event(clause: list[Item]) -> bool:
    return any(item.has(*EVENTS, Kind.ENTERS, Kind.LEAVES) or item.wish is Wish.DENIED for item in clause)


def _section(before: list[Item], after: list[Item], clause: list[Item], items: list[Item]) -> str:
    """Return the name of the section that a time measures: "8 s intro", "intro of 8 s"."""
    following = after[1:2] if after and after[0].has(Kind.QUIET, Kind.FULL, Kind.BUILD, Kind.MOOD) else after[:1]
    for item in (*following, *(before[1:2] if before and before[0].has(Kind.OF) else ()), *_labels(before)):
        is_intro = item.senses.get(Kind.USE) == "intro" and item.text.lower() not in (
            "jingle",
            "sting",
            "ident",
            "bumper",
        )
        if not (is_intro or item.has(Kind.SECTION) or (item.has(Kind.ENDS) and item.text.lower() in _FINAL_SECTIONS)):
            continue
        is_label = any(item is label for label in _labels(before)) and before[0].has(Kind.LENGTH)
        others = is_label or sum(other.has(Kind.TIME) for other in items) > 1
        if (item.has(Kind.SECTION, Kind.ENDS) and not is_intro) or others or _goes_on(clause, items):
            return "outro" if item.text.lower() in _FINAL_SECTIONS else "intro" if is_intro else item.text.lower()
    return ""


def _labels(before: list[Item]) -> Sequence[Item]:
    """Return the section that a time is said of: "intro: 8 s", "the intro should be 8 s"."""
    labels = before[1:2] if before and before[0].has(Kind.LENGTH) else before[:1]
    return [item for item in labels if item.has(Kind.SECTION, Kind.USE)]


# --- what happens there ---


def _segments(clause: list[Item], regions: list[_Region]) -> Iterator[tuple[_Region, list[Item]]]:
    """Pair each place of a clause with the items that belong to it."""
    indexes = [clause.index(region.time) for region in regions]
    prefix = clause[: indexes[0]]
    is_event_first = any(item.has(*EVENTS, Kind.INSTRUMENT, Kind.ENTERS, Kind.LEAVES) for item in prefix)
    begin = 0
    for number, region in enumerate(regions):
        is_last = number == len(regions) - 1
        if is_event_first:
            end = len(clause) if is_last else indexes[number] + 1
        else:
            end = len(clause) if is_last else _lead_in(clause, indexes[number + 1])
        segment = clause[begin:end]
        begin = end
        if number and not any(item.has(*EVENTS, Kind.INSTRUMENT) for item in segment):
            has_verb = any(item.has(Kind.ENTERS, Kind.LEAVES) for item in segment)
            inherited = [item for item in prefix if item.has(Kind.INSTRUMENT)] if has_verb else prefix
            segment = [*inherited, *segment]  # "hit at 0:12 and 0:30", "drums leave at 0:12 and return at 0:20"
        yield region, segment


def _lead_in(clause: list[Item], index: int) -> int:
    """Return where the words that lead to a time begin: "and at 0:30"."""
    while index > 0 and clause[index - 1].has(
        Kind.AT, Kind.FROM, Kind.AFTER, Kind.BEFORE, Kind.AND, Kind.FIRST, Kind.LAST
    ):
        index -= 1
    return index


def _places(region: _Region, segment: list[Item], items: list[Item], places: list[Place], text: str) -> Iterator[Place]:
    """Yield what happens at a place; marks the items that it uses."""
    phrase = text[segment[0].start : segment[-1].end] if segment else region.time.text
    if region.shape.startswith("section"):
        section = _section_place(region, phrase, segment)
        yield section
        event = _event(segment, region.time)
        if event and event.has(Kind.QUIET, Kind.FULL, Kind.BUILD):
            _use([event])
            yield Place(
                next(_EVENTS[kind] for kind in _EVENTS if event.has(kind)),
                section.start_s,
                section.end_s,
                phrase=phrase,
            )
        return
    players = [item for item in segment if item.has(Kind.INSTRUMENT)]
    denied = [item for item in players if item.wish is Wish.DENIED]
    event = _event(segment, region.time)
    leaves = any(item.has(Kind.LEAVES) for item in segment)
    if denied:
        grouped = [item for item in items if item.group in {one.group for one in denied} and item.has(Kind.INSTRUMENT)]
        _use(grouped)
        start, end = (region.start_s, math.inf) if region.shape in ("point", "from") else (region.start_s, region.end_s)
        yield Place(timeline.OUT, start, end, _left_out(grouped), "", phrase)
    elif event and not (players and event.has(Kind.ENTERS, Kind.LEAVES) and not event.has(Kind.HIT, Kind.DROP)):
        yield from _event_places(event, region, segment, places, phrase)
    elif players and leaves:
        _use(players)
        yield Place(
            timeline.OUT,
            region.start_s,
            math.inf if region.end_s in (None, region.start_s) else region.end_s,
            _left_out(players),
            "",
            phrase,
        )
    elif players:
        yield from _player_places(region, segment, players, phrase)


def _section_place(region: _Region, phrase: str, segment: list[Item]) -> Place:
    name = region.shape.removeprefix("section ")
    is_final = name == "outro"
    _use([item for item in segment if item.senses.get(Kind.USE) == "intro"])
    seconds = region.time.seconds
    return Place(
        timeline.SECTION, -seconds if is_final else 0.0, 0.0 if is_final else seconds, name=name, phrase=phrase
    )


def _event(segment: list[Item], time: Item) -> Item | None:
    """Return the event nearest to a time; strong events before soft ones."""
    candidates = [item for item in segment if item.has(*_EVENTS) and item.wish is Wish.WANTED]
    nearest = sorted(candidates, key=lambda item: (not item.has(*_STRONG), abs(item.start - time.start)))
    return nearest[0] if nearest else None


def _event_places(
    event: Item, region: _Region, segment: list[Item], places: list[Place], phrase: str
) -> Iterator[Place]:
    kind = next(kind for kind in _EVENTS if event.has(kind))
    before = [item for item in segment if item.has(Kind.BUILD) and item is not event]
    if before and kind in (Kind.DROP, Kind.HIT) and region.shape == "point":  # "builds to a drop at 0:45"
        begun = places[-1].end_s if places and places[-1].end_s else max(0.0, region.start_s - BUILD_BEFORE_S)
        yield Place(timeline.BUILD, begun, region.start_s, phrase=before[0].text)
    end = region.end_s
    if kind in (Kind.QUIET, Kind.FULL) and region.shape in ("point", "from"):
        end = None
    elif end is None:
        end = region.start_s
    _use([item for item in segment if item.has(Kind.MOOD) and item.has(*_EVENTS)])
    yield Place(_EVENTS[kind], region.start_s, end, phrase=phrase)


def _player_places(region: _Region, segment: list[Item], players: list[Item], phrase: str) -> Iterator[Place]:
    if any(item.has(Kind.ONLY) for item in segment) and region.shape in ("first", "last", "range"):
        families = {family_of(item.senses[Kind.INSTRUMENT]) for item in players}
        others = frozenset(INSTRUMENTS) - families - {"melody"}
        yield Place(timeline.OUT, region.start_s, region.end_s, others, "", phrase)
    elif region.shape in ("point", "from"):
        yield Place(timeline.ENTER, region.start_s, region.start_s, _players(players), "", phrase)
    elif region.shape == "first" and any(item.has(Kind.BEFORE, Kind.UNTIL_AFTER) for item in segment):
        yield Place(timeline.OUT, region.time.seconds, math.inf, _left_out(players), "", phrase)


def _untimed(clause: list[Item], items: list[Item], places: list[Place], text: str) -> Iterator[Place]:
    """Yield places without a time: "starts quiet", "big ending", "then drums come in" after a place that ends."""
    phrase = text[clause[0].start : clause[-1].end]
    players = [item for item in clause if item.has(Kind.INSTRUMENT) and item.wish is Wish.WANTED]
    previous = places[-1] if places else None
    if clause[0].has(Kind.THEN) and previous and previous.end_s and math.isfinite(previous.end_s):
        event = _event(clause, clause[0])
        if players and (event is None or any(item.has(Kind.ENTERS) for item in clause)):
            yield Place(timeline.ENTER, previous.end_s, previous.end_s, _players(players), "", phrase)
            return
        if event:
            kind = next(kind for kind in _EVENTS if event.has(kind))
            end = None if kind in (Kind.QUIET, Kind.FULL) else previous.end_s
            yield Place(_EVENTS[kind], previous.end_s, end, phrase=phrase)
            return
    denied = [item for item in clause if item.has(Kind.INSTRUMENT) and item.wish is Wish.DENIED]
    if denied and any(item.has(Kind.STARTS) and item.start > denied[-1].start for item in clause):
        _use(denied)
        yield Place(timeline.OUT, 0.0, None, _left_out(denied), "", phrase)
        return
    for edge, is_start in ((Kind.STARTS, True), (Kind.ENDS, False)):
        event = _beside(clause, edge)
        if event is None:
            continue
        kind = next(kind for kind in (Kind.QUIET, Kind.FULL, Kind.BUILD, Kind.STOP, Kind.HIT) if event.has(kind))
        _use([event])
        if is_start:
            yield Place(_EVENTS[kind], 0.0, None, phrase=phrase)
        else:
            yield Place(_EVENTS[kind], -1.0 if kind is Kind.HIT else -math.inf, 0.0, phrase=phrase)
        return


def _beside(clause: list[Item], edge: Kind) -> Item | None:
    """Return the event that "starts" or "ends" is said of: "starts quiet", "quiet start", "ends with a big hit"."""
    for index, item in enumerate(clause):
        if not item.has(edge):
            continue
        candidates = [*clause[index + 1 : index + 4], *reversed(clause[max(0, index - 1) : index])]
        for other in candidates:
            if other.has(Kind.QUIET, Kind.FULL, Kind.BUILD, Kind.HIT, Kind.STOP) and other.wish is Wish.WANTED:
                return other
            if other.is_target or other.has(Kind.LENGTH):
                break
    return None


def _left_out(items: list[Item]) -> frozenset[str]:
    return frozenset(exclusion_of(item.senses[Kind.INSTRUMENT]) for item in items)


def _players(items: list[Item]) -> frozenset[str]:
    return frozenset(player_of(item.senses[Kind.INSTRUMENT])[0] for item in items)


def _use(items: list[Item]) -> None:
    for item in items:
        item.wish = Wish.IGNORED
