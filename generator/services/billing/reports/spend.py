"""Spend by person, project, model and day: figures are read from the roll-ups, lines from the ledger entries.

    entry        moves held   moves spent        figure = Σ roll-up rows of a month
    hold             +                           line   = one ledger entry
    charge           −             +             spent  = charged + adjusted + stated − credited
    release          −                           held   = Σ over all months: what is still open now
    credit                         −
    adjustment                     ±
    stated                         ±

`scope_for` checks permissions and returns a `Scope`, which limits every query here.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Sum, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generator import permissions
from generator.currency import Micros
from generator.models import (
    ApiKey,
    Budget,
    Comparison,
    Generation,
    LedgerEntry,
    Membership,
    MusicModel,
    Project,
    Rollup,
    User,
)
from generator.services.billing.budgets import BudgetStatus, statuses
from generator.services.billing.ledger import ENTRY_SPENT, month_of

KIND = LedgerEntry.Kind
PRIVATE, LEFT = gettext_noop("Private take"), gettext_noop("A project you have left")
SPENDING = (KIND.CHARGE, KIND.CREDIT, KIND.ADJUSTMENT, KIND.STATED)
SPENT = F("charged") + F("adjusted") + F("stated") - F("credited")
_ENTRY_HELD = Case(
    When(kind=KIND.HOLD, then=F("amount")),
    When(kind__in=(KIND.CHARGE, KIND.RELEASE), then=-F("amount")),
    default=0,
    output_field=IntegerField(),
)


class Limited(Protocol):
    """A filter over ledger entries and roll-ups."""

    def limit(self, rows: QuerySet[Any]) -> QuerySet[Any]: ...


@dataclass(frozen=True)
class Scope:
    """The spend of one person in all projects, or of all members in one project."""

    user: User
    project: Project | None = None

    def limit(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(project=self.project) if self.project else rows.filter(user=self.user)


def scope_for(user: User, project_ref: str) -> Scope | None:
    """Return the scope of a person's own spend, or of a project they are a member of; None for any other project.

    An API key limited to one project sees that project only, not what its creator spends elsewhere.
    """
    key = user.api_key
    if not project_ref and key and key.project:
        project_ref = key.project.public_id
    if not project_ref:
        return Scope(user)
    project = permissions.projects(user).filter(public_id=project_ref).first()
    return Scope(user, project) if project else None


# --- figures, from the roll-ups ---


def average(spent: int, takes: int) -> Micros | None:
    """Return the average cost of a take, rounded to a hundredth of a cent; None without takes."""
    return Micros(round(spent / takes / 100) * 100) if takes else None


@dataclass(frozen=True)
class Share:
    """One row of a breakdown."""

    key: str
    title: str
    spent: Micros
    takes: int
    kept: int | None = None  # how many of those takes are not in the trash; None: not counted

    @property
    def per_take(self) -> Micros | None:
        return average(self.spent, self.takes)

    @property
    def per_kept(self) -> Micros | None:
        """Return the average cost per kept take, including the cost of trashed ones."""
        return average(self.spent, self.kept or 0)


@dataclass(frozen=True)
class Month:
    """The figures of one month."""

    month: str
    spent: Micros
    charged: Micros
    credited: Micros
    adjusted: Micros
    stated: Micros
    held: Micros
    takes: int

    @property
    def per_take(self) -> Micros | None:
        return average(self.spent, self.takes)


def month(scope: Limited, name: str) -> Month:
    """Return the figures of one month. `held` sums all months, because it shows the holds open now."""
    in_month = Q(month=name)
    sums = scope.limit(Rollup.objects.all()).aggregate(
        charged_=Sum("charged", filter=in_month, default=0),
        credited_=Sum("credited", filter=in_month, default=0),
        adjusted_=Sum("adjusted", filter=in_month, default=0),
        stated_=Sum("stated", filter=in_month, default=0),
        takes_=Sum("takes", filter=in_month, default=0),
        held_=Sum("held", default=0),
    )
    return Month(
        name,
        spent=Micros(sums["charged_"] + sums["adjusted_"] + sums["stated_"] - sums["credited_"]),
        charged=Micros(sums["charged_"]),
        credited=Micros(sums["credited_"]),
        adjusted=Micros(sums["adjusted_"]),
        stated=Micros(sums["stated_"]),
        held=Micros(sums["held_"]),
        takes=sums["takes_"],
    )


def this_month() -> str:
    return month_of(timezone.now())


def titled(month: str) -> str:
    """Return a month's title: "2026-11" → "November 2026"."""
    year, number = month.split("-")
    return date_format(dt.date(int(year), int(number), 1), "YEAR_MONTH_FORMAT")


