"""What was spent, by whom, on what: reads over the roll-ups for figures and over the ledger for the lines behind them.

    entry        moves held   moves spent        figure = Σ roll-up cells of a month
    hold             +                           line   = one ledger entry
    charge           −             +             spent  = charged + adjusted − credited
    release          −                           held   = Σ over all months: what is still open now
    credit                         −
    adjustment                     ±

A `Scope` is made by `scope_for`, which asks access; every read here is limited by one.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from generator import access
from generator.models import (
    ApiKey,
    Budget,
    Comparison,
    Entry,
    Generation,
    Membership,
    MusicModel,
    Project,
    Rollup,
    User,
)
from generator.money import Micros
from generator.workflow.caps import Room, rooms
from generator.workflow.money import ENTRY_SPENT, month_of

KIND = Entry.Kind
PRIVATE, LEFT = "A private take", "A project you have left"
SPENDING = (KIND.CHARGE, KIND.CREDIT, KIND.ADJUSTMENT)
SPENT = F("charged") + F("adjusted") - F("credited")
_ENTRY_HELD = Case(
    When(kind=KIND.HOLD, then=F("amount")),
    When(kind__in=(KIND.CHARGE, KIND.RELEASE), then=-F("amount")),
    default=0,
    output_field=IntegerField(),
)


class Limited(Protocol):
    """Anything that says which rows of the ledger and its roll-ups are looked at."""

    def limit(self, rows: QuerySet[Any]) -> QuerySet[Any]: ...


@dataclass(frozen=True)
class Scope:
    """Whose money is looked at: a person's own everywhere, or everybody's in one project."""

    user: User
    project: Project | None = None

    def limit(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(project=self.project) if self.project else rows.filter(user=self.user)


def scope_for(user: User, project_ref: str) -> Scope | None:
    """What a person may look at: their own money, or a project they are a member of; None for anything else.

    A key of one project is looked at for that project, whatever its maker spends elsewhere.
    """
    key = user.acting_with
    if not project_ref and key and key.project:
        project_ref = key.project.ref
    if not project_ref:
        return Scope(user)
    project = access.projects(user).filter(ref=project_ref).first()
    return Scope(user, project) if project else None


# --- figures, from the roll-ups ---


def average(spent: int, takes: int) -> Micros | None:
    """What a take cost on average, to a hundredth of a cent."""
    return Micros(round(spent / takes / 100) * 100) if takes else None


@dataclass(frozen=True)
class Share:
    """One row of a breakdown."""

    key: str
    title: str
    spent: Micros
    takes: int
    kept: int | None = None  # of those takes, the ones that are not in the bin; None: not counted

    @property
    def per_take(self) -> Micros | None:
        return average(self.spent, self.takes)

    @property
    def per_kept(self) -> Micros | None:
        """What a take that somebody wanted to keep cost: with all that was thrown away for it."""
        return average(self.spent, self.kept or 0)


@dataclass(frozen=True)
class Month:
    """The figures of one month."""

    month: str
    spent: Micros
    charged: Micros
    credited: Micros
    adjusted: Micros
    held: Micros
    takes: int

    @property
    def per_take(self) -> Micros | None:
        return average(self.spent, self.takes)


def month(scope: Limited, name: str) -> Month:
    """Add up one month; what is held is counted over all months, for it is open now."""
    this = Q(month=name)
    sums = scope.limit(Rollup.objects.all()).aggregate(
        charged_=Sum("charged", filter=this, default=0),
        credited_=Sum("credited", filter=this, default=0),
        adjusted_=Sum("adjusted", filter=this, default=0),
        takes_=Sum("takes", filter=this, default=0),
        held_=Sum("held", default=0),
    )
    return Month(
        name,
        spent=Micros(sums["charged_"] + sums["adjusted_"] - sums["credited_"]),
        charged=Micros(sums["charged_"]),
        credited=Micros(sums["credited_"]),
        adjusted=Micros(sums["adjusted_"]),
        held=Micros(sums["held_"]),
        takes=sums["takes_"],
    )


def this_month() -> str:
    return month_of(timezone.now())


def months(scope: Limited) -> list[str]:
    """Every month with entries, the newest first."""
    return list(scope.limit(Rollup.objects.all()).values_list("month", flat=True).distinct().order_by("-month"))


def by_model(scope: Limited, name: str, *, with_kept: bool = True) -> list[Share]:
    titles = dict(MusicModel.objects.values_list("key", "title"))
    kept = _kept(scope, name) if with_kept else None
    return [
        Share(key, titles.get(key, key), spent, takes, None if kept is None else kept.get(key, 0))
        for key, spent, takes in grouped(scope, name, "model_key")
    ]


def _kept(scope: Limited, name: str) -> dict[str, int]:
    """Model → how many of the takes that were charged for in a month are in the library now."""
    charges = scope.limit(Entry.objects.filter(month=name, kind=KIND.CHARGE)).order_by()
    still_there = Count("generation__tracks", filter=Q(generation__tracks__binned_at=None))
    return dict(charges.values_list("model_key").annotate(kept=still_there))


def by_project(scope: Limited, name: str) -> list[Share]:
    rows = list(grouped(scope, name, "project"))
    projects = Project.objects.in_bulk([pk for pk, *_ in rows])
    known = {pk: project.name for pk, project in projects.items()}
    if isinstance(scope, Scope):
        left = set(projects) - set(Membership.objects.filter(user=scope.user).values_list("project", flat=True))
        known |= dict.fromkeys(left, LEFT)
    return [Share(projects[pk].ref, known[pk], spent, takes) for pk, spent, takes in rows]


def by_person(scope: Limited, name: str) -> list[Share]:
    rows = list(grouped(scope, name, "user"))
    people = User.objects.in_bulk([pk for pk, *_ in rows])
    return [Share(str(pk), people[pk].label, spent, takes) for pk, spent, takes in rows]


def by_key(scope: Limited, name: str) -> list[Share]:
    """What was asked for with each API key; from the entries, for keys are no dimension of the roll-up."""
    rows = scope.limit(Entry.objects.filter(month=name, kind__in=SPENDING, key__isnull=False)).order_by()
    summed = rows.values_list("key").annotate(spent=Sum(ENTRY_SPENT), all_takes=Sum("takes"))
    keys = ApiKey.objects.in_bulk([pk for pk, *_ in summed])
    shares = [Share(keys[pk].ref, keys[pk].name, Micros(spent), takes) for pk, spent, takes in summed]
    return sorted(shares, key=lambda share: (-share.spent, -share.takes))


def of_keys(keys: Iterable[int], name: str) -> dict[int, Micros]:
    """Key → what was spent with it in a month."""
    rows = Entry.objects.filter(month=name, kind__in=SPENDING, key__in=list(keys)).order_by()
    return {pk: Micros(spent) for pk, spent in rows.values_list("key").annotate(spent=Sum(ENTRY_SPENT))}


def grouped(scope: Limited, name: str, column: str) -> Iterable[Any]:
    """Rows of (column, spent, takes) of a month, the dearest first."""
    cells = scope.limit(Rollup.objects.filter(month=name)).values_list(column)
    summed: QuerySet[Any, Any] = cells.annotate(spent=Sum(SPENT), all_takes=Sum("takes")).order_by(
        "-spent", "-all_takes"
    )
    return summed.filter(Q(all_takes__gt=0) | ~Q(spent=0))


def caps(scope: Scope) -> list[Room]:
    """The caps that bind a person: in one project, or wherever they are a member, the tightest first."""
    if scope.project:
        return rooms(scope.user, scope.project, "")
    mine = access.projects(scope.user)
    narrow = Budget.objects.filter(project__in=mine).filter(Q(user=None) | Q(user=scope.user))
    capped = mine.filter(pk__in=narrow.values("project"))
    somewhere = [*capped] or [*mine[:1]]  # the cap on the person alone shows in any of them
    found = {room.budget.pk: room for project in somewhere for room in rooms(scope.user, project, "")}
    return sorted(found.values(), key=lambda room: room.left)


# --- days and lines, from the entries ---


def by_day(scope: Limited, name: str) -> dict[dt.date, Micros]:
    """Day → spent that day, counted in the studio's time zone; days without entries are left out."""
    rows = scope.limit(Entry.objects.filter(month=name, kind__in=SPENDING)).order_by("day")
    return {day: Micros(spent) for day, spent in rows.values_list("day").annotate(spent=Sum(ENTRY_SPENT))}


