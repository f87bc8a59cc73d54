"""The facets of the library, as data: the condition of each, and how many tracks each of its values would show.

Only the newest MAX_COUNTED matching tracks are counted, in one query for all facets. A library of a million tracks is
counted as quickly as one of ten thousand, and a count that was cut off says so ("5,000+").
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import CharField, Count, Exists, F, Lookup, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generator.models import Approval, Comparison, Generation, MusicModel, Star, Track, User
from generator.models.track import TrackQuerySet

MAX_COUNTED = 5000
MAX_VALUES = 12

# value → (title, minimum, exclusive maximum); None: no bound
Buckets = dict[str, tuple[str | Promise, int | None, int | None]]
LENGTHS: Buckets = {
    "short": (_("under 0:30"), None, 30_000),
    "medium": ("0:30–1:30", 30_000, 90_000),
    "long": (_("over 1:30"), 90_000, None),
}
TEMPOS: Buckets = {"slow": (_("under 90"), None, 90), "medium": ("90–120", 90, 120), "fast": (_("over 120"), 120, None)}
_COLUMNS = ("pk", "model_key", "author_id", "length_ms", "bpm", "musical_key", "has_findings")


@dataclass(frozen=True)
class Number:
    """A count, and whether it is only a lower bound."""

    value: int
    is_least: bool

    def __str__(self) -> str:
        return f"{self.value:,}{'+' if self.is_least and self.value else ''}"

    def __bool__(self) -> bool:
        return self.value > 0


class Among(Lookup):
    """An IN lookup with the ids written into the SQL: thousands of parameters cost more than the query itself."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        ids = ",".join(str(int(pk)) for pk in self.rhs)
        return (f"{column} IN ({ids})" if ids else "1 = 0"), tuple(params)


class Fact(NamedTuple):
    """What another table says of a sample: a name, or how many tracks."""

    name: str
    number: int


@dataclass(frozen=True)
class Sample:
    """The ids and facet columns of the newest matching tracks, at most MAX_COUNTED.

    Other tables are counted by these ids; repeating the search for each table takes several times as long.
    """

    rows: list[tuple[Any, ...]]
    user: User

    @cached_property
    def has_track(self) -> Among:
        """Return the condition for rows of other tables whose `track_id` is in this sample."""
        return Among(F("track_id"), self.column("pk"))

    @cached_property
    def facts(self) -> dict[str, dict[str, Fact]]:
        """Return what other tables say of these tracks, by kind and value, in one query."""
        authors = [int(pk) for pk in _most_common(self.column("author_id"))]
        blind = Track.objects.filter(Among(F("pk"), self.column("pk")), generation__in=_BLIND_GENERATIONS.values("pk"))
        rows = (
            _count("starred", Star.objects.filter(self.has_track, user=self.user), Value("1")),
            _count("approved", Approval.objects.filter(self.has_track, withdrawn_at=None), Value("1")),
            _count("tag", Track.tags.through.objects.filter(self.has_track), F("tag__name")),
            _count("blind", blind, F("model_key")),
            _name("model", MusicModel.objects.filter(key__in=set(self.column("model_key"))), F("key"), F("title")),
            _name("author", User.objects.filter(pk__in=authors).exclude(name=""), F("pk"), F("name")),
            _name("address", User.objects.filter(pk__in=authors, name=""), F("pk"), F("email")),
        )
        facts: dict[str, dict[str, Fact]] = {}
        for kind, value, name, number in rows[0].union(*rows[1:], all=True):
            facts.setdefault(kind, {})[value] = Fact(name, number)
        return facts

    def number(self, kind: str) -> int:
        """Return how many of these tracks have something that they either have or not."""
        return sum(fact.number for fact in self.facts.get(kind, {}).values())

    @property
    def is_cut(self) -> bool:
        return len(self.rows) == MAX_COUNTED

    def column(self, name: str) -> list[Any]:
        index = _COLUMNS.index(name)
        return [row[index] for row in self.rows]


def sample(tracks: TrackQuerySet, user: User) -> Sample:
    newest = tracks.order_by("-created_at", "-id")
    return Sample(list(newest.values_list(*_COLUMNS)[:MAX_COUNTED]), user)


def _count(kind: str, rows: QuerySet[Any], value: Any) -> Any:
    counts = _texts(kind, rows, value, Value("")).values("kind", "value", "label").annotate(number=Count("pk"))
    return counts.values_list("kind", "value", "label", "number")


def _name(kind: str, rows: QuerySet[Any], value: Any, label: Any) -> Any:
    return _texts(kind, rows, value, label).annotate(number=Value(0)).values_list("kind", "value", "label", "number")


def _texts(kind: str, rows: QuerySet[Any], value: Any, label: Any) -> Any:
    texts = {"kind": Value(kind), "value": Cast(value, CharField()), "label": Cast(label, CharField())}
    return rows.order_by().annotate(**texts)


def _most_common(values: Iterable[Any]) -> dict[str, int]:
    return dict(Counter(str(value) for value in values if value).most_common(MAX_VALUES))