def months(scope: Limited) -> list[str]:
    """Return every month with entries, the newest first."""
    return list(scope.limit(Rollup.objects.all()).values_list("month", flat=True).distinct().order_by("-month"))


def by_model(scope: Limited, name: str, *, with_kept: bool = True) -> list[Share]:
    titles = dict(MusicModel.objects.values_list("key", "title"))
    kept_by_model = _kept_takes(scope, name) if with_kept else None
    return [
        Share(key, titles.get(key, key), spent, takes, None if kept_by_model is None else kept_by_model.get(key, 0))
        for key, spent, takes in grouped(scope, name, "model_key")
    ]


def _kept_takes(scope: Limited, name: str) -> dict[str, int]:
    """Map each model to how many of the takes charged in a month are in the library now."""
    paid = Q(kind=KIND.CHARGE) | Q(kind=KIND.STATED, takes__gt=0)
    charges = scope.limit(LedgerEntry.objects.filter(paid, month=name)).order_by()
    still_there = Count("generation__tracks", filter=Q(generation__tracks__trashed_at=None))
    return dict(charges.values_list("model_key").annotate(kept=still_there))


def by_project(scope: Limited, name: str) -> list[Share]:
    rows = list(grouped(scope, name, "project"))
    projects = Project.objects.in_bulk([pk for pk, *_ in rows])
    names = {pk: project.name for pk, project in projects.items()}
    if isinstance(scope, Scope):
        left_projects = set(projects) - set(
            Membership.objects.filter(user=scope.user).values_list("project", flat=True)
        )
        names |= dict.fromkeys(left_projects, _(LEFT))
    return [Share(projects[pk].public_id, names[pk], spent, takes) for pk, spent, takes in rows]


def by_person(scope: Limited, name: str) -> list[Share]:
    rows = list(grouped(scope, name, "user"))
    people = User.objects.in_bulk([pk for pk, *_ in rows])
    return [Share(str(pk), people[pk].label, spent, takes) for pk, spent, takes in rows]


def by_key(scope: Limited, name: str) -> list[Share]:
    """Return the spend per API key, from the ledger entries: roll-ups have no key dimension."""
    rows = scope.limit(LedgerEntry.objects.filter(month=name, kind__in=SPENDING, key__isnull=False)).order_by()
    summed = rows.values_list("key").annotate(spent=Sum(ENTRY_SPENT), all_takes=Sum("takes"))
    keys = ApiKey.objects.in_bulk([pk for pk, *_ in summed])
    shares = [Share(keys[pk].public_id, keys[pk].name, Micros(spent), takes) for pk, spent, takes in summed]
    return sorted(shares, key=lambda share: (-share.spent, -share.takes))


def of_keys(keys: Iterable[int], name: str) -> dict[int, Micros]:
    """Map each API key's primary key to its spend in a month."""
    rows = LedgerEntry.objects.filter(month=name, kind__in=SPENDING, key__in=list(keys)).order_by()
    return {pk: Micros(spent) for pk, spent in rows.values_list("key").annotate(spent=Sum(ENTRY_SPENT))}


def of_projects(projects: Iterable[int], name: str) -> dict[int, Micros]:
    """Map each project's primary key to its spend in a month; projects without entries are omitted."""
    rows = Rollup.objects.filter(month=name, project__in=list(projects)).order_by()
    return {pk: Micros(spent) for pk, spent in rows.values_list("project").annotate(spent=Sum(SPENT))}


def grouped(scope: Limited, name: str, column: str) -> Iterable[Any]:
    """Return rows of (column, spent, takes) of a month, the highest spend first."""
    cells = scope.limit(Rollup.objects.filter(month=name)).values_list(column)
    summed: QuerySet[Any, Any] = cells.annotate(spent=Sum(SPENT), all_takes=Sum("takes")).order_by(
        "-spent", "-all_takes"
    )
    return summed.filter(Q(all_takes__gt=0) | ~Q(spent=0))


def budgets_of(scope: Scope) -> list[BudgetStatus]:
    """Return the budgets that limit a person, in one project or in all of theirs, the one with the least left first."""
    if scope.project:
        return statuses(scope.user, scope.project, "")
    projects = permissions.projects(scope.user)
    narrow = Budget.objects.filter(project__in=projects).filter(Q(user=None) | Q(user=scope.user))
    capped = projects.filter(pk__in=narrow.values("project"))
    somewhere = [*capped] or [*projects[:1]]  # any project shows the budget of the person alone
    by_budget = {status.budget.pk: status for project in somewhere for status in statuses(scope.user, project, "")}
    return sorted(by_budget.values(), key=lambda status: status.left)


# --- days and lines, from the entries ---