@dataclass(frozen=True)
class Wanted:
    """Which lines: each field narrows, None does not. `kind` is an entry's kind, "spent" or "held"."""

    kind: str | None = None
    model: str | None = None
    provider: str | None = None
    project: str | None = None
    person: int | None = None
    day: dt.date | None = None
    key: str | None = None  # the ref of the API key that asked for it


def lines(scope: Limited, name: str, wanted: Wanted) -> QuerySet[Entry]:
    """The entries behind a figure, the newest first. "held" are the holds that are open now, of whatever month."""
    if wanted.kind == "held":
        rows = Entry.objects.filter(kind=KIND.HOLD, generation__in=Generation.objects.unsettled().values("pk"))
    else:
        rows = Entry.objects.filter(month=name)
        rows = rows.filter(kind__in=SPENDING) if wanted.kind == "spent" else rows
        rows = rows.filter(kind=wanted.kind) if wanted.kind in KIND.values else rows
    narrow = {
        "model_key": wanted.model,
        "provider_key": wanted.provider,
        "project__ref": wanted.project,
        "user": wanted.person,
        "day": wanted.day,
        "key__ref": wanted.key,
    }
    rows = scope.limit(rows).filter(**{column: value for column, value in narrow.items() if value is not None})
    rows = rows.annotate(moves_spent=ENTRY_SPENT, moves_held=_ENTRY_HELD)
    rows = rows.annotate(is_concealed=_is_concealed(scope), is_blind=_IS_BLIND, is_left=_is_left(scope))
    return rows.select_related("project", "user", "generation__prompt", "actor", "key").order_by("-id")


