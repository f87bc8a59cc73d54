"""Clauses of a text: what belongs to one place in the piece."""

from collections.abc import Iterator

from generator.composer.text.parsing.items import Item
from generator.composer.text.parsing.kinds import EVENTS, Kind


def clauses_of(items: list[Item]) -> Iterator[list[Item]]:
    """Split at commas, full stops and "then"; a list of players stays whole."""
    clause: list[Item] = []
    for index, item in enumerate(items):
        is_list = bool(clause) and item.follows_comma and _goes_on(items, index, clause[-1])
        begins = item.ends_sentence and not (item.gap == ":" and (item.has(Kind.TIME) or _is_label(clause)))
        is_then = item.has(Kind.THEN) and not (item.has(Kind.BEFORE) and _precedes_time(items, index))
        if clause and (begins or (item.follows_comma and not is_list and not _opens_with_time(clause)) or is_then):
            yield clause
            clause = []
        clause.append(item)
    if clause:
        yield clause


def _goes_on(items: list[Item], index: int, last: Item) -> bool:
    """Return whether a comma before an item stands inside a list of players: "no drums, bass or choir until 0:10"."""
    item, following = items[index], items[index + 1] if index + 1 < len(items) else None
    if item.has(Kind.TIME) and last.has(Kind.TIME):
        return _closes_times(items, index)
    if item.has(Kind.AND, Kind.OR):
        return last.has(Kind.INSTRUMENT)
    is_member = item.has(Kind.INSTRUMENT) and last.has(Kind.INSTRUMENT) and item.wish is last.wish
    return is_member and following is not None and (following.follows_comma or following.has(Kind.AND, Kind.OR))


def _closes_times(items: list[Item], index: int) -> bool:
    """Return whether a list of times goes on at an item and ends with "and": "3 s, 6 s and 9 s"."""
    while index + 2 < len(items) and items[index].has(Kind.TIME):
        if items[index + 1].has(Kind.AND) and items[index + 2].has(Kind.TIME):
            return True
        if not items[index + 1].follows_comma:
            return False
        index += 1
    return False


def _precedes_time(items: list[Item], index: int) -> bool:
    return any(item.has(Kind.TIME) for item in items[index + 1 : index + 3])


def _is_label(clause: list[Item]) -> bool:
    return len(clause) == 1 and clause[0].has(Kind.TIME)


def _opens_with_time(clause: list[Item]) -> bool:
    """Return whether a clause is only "at 0:20" or "in the first 10 seconds", with what happens after the comma."""
    has_place = any(item.has(Kind.AT, Kind.FIRST, Kind.LAST, Kind.AFTER, Kind.FROM, Kind.BEFORE) for item in clause)
    return clause[-1].has(Kind.TIME) and has_place and not any(item.is_target or item.has(*EVENTS) for item in clause)
