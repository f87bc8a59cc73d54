"""The library's filter: read from the URL, applied to a queryset, counted, paged by key, and written back."""

import base64
import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, FloatField, Q, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from generator.models import Tag, Track, User, matching
from generator.models.track import TrackQuerySet

PAGE = 24
MOST_FACET = 12
MOST_ROWS = 480  # of one answer, when a long-scrolled list is refreshed in place

# name → (title, what it orders by, descending)
SORTS: dict[str, tuple[str, str, bool]] = {
    "newest": ("Newest first", "created_at", True),
    "oldest": ("Oldest first", "created_at", False),
    "title": ("Title", "title", False),
    "longest": ("Longest first", "length_ms", True),
    "shortest": ("Shortest first", "length_ms", False),
    "fastest": ("Fastest first", "tempo", True),
    "slowest": ("Slowest first", "tempo", False),
}
LENGTHS = {
    "short": ("under 0:30", Q(length_ms__lt=30_000)),
    "medium": ("0:30–1:30", Q(length_ms__gte=30_000, length_ms__lt=90_000)),
    "long": ("over 1:30", Q(length_ms__gte=90_000)),
}
TEMPOS = {
    "slow": ("under 90", Q(bpm__lt=90)),
    "middle": ("90–120", Q(bpm__gte=90, bpm__lt=120)),
    "fast": ("over 120", Q(bpm__gte=120)),
}


@dataclass(frozen=True)
class Choice:
    """One value of a facet: its title, how many tracks it would show, and the URL that turns it on or off."""

    value: str
    title: str
    count: int
    chosen: bool
    query: str


@dataclass(frozen=True)
class Facet:
    name: str
    title: str
    choices: tuple[Choice, ...]
    is_toggle: bool  # on or off, rather than one of several

    @property
    def chosen(self) -> Choice | None:
        return next((choice for choice in self.choices if choice.chosen), None)


@dataclass(frozen=True)
class Page:
    tracks: Sequence[Track]
    next_query: str  # empty at the end


class LibraryFilter:
    """One URL's view of a library. Values it does not know are ignored, so an old link still shows something."""

    def __init__(self, query: QueryDict, user: User) -> None:
        self.user = user
        self.text = query.get("q", "").strip()[:200]
        self.sort = query.get("sort", "") if query.get("sort") in SORTS else "newest"
        self.after = query.get("after", "")
        rows = query.get("rows", "")
        self.rows = min(max(PAGE, int(rows)), MOST_ROWS) if rows.isdecimal() and len(rows) < 5 else PAGE
        self.chosen = {name: query.get(name, "")[:120] for name in _FACETS if query.get(name)}

    # --- the URL ---

    def query(self, **changes: str) -> str:
        """This filter as a query string, with changes; it always starts at the first page."""
        values = {"q": self.text, "sort": self.sort if self.sort != "newest" else "", **self.chosen, **changes}
        written = QueryDict(mutable=True)
        written.update({name: value for name, value in values.items() if value})
        return written.urlencode()

    @property
    def is_plain(self) -> bool:
        return not self.text and not self.chosen

    # --- the tracks ---

    def apply(self, tracks: TrackQuerySet, *, but: str = "") -> TrackQuerySet:
        """Narrow to what is asked for; `but` leaves one facet out, to count its other choices."""
        for name, value in self.chosen.items():
            if name != but and (condition := _FACETS[name].condition(value, self.user)) is not None:
                tracks = tracks.filter(condition)
        return matching(tracks, self.text)

    def page(self, tracks: TrackQuerySet) -> Page:
        """One page of the filtered tracks, by key: as quick at the hundred-thousandth track as at the first."""
        _, field, down = SORTS[self.sort]
        tracks = self.apply(tracks).annotate(tempo=Coalesce("bpm", Value(0.0), output_field=FloatField()))
        if (key := _read_cursor(self.after, field)) is not None:
            tracks = tracks.filter(_beyond(field, down, *key))
        order = (F(field).desc(), "-id") if down else (F(field).asc(), "id")
        rows = list(tracks.order_by(*order)[: self.rows + 1])
        following = ""
        if len(rows) > self.rows:
            last = rows[self.rows - 1]
            following = self.query(after=_write_cursor(getattr(last, field), last.pk))
        return Page(rows[: self.rows], following)

    def facets(self, tracks: TrackQuerySet) -> list[Facet]:
        """Every facet with its choices and counts; facets with nothing to choose are left out."""
        found = []
        for name, kind in _FACETS.items():
            narrowed = self.apply(tracks, but=name)
            choices = tuple(
                Choice(value, title, count, chosen, self.query(**{name: "" if chosen else value}))
                for value, title, count in kind.count(narrowed, self.user)
                if (chosen := self.chosen.get(name) == value) or count
            )
            if len(choices) > 1 or any(choice.chosen for choice in choices) or (choices and kind.alone):
                found.append(Facet(name, kind.title, choices, kind.is_toggle))
        return found