_IS_BLIND = Exists(
    Generation.objects.filter(pk=OuterRef("generation"), comparison__in=Comparison.objects.blind().values("pk"))
)


def _is_concealed(scope: Limited) -> Exists:
    """Whose eyes read it: the person's; the billing desk looks at money, and reads nothing private."""
    viewer = scope.user if isinstance(scope, Scope) else None
    return Exists(access.concealed_runs(viewer).filter(pk=OuterRef("generation")))


def _is_left(scope: Limited) -> Any:
    """Whether it was spent in a project that the person is no member of any more."""
    if not isinstance(scope, Scope):
        return Value(False)
    return ~Exists(Membership.objects.filter(user=scope.user, project=OuterRef("project")))


def about(line: Entry) -> str:
    """What a line of `lines` paid for: the brief, where the reader may know it."""
    if line.generation is None:
        return ""
    return PRIVATE if line.is_concealed else line.generation.prompt.text  # type: ignore[attr-defined]


def run_of(line: Entry) -> str:
    """The public name of the run that a line is about; none for a blind candidate, for its model stands beside it."""
    return "" if line.generation is None or line.is_blind else line.generation.ref  # type: ignore[attr-defined]


def place_of(line: Entry) -> str:
    """The name of the project of a line, where the reader may know it."""
    return LEFT if line.is_left else line.project.name  # type: ignore[attr-defined]


def page_of(entries: QuerySet[Entry], before: int | None, most: int) -> list[Entry]:
    """The newest of these lines, or those before one of them.

    Their keys are found first, from the indexes alone; otherwise every line of a month is read to be sorted.
    """
    narrowed = entries if before is None else entries.filter(pk__lt=before)
    keys = list(narrowed.values_list("pk", flat=True)[:most])
    return sorted(entries.filter(pk__in=keys), key=lambda entry: -entry.pk) if keys else []


@dataclass(frozen=True)
class Total:
    """What lines add up to."""

    lines: int
    spent: Micros
    held: Micros
    takes: int


def total(rows: QuerySet[Entry]) -> Total:
    sums = rows.order_by().aggregate(
        lines=Count("pk"),
        spent=Sum(ENTRY_SPENT, default=0),
        held=Sum(_ENTRY_HELD, default=0),
        takes_=Sum("takes", default=0),
    )
    return Total(sums["lines"], Micros(sums["spent"]), Micros(sums["held"]), sums["takes_"])
