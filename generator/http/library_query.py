"""The library filter: parsed from the URL, applied to a queryset, counted, paginated, and written back."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, FloatField, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generator.http import cursor_pagination
from generator.http.library_filters import KINDS, Kind, Number, Sample, sample
from generator.models import Track, User, matching
from generator.models.track import TrackQuerySet

PAGE_SIZE = 24
MAX_ROWS = 480  # per response, when a long list is refreshed in place

# name → (title, sort field, descending)
SORTS: dict[str, tuple[str | Promise, str, bool]] = {
    "newest": (_("Newest first"), "created_at", True),
    "oldest": (_("Oldest first"), "created_at", False),
    "title": (_("Title"), "title", False),
    "longest": (_("Longest first"), "length_ms", True),
    "shortest": (_("Shortest first"), "length_ms", False),
    "fastest": (_("Fastest first"), "tempo", True),
    "slowest": (_("Slowest first"), "tempo", False),
}


@dataclass(frozen=True)
class Choice:
    """One value of a facet: its title, how many tracks it would show, and the query that toggles it."""

    value: str
    title: str | Promise
    count: Number
    chosen: bool
    query: str


@dataclass(frozen=True)
class Facet:
    name: str
    title: str | Promise
    choices: tuple[Choice, ...]
    is_toggle: bool

    @property
    def chosen(self) -> Choice | None:
        return next((choice for choice in self.choices if choice.chosen), None)


@dataclass(frozen=True)
class Page:
    tracks: Sequence[Track]
    next_query: str  # empty on the last page


class LibraryFilter:
    """The library filter of one URL. Unknown values are ignored, so that old links still work."""

    def __init__(self, query: QueryDict, user: User) -> None:
        self.user = user
        self.text = query.get("q", "").strip()[:200]
        self.sort = query.get("sort", "") if query.get("sort") in SORTS else "newest"
        self.after = query.get("after", "")
        rows = query.get("rows", "")
        self.rows = min(max(PAGE_SIZE, int(rows)), MAX_ROWS) if rows.isdecimal() and len(rows) < 5 else PAGE_SIZE
        self.chosen = {name: query.get(name, "")[:120] for name in KINDS if query.get(name)}

    # --- the URL ---

    def query(self, **changes: str) -> str:
        """Return this filter as a query string, with changes; it always leads to the first page."""
        values = {"q": self.text, "sort": self.sort if self.sort != "newest" else "", **self.chosen, **changes}
        written = QueryDict(mutable=True)
        written.update({name: value for name, value in values.items() if value})
        return written.urlencode()

    @property
    def is_plain(self) -> bool:
        return not self.text and not self.chosen

    # --- the tracks ---

    def apply(self, tracks: TrackQuerySet, *, but: str = "") -> TrackQuerySet:
        """Apply the search and all facets but `but`, which is left out to count its other values."""
        for name, value in self.chosen.items():
            if name != but and (condition := KINDS[name].condition(value, self.user)) is not None:
                tracks = tracks.filter(condition)
        return matching(tracks, self.text)

    def page(self, tracks: TrackQuerySet, wide: TrackQuerySet) -> Page:
        """Return one page of the filtered tracks by keyset pagination.

        The keys are found first, within an index; only the rows to show are then read from `wide`. `wide` must have
        no filter of its own, or SQLite scans an index of the project for them.
        """
        _, field, down = SORTS[self.sort]
        filtered = self.apply(tracks).annotate(tempo=Coalesce("bpm", Value(0.0), output_field=FloatField()))
        if (key := cursor_pagination.read(self.after, field)) is not None:
            filtered = filtered.filter(cursor_pagination.after_cursor(field, down, *key))
        order = (F(field).desc(), "-id") if down else (F(field).asc(), "id")
        keys = list(filtered.order_by(*order).values_list("pk", field)[: self.rows + 1])
        rows = wide.in_bulk([pk for pk, _ in keys[: self.rows]])
        last, value = keys[self.rows - 1] if len(keys) > self.rows else (0, None)
        following = self.query(after=cursor_pagination.write(value, last)) if last else ""
        return Page([rows[pk] for pk, _ in keys[: self.rows] if pk in rows], following)

    def count(self, tracks: TrackQuerySet) -> tuple[list[Facet], Number]:
        """Return the facets worth showing, with their counts, and the total number of matching tracks."""
        everything = sample(self.apply(tracks), self.user)
        facets = []
        for name, kind in KINDS.items():
            counted = sample(self.apply(tracks, but=name), self.user) if name in self.chosen else everything
            choices = self._choices(name, kind, counted)
            if len(choices) > 1 or any(choice.chosen for choice in choices) or (choices and kind.alone):
                facets.append(Facet(name, kind.title, choices, kind.is_toggle))
        return facets, Number(len(everything.rows), everything.is_cut)

    def _choices(self, name: str, kind: Kind, counted: Sample) -> tuple[Choice, ...]:
        counts = {value: number for value, number in kind.count(counted, self.user).items() if number}
        picked = self.chosen.get(name, "")
        if picked and kind.condition(picked, self.user) is not None:
            counts.setdefault(picked, 0)
        titles = kind.titles(counts, counted)
        return tuple(
            Choice(
                value,
                titles.get(value, value),
                Number(number, counted.is_cut),
                value == picked,
                self.query(**{name: "" if value == picked else value}),
            )
            for value, number in counts.items()
        )


def is_cursor(text: str, sort: str) -> bool:
    """Return whether a text is a valid cursor for this sort order."""
    return cursor_pagination.read(text, SORTS[sort][1]) is not None
