"""The facets of the library, as data: what each narrows to, and how many tracks each of its values would show.

Counting looks at the newest COUNTED tracks that fit and no further, in one query for all facets: a library of a
million tracks counts as quickly as one of ten thousand, and a number that was cut short says so ("5,000+").
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, F, Lookup, OuterRef, Q

from generator.models import Approval, Comparison, Generation, MusicModel, Star, Track, User
from generator.models.track import TrackQuerySet

COUNTED = 5000
MOST_VALUES = 12

# value → (title, from, below); None is open
Buckets = dict[str, tuple[str, int | None, int | None]]
LENGTHS: Buckets = {
    "short": ("under 0:30", None, 30_000),
    "medium": ("0:30–1:30", 30_000, 90_000),
    "long": ("over 1:30", 90_000, None),
}
TEMPOS: Buckets = {"slow": ("under 90", None, 90), "middle": ("90–120", 90, 120), "fast": ("over 120", 120, None)}
_COLUMNS = ("pk", "model_key", "author_id", "length_ms", "bpm", "musical_key", "has_findings")


@dataclass(frozen=True)
class Number:
    """A count, and whether there are more than were counted."""

    value: int
    is_least: bool

    def __str__(self) -> str:
        return f"{self.value:,}{'+' if self.is_least and self.value else ''}"

    def __bool__(self) -> bool:
        return self.value > 0


class Among(Lookup):
    """Whether a column is one of these ids, written out: thousands of parameters cost more than the query itself."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        ids = ",".join(str(int(pk)) for pk in self.rhs)
        return (f"{column} IN ({ids})" if ids else "1 = 0"), tuple(params)


@dataclass(frozen=True)
class Sample:
    """The newest tracks that fit, at most COUNTED: their facet columns, and their ids.

    What is counted in other tables goes by the ids: searching once more for each of them takes several times as long.
    """

    rows: list[tuple[Any, ...]]

    @cached_property
    def has_track(self) -> Among:
        """For rows of other tables that point at one of them."""
        return Among(F("track_id"), self.column("pk"))

    @property
    def is_cut(self) -> bool:
        return len(self.rows) == COUNTED

    def column(self, name: str) -> list[Any]:
        at = _COLUMNS.index(name)
        return [row[at] for row in self.rows]


def sample(tracks: TrackQuerySet) -> Sample:
    newest = tracks.order_by("-created_at", "-id")
    return Sample(list(newest.values_list(*_COLUMNS)[:COUNTED]))


@dataclass(frozen=True)
class Kind:
    """One facet: `condition` is None for what is not a value of it; `count` gives values in the order to show them."""

    title: str
    condition: Callable[[str, User], Q | None]
    count: Callable[[Sample, User], Mapping[str, int]]
    titles: Callable[[Iterable[str]], Mapping[str, str]] = lambda values: {value: value for value in values}
    alone: bool = False  # worth showing with a single choice
    is_toggle: bool = False  # on or off, rather than one of several


def _by_column(column: str) -> Callable[[Sample, User], Mapping[str, int]]:
    def count(found: Sample, user: User) -> Mapping[str, int]:
        return dict(Counter(str(value) for value in found.column(column) if value).most_common(MOST_VALUES))

    return count


def _by_tag(found: Sample, user: User) -> Mapping[str, int]:
    tagged = Track.tags.through.objects.filter(found.has_track).values_list("tag__name")
    counts = tagged.annotate(n=Count("pk"))
    return dict(sorted(counts, key=lambda one: (-one[1], one[0]))[:MOST_VALUES])


def _starred(found: Sample, user: User) -> Mapping[str, int]:
    return {"1": Star.objects.filter(found.has_track, user=user).count()}


_APPROVED = Exists(Approval.objects.filter(track=OuterRef("pk"), withdrawn_at=None))
_STATUS = {"approved": Q(_APPROVED), "draft": ~Q(_APPROVED)}


def _by_status(found: Sample, user: User) -> Mapping[str, int]:
    approved = Approval.objects.filter(found.has_track, withdrawn_at=None).count()
    return {"approved": approved, "draft": len(found.rows) - approved}


def _buckets(title: str, column: str, buckets: Buckets) -> Kind:
    def condition(value: str, user: User) -> Q | None:
        if value not in buckets:
            return None
        _, low, high = buckets[value]
        within = Q(**{f"{column}__gte": low}) if low is not None else Q(**{f"{column}__isnull": False})
        return within if high is None else within & Q(**{f"{column}__lt": high})

    def count(found: Sample, user: User) -> Mapping[str, int]:
        values = [value for value in found.column(column) if value is not None]
        return {
            key: sum((low is None or value >= low) and (high is None or value < high) for value in values)
            for key, (_, low, high) in buckets.items()
        }

    return Kind(title, condition, count, lambda values: {key: name for key, (name, *_) in buckets.items()})


# Which model made a candidate is nobody's to know until it is revealed. Indexes alone answer which those are.
_RUNS = Generation.objects.filter(comparison__in=Comparison.objects.blind().values("pk"))
_BLIND = Track.objects.filter(generation__in=_RUNS.values("pk"))


def _of_model(value: str, user: User) -> Q:
    return Q(model_key=value) & ~Q(pk__in=_BLIND.values("pk"))


def _by_model(found: Sample, user: User) -> Mapping[str, int]:
    blind = set(_BLIND.values_list("pk", flat=True))
    rows = zip(found.column("pk"), found.column("model_key"), strict=True)
    return dict(Counter(key for pk, key in rows if pk not in blind).most_common(MOST_VALUES))


def _model_titles(keys: Iterable[str]) -> Mapping[str, str]:
    return dict(MusicModel.objects.filter(key__in=keys).values_list("key", "title"))


def _people(ids: Iterable[str]) -> Mapping[str, str]:
    return {str(pk): person.label for pk, person in User.objects.in_bulk([int(one) for one in ids]).items()}


def _toggle(title: str) -> Callable[[Iterable[str]], Mapping[str, str]]:
    return lambda values: {"1": title}


KINDS: dict[str, Kind] = {
    "starred": Kind(
        "Starred",
        lambda value, user: Q(stars__user=user) if value == "1" else None,
        _starred,
        _toggle("Starred"),
        alone=True,
        is_toggle=True,
    ),
    "status": Kind(
        "Status",
        lambda value, user: _STATUS.get(value),
        _by_status,
        lambda values: {"approved": "Approved for use", "draft": "Draft"},
    ),
    "model": Kind("Model", _of_model, _by_model, _model_titles),
    "author": Kind(
        "Person",
        lambda value, user: Q(author=int(value)) if value.isdecimal() and len(value) < 19 else None,
        _by_column("author_id"),
        _people,
    ),
    "tag": Kind("Tag", lambda value, user: Q(tags__name=value), _by_tag, alone=True),
    "length": _buckets("Length", "length_ms", LENGTHS),
    "tempo": _buckets("Tempo", "bpm", TEMPOS),
    "key": Kind("Key", lambda value, user: Q(musical_key=value), _by_column("musical_key")),
    "findings": Kind(
        "Check",
        lambda value, user: Q(has_findings=True) if value == "1" else None,
        lambda found, user: {"1": sum(found.column("has_findings"))},
        _toggle("With findings"),
        alone=True,
        is_toggle=True,
    ),
}
