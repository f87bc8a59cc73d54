"""The library's filter: read from the URL, applied to a queryset, counted, paged by key, and written back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, FloatField, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict

from generator.models import Track, User, matching
from generator.models.track import TrackQuerySet
from generator.web import keyset
from generator.web.facets import KINDS, Kind, Number, Sample, sample

PAGE = 24
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


@dataclass(frozen=True)
class Choice:
    """One value of a facet: its title, how many tracks it would show, and the URL that turns it on or off."""

    value: str
    title: str
    count: Number
    chosen: bool
    query: str


@dataclass(frozen=True)
class Facet:
    name: str
    title: str
    choices: tuple[Choice, ...]
    is_toggle: bool

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
        self.chosen = {name: query.get(name, "")[:120] for name in KINDS if query.get(name)}

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
            if name != but and (condition := KINDS[name].condition(value, self.user)) is not None:
                tracks = tracks.filter(condition)
        return matching(tracks, self.text)

    def page(self, tracks: TrackQuerySet, wide: TrackQuerySet) -> Page:
        """One page of the filtered tracks, by key: as quick at the hundred-thousandth track as at the first.

        Keys are found first, within an index; only the rows to be shown are then read, as `wide` says. That one has
        no filter of its own, or SQLite goes through an index of the project for them.
        """
        _, field, down = SORTS[self.sort]
        found = self.apply(tracks).annotate(tempo=Coalesce("bpm", Value(0.0), output_field=FloatField()))
        if (key := keyset.read(self.after, field)) is not None:
            found = found.filter(keyset.beyond(field, down, *key))
        order = (F(field).desc(), "-id") if down else (F(field).asc(), "id")
        keys = list(found.order_by(*order).values_list("pk", field)[: self.rows + 1])
        rows = wide.in_bulk([pk for pk, _ in keys[: self.rows]])
        last, value = keys[self.rows - 1] if len(keys) > self.rows else (0, None)
        following = self.query(after=keyset.write(value, last)) if last else ""
        return Page([rows[pk] for pk, _ in keys[: self.rows] if pk in rows], following)

    def count(self, tracks: TrackQuerySet) -> tuple[list[Facet], Number]:
        """Every facet that has something to choose, with its counts; and how many tracks fit in all."""
        everything = sample(self.apply(tracks))
        facets = []
        for name, kind in KINDS.items():
            found = sample(self.apply(tracks, but=name)) if name in self.chosen else everything
            choices = self._choices(name, kind, found)
            if len(choices) > 1 or any(choice.chosen for choice in choices) or (choices and kind.alone):
                facets.append(Facet(name, kind.title, choices, kind.is_toggle))
        return facets, Number(len(everything.rows), everything.is_cut)

    def _choices(self, name: str, kind: Kind, found: Sample) -> tuple[Choice, ...]:
        counts = {value: number for value, number in kind.count(found, self.user).items() if number}
        picked = self.chosen.get(name, "")
        if picked and kind.condition(picked, self.user) is not None:
            counts.setdefault(picked, 0)
        titles = kind.titles(counts)
        return tuple(
            Choice(
                value,
                titles.get(value, value),
                Number(number, found.is_cut),
                value == picked,
                self.query(**{name: "" if value == picked else value}),
            )
            for value, number in counts.items()
        )


def is_cursor(text: str, sort: str) -> bool:
    """Whether it is the place of a page in this order."""
    return keyset.read(text, SORTS[sort][1]) is not None