@dataclass(frozen=True)
class Kind:
    """One facet. `condition` returns None for an invalid value; `count` returns the values in display order."""

    title: str | Promise
    condition: Callable[[str, User], Q | None]
    count: Callable[[Sample, User], Mapping[str, int]]
    titles: Callable[[Iterable[str], Sample], Mapping[str, str | Promise]] = lambda values, counted: {
        value: value for value in values
    }
    alone: bool = False  # shown even with a single choice
    is_toggle: bool = False  # on or off, instead of one of several values


def _by_column(column: str) -> Callable[[Sample, User], Mapping[str, int]]:
    def count(counted: Sample, user: User) -> Mapping[str, int]:
        return _most_common(counted.column(column))

    return count


def _by_tag(counted: Sample, user: User) -> Mapping[str, int]:
    counts = [(name, fact.number) for name, fact in counted.facts.get("tag", {}).items()]
    return dict(sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:MAX_VALUES])


def _starred(counted: Sample, user: User) -> Mapping[str, int]:
    return {"1": counted.number("starred")}


_APPROVED = Exists(Approval.objects.filter(track=OuterRef("pk"), withdrawn_at=None))
_STATUS = {"approved": Q(_APPROVED), "draft": ~Q(_APPROVED)}


def _by_status(counted: Sample, user: User) -> Mapping[str, int]:
    approved = counted.number("approved")
    return {"approved": approved, "draft": len(counted.rows) - approved}


def _buckets(title: str | Promise, column: str, buckets: Buckets) -> Kind:
    def condition(value: str, user: User) -> Q | None:
        if value not in buckets:
            return None
        _, low, high = buckets[value]
        within = Q(**{f"{column}__gte": low}) if low is not None else Q(**{f"{column}__isnull": False})
        return within if high is None else within & Q(**{f"{column}__lt": high})

    def count(counted: Sample, user: User) -> Mapping[str, int]:
        values = [value for value in counted.column(column) if value is not None]
        return {
            key: sum((low is None or value >= low) and (high is None or value < high) for value in values)
            for key, (_, low, high) in buckets.items()
        }

    return Kind(title, condition, count, lambda values, counted: {key: name for key, (name, *_) in buckets.items()})


# The model of a candidate is secret until its comparison is revealed. These queries need only indexes.
_BLIND_GENERATIONS = Generation.objects.filter(comparison__in=Comparison.objects.blind().values("pk"))
_BLIND = Track.objects.filter(generation__in=_BLIND_GENERATIONS.values("pk"))


def _of_model(value: str, user: User) -> Q:
    return Q(model_key=value) & ~Q(pk__in=_BLIND.values("pk"))


def _by_model(counted: Sample, user: User) -> Mapping[str, int]:
    counts = Counter(counted.column("model_key"))
    counts.subtract({key: fact.number for key, fact in counted.facts.get("blind", {}).items()})
    return {key: number for key, number in counts.most_common(MAX_VALUES) if number > 0}


def _model_titles(keys: Iterable[str], counted: Sample) -> Mapping[str, str]:
    titles = {key: fact.name for key, fact in counted.facts.get("model", {}).items()}
    others = set(keys) - titles.keys()  # a chosen model that none of the tracks has
    return titles | dict(MusicModel.objects.filter(key__in=others).values_list("key", "title")) if others else titles


def _person_titles(ids: Iterable[str], counted: Sample) -> Mapping[str, str]:
    titles = {pk: fact.name for pk, fact in counted.facts.get("author", {}).items()}
    titles |= {pk: fact.name.partition("@")[0] for pk, fact in counted.facts.get("address", {}).items()}
    others = [int(pk) for pk in ids if pk not in titles]
    return titles | {str(pk): user.label for pk, user in User.objects.in_bulk(others).items()} if others else titles


def _toggle(title: str | Promise) -> Callable[[Iterable[str], Sample], Mapping[str, str | Promise]]:
    return lambda values, counted: {"1": title}


KINDS: dict[str, Kind] = {
    "starred": Kind(
        _("Starred"),
        lambda value, user: Q(stars__user=user) if value == "1" else None,
        _starred,
        _toggle(_("Starred")),
        alone=True,
        is_toggle=True,
    ),
    "status": Kind(
        _("Status"),
        lambda value, user: _STATUS.get(value),
        _by_status,
        lambda values, counted: {"approved": _("Approved for use"), "draft": _("Draft")},
    ),
    "model": Kind(_("Model"), _of_model, _by_model, _model_titles),
    "author": Kind(
        _("Person"),
        lambda value, user: Q(author=int(value)) if value.isdecimal() and len(value) < 19 else None,
        _by_column("author_id"),
        _person_titles,
    ),
    "tag": Kind(_("Tag"), lambda value, user: Q(tags__name=value), _by_tag, alone=True),
    "length": _buckets(_("Length"), "length_ms", LENGTHS),
    "tempo": _buckets(_("Tempo"), "bpm", TEMPOS),
    "key": Kind(_("Key"), lambda value, user: Q(musical_key=value), _by_column("musical_key")),
    "findings": Kind(
        _("Quality check"),
        lambda value, user: Q(has_findings=True) if value == "1" else None,
        lambda found, user: {"1": sum(found.column("has_findings"))},
        _toggle(_("With findings")),
        alone=True,
        is_toggle=True,
    ),
}