def by_day(scope: Limited, name: str) -> dict[dt.date, Micros]:
    """Map each day, in the studio's time zone, to its spend; days without entries are omitted."""
    rows = scope.limit(LedgerEntry.objects.filter(month=name, kind__in=SPENDING)).order_by("day")
    return {day: Micros(spent) for day, spent in rows.values_list("day").annotate(spent=Sum(ENTRY_SPENT))}


@dataclass(frozen=True)
class Wanted:
    """A filter for `lines`; None matches everything. `kind` is an entry kind, "spent" or "held"."""

    kind: str | None = None
    model: str | None = None
    provider: str | None = None
    project: str | None = None
    person: int | None = None
    day: dt.date | None = None
    key: str | None = None  # public id of the API key


class Figures(Protocol):
    """What `lines` adds to entries."""

    moves_spent: int
    moves_held: int
    is_concealed: bool
    is_blind: bool
    is_left: bool


def figures_of(line: LedgerEntry) -> Figures:
    """Return an entry of `lines` as what was added to it; mypy's plugin for Django forgets annotations."""
    return cast(Figures, line)


def lines(scope: Limited, name: str, selection: Wanted) -> QuerySet[LedgerEntry]:
    """Return the entries behind a figure, the newest first. "held" selects the holds open now, of any month."""
    if selection.kind == "held":
        rows = LedgerEntry.objects.filter(kind=KIND.HOLD, generation__in=Generation.objects.unsettled().values("pk"))
    else:
        rows = LedgerEntry.objects.filter(month=name)
        rows = rows.filter(kind__in=SPENDING) if selection.kind == "spent" else rows
        rows = rows.filter(kind=selection.kind) if selection.kind in KIND.values else rows
    filters = {
        "model_key": selection.model,
        "provider_key": selection.provider,
        "project__public_id": selection.project,
        "user": selection.person,
        "day": selection.day,
        "key__public_id": selection.key,
    }
    rows = scope.limit(rows).filter(**{column: value for column, value in filters.items() if value is not None})
    rows = rows.annotate(moves_spent=ENTRY_SPENT, moves_held=_ENTRY_HELD)
    rows = rows.annotate(is_concealed=_is_concealed(scope), is_blind=_IS_BLIND, is_left=_is_in_left_project(scope))
    return rows.select_related("project", "user", "generation__prompt", "actor", "key").order_by("-id")


_IS_BLIND = Exists(
    Generation.objects.filter(pk=OuterRef("generation"), comparison__in=Comparison.objects.blind().values("pk"))
)


def _is_concealed(scope: Limited) -> Exists:
    """Match entries whose prompt is hidden from the reader; in the billing review, every private one."""
    viewer = scope.user if isinstance(scope, Scope) else None
    return Exists(permissions.concealed_generations(viewer).filter(pk=OuterRef("generation")))


def _is_in_left_project(scope: Limited) -> Any:
    """Match entries of projects that the person has left."""
    if not isinstance(scope, Scope):
        return Value(False)
    return ~Exists(Membership.objects.filter(user=scope.user, project=OuterRef("project")))


def describe(line: LedgerEntry) -> str:
    """Return the prompt text that an entry of `lines` paid for, or a placeholder if the reader may not see it."""
    if line.generation is None:
        return ""
    return _(PRIVATE) if figures_of(line).is_concealed else line.generation.prompt.text


def run_of(line: LedgerEntry) -> str:
    """Return the public id of an entry's generation; empty for a blind candidate, whose model is shown next to it."""
    return "" if line.generation is None or figures_of(line).is_blind else line.generation.public_id


def place_of(line: LedgerEntry) -> str:
    """Return the name of an entry's project, or a placeholder if the reader has left it."""
    return _(LEFT) if figures_of(line).is_left else line.project.name


def page_of(entries: QuerySet[LedgerEntry], before: int | None, limit: int) -> list[LedgerEntry]:
    """Return the `limit` newest entries, or those before the primary key `before`.

    The first query reads only primary keys from the index; a single query would read and sort a whole month.
    """
    narrowed = entries if before is None else entries.filter(pk__lt=before)
    keys = list(narrowed.values_list("pk", flat=True)[:limit])
    return sorted(entries.filter(pk__in=keys), key=lambda entry: -entry.pk) if keys else []


@dataclass(frozen=True)
class Total:
    """The sums over a set of entries."""

    lines: int
    spent: Micros
    held: Micros
    takes: int


def total(rows: QuerySet[LedgerEntry]) -> Total:
    sums = rows.order_by().aggregate(
        lines=Count("pk"),
        spent=Sum(ENTRY_SPENT, default=0),
        held=Sum(_ENTRY_HELD, default=0),
        takes_=Sum("takes", default=0),
    )
    return Total(sums["lines"], Micros(sums["spent"]), Micros(sums["held"]), sums["takes_"])