def _beyond(field: str, down: bool, value: Any, pk: int) -> Q:
    """Rows after a key. The outer bound alone lets the index do the work; the inner part settles ties."""
    less = "lt" if down else "gt"
    return Q(**{f"{field}__{less}e": value}) & (Q(**{f"{field}__{less}": value}) | Q(**{f"id__{less}": pk}))


def _write_cursor(value: Any, pk: int) -> str:
    plain = value.isoformat() if hasattr(value, "isoformat") else value
    return base64.urlsafe_b64encode(json.dumps([plain, pk]).encode()).decode().rstrip("=")


def _read_cursor(text: str, field: str) -> tuple[Any, int] | None:
    """Read a cursor of this order; nonsense, and what no database can compare with, starts again at the first page."""
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return _READ[field](value), _whole(pk)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def _moment(value: Any) -> dt.datetime:
    moment = parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise ValueError("not a moment")
    return moment.astimezone(dt.UTC)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError("not a text")
    return value.encode().decode()  # raises on half a character


def _number(value: Any) -> float:
    if not math.isfinite(value):
        raise ValueError("not a number")
    return float(value)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError("not a whole number that a column could hold")
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "created_at": _moment,
    "title": _text,
    "length_ms": _whole,
    "tempo": _number,
}


# --- the facets, as data ---

Counts = Iterable[tuple[str, str, int]]


@dataclass(frozen=True)
class _Kind:
    title: str
    condition: Callable[[str, User], Q | None]
    count: Callable[[TrackQuerySet, User], Counts]
    alone: bool = False  # worth showing with a single choice
    is_toggle: bool = False


def _by_column(column: str, title: str) -> Callable[[TrackQuerySet, User], Counts]:
    def count(tracks: TrackQuerySet, user: User) -> Counts:
        rows = tracks.order_by().values_list(column, title).annotate(n=Count("pk")).order_by("-n")[:MOST_FACET]
        return [(str(value), str(label), n) for value, label, n in rows if value]

    return count


def _by_author(tracks: TrackQuerySet, user: User) -> Counts:
    counts = dict(tracks.order_by().values_list("author").annotate(n=Count("pk")).order_by("-n")[:MOST_FACET])
    people = User.objects.in_bulk(list(counts))
    return [(str(pk), people[pk].label, n) for pk, n in counts.items()]


def _author(value: str, user: User) -> Q | None:
    return Q(author=int(value)) if value.isdecimal() and len(value) < 19 else None


def _by_tag(tracks: TrackQuerySet, user: User) -> Counts:
    counted = Tag.objects.filter(tracks__in=tracks).values_list("name").annotate(n=Count("tracks")).order_by("-n")
    return [(name, name, n) for name, n in counted[:MOST_FACET]]


def _buckets(buckets: dict[str, tuple[str, Q]]) -> Callable[[TrackQuerySet, User], Counts]:
    def count(tracks: TrackQuerySet, user: User) -> Counts:
        counts = tracks.aggregate(**{key: Count("pk", filter=condition) for key, (_, condition) in buckets.items()})
        return [(key, title, counts[key]) for key, (title, _) in buckets.items()]

    return count


def _bucket(buckets: dict[str, tuple[str, Q]]) -> Callable[[str, User], Q | None]:
    return lambda value, user: buckets[value][1] if value in buckets else None


_FACETS: dict[str, _Kind] = {
    "starred": _Kind(
        "Starred",
        lambda value, user: Q(stars__user=user) if value == "1" else None,
        lambda tracks, user: [("1", "Starred", tracks.starred_by(user).count())],
        alone=True,
        is_toggle=True,
    ),
    "model": _Kind(
        "Model",
        lambda value, user: Q(model_key=value),
        _by_column("model_key", "generation__model__title"),
    ),
    "author": _Kind("Person", _author, _by_author),
    "tag": _Kind("Tag", lambda value, user: Q(tags__name=value), _by_tag, alone=True),
    "length": _Kind("Length", _bucket(LENGTHS), _buckets(LENGTHS)),
    "tempo": _Kind("Tempo", _bucket(TEMPOS), _buckets(TEMPOS)),
    "key": _Kind("Key", lambda value, user: Q(musical_key=value), _by_column("musical_key", "musical_key")),
    "findings": _Kind(
        "Check",
        lambda value, user: ~Q(findings=[]) if value == "1" else None,
        lambda tracks, user: [("1", "With findings", tracks.exclude(findings=[]).count())],
        alone=True,
        is_toggle=True,
    ),
}
