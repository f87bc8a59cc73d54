"""What was spent, by whom, on what: reads over the roll-ups for figures and over the ledger for the lines behind them.

figure  = Σ roll-up cells of a month           line = one ledger entry
spent   = charged + adjusted − credited        held = Σ of all months (what is still open)
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from generator import access, money
from generator.models import Entry, MusicModel, Project, Rollup, User
from generator.money import Micros
from generator.workflow.money import Room, month_of, rooms

SPENDING = (Entry.Kind.CHARGE, Entry.Kind.CREDIT, Entry.Kind.ADJUSTMENT)
LINES = 100


@dataclass(frozen=True)
class Scope:
    """Whose money is looked at: a person's own everywhere, or everybody's in one project."""

    user: User
    project: Project | None = None

    def limit(self, rows: QuerySet) -> QuerySet:
        return rows.filter(project=self.project) if self.project else rows.filter(user=self.user)


@dataclass(frozen=True)
class Share:
    """One row of a breakdown."""

    key: str
    title: str
    spent: Micros
    takes: int


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
        return Micros(self.spent // self.takes) if self.takes else None


_SPENT = F("charged") + F("adjusted") - F("credited")


def month(scope: Scope, name: str) -> Month:
    """Add up one month; what is held is counted over all months, for it is open now."""
    cells = scope.limit(Rollup.objects.all())
    this = Q(month=name)
    sums = cells.aggregate(
        charged_=Sum("charged", filter=this, default=0),
        credited_=Sum("credited", filter=this, default=0),
        adjusted_=Sum("adjusted", filter=this, default=0),
        takes_=Sum("takes", filter=this, default=0),
        held_=Sum("held", default=0),
    )
    spent = sums["charged_"] + sums["adjusted_"] - sums["credited_"]
    return Month(
        name,
        Micros(spent),
        *(Micros(sums[key]) for key in ("charged_", "credited_", "adjusted_", "held_")),
        sums["takes_"],
    )


def months(scope: Scope) -> list[str]:
    """Every month with entries, the newest first."""
    return list(scope.limit(Rollup.objects.all()).values_list("month", flat=True).distinct().order_by("-month"))


def by_model(scope: Scope, name: str) -> list[Share]:
    titles = dict(MusicModel.objects.values_list("key", "title"))
    return [Share(key, titles.get(key, key), spent, takes) for key, spent, takes in _grouped(scope, name, "model_key")]


def by_project(scope: Scope, name: str) -> list[Share]:
    rows = list(_grouped(scope, name, "project"))
    projects = Project.objects.in_bulk([pk for pk, *_ in rows])
    return [Share(projects[pk].ref, projects[pk].name, spent, takes) for pk, spent, takes in rows]


def by_person(scope: Scope, name: str) -> list[Share]:
    rows = list(_grouped(scope, name, "user"))
    people = User.objects.in_bulk([pk for pk, *_ in rows])
    return [Share(str(pk), people[pk].label, spent, takes) for pk, spent, takes in rows]


def _grouped(scope: Scope, name: str, column: str) -> Iterable[tuple]:
    cells = scope.limit(Rollup.objects.filter(month=name)).values_list(column)
    return (
        cells.annotate(spent=Sum(_SPENT), all_takes=Sum("takes"))
        .filter(Q(all_takes__gt=0) | ~Q(spent=0))
        .order_by("-spent", "-all_takes")
    )


def by_day(scope: Scope, name: str) -> dict[int, Micros]:
    """Day of the month → spent that day."""
    rows = scope.limit(Entry.objects.filter(month=name, kind__in=SPENDING)).order_by()
    days: dict[int, int] = {}
    for day, kind, amount in rows.values_list("day", "kind").annotate(amount_=Sum("amount")):
        days[day.day] = days.get(day.day, 0) + (-amount if kind == Entry.Kind.CREDIT else amount)
    return {day: Micros(amount) for day, amount in sorted(days.items())}


def caps(user: User, project: Project) -> list[Room]:
    """The caps that bind a person in a project, for any provider."""
    return rooms(user, project, "")


def lines(scope: Scope, name: str, wanted: dict[str, str]) -> QuerySet[Entry]:
    """The entries behind a figure, newest first; unknown filters are ignored."""
    rows = scope.limit(Entry.objects.filter(month=name))
    if wanted.get("model"):
        rows = rows.filter(model_key=wanted["model"])
    if wanted.get("of"):
        rows = rows.filter(project__ref=wanted["of"])
    if wanted.get("person", "").isdecimal():
        rows = rows.filter(user=int(wanted["person"]))
    if wanted.get("day", "").isdecimal():
        rows = rows.filter(day__day=int(wanted["day"]))
    kinds = {"spent": SPENDING, "held": (Entry.Kind.HOLD, Entry.Kind.CHARGE, Entry.Kind.RELEASE)}
    if wanted.get("kind") in kinds:
        rows = rows.filter(kind__in=kinds[wanted["kind"]])
    elif wanted.get("kind") in Entry.Kind.values:
        rows = rows.filter(kind=wanted["kind"])
    return rows.select_related("project", "user", "generation__prompt", "actor").order_by("-at", "-id")


COLUMNS = ("when", "kind", "amount USD", "project", "person", "model", "takes", "generation", "reason")


class _Echo:
    def write(self, text: str) -> str:
        return text


def csv_rows(entries: QuerySet[Entry]) -> Iterator[str]:
    """The entries as lines of CSV, amounts to the micro-dollar; texts that a spreadsheet would run are quoted off."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)  # type: ignore[misc]
    for entry in entries.iterator(chunk_size=500):
        texts = (entry.project.name, entry.user.email, entry.model_key)
        ref = entry.generation.ref if entry.generation else ""
        row = [entry.at.isoformat(timespec="seconds"), entry.kind, money.plain(entry.amount)]
        row += [_harmless(text) for text in texts] + [str(entry.takes), ref, _harmless(entry.reason)]
        yield writer.writerow(row)  # type: ignore[misc]


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def this_month() -> str:
    return month_of(timezone.now())


def scope_for(user: User, project_ref: str) -> Scope | None:
    """What a person may look at: their own money, or a project they are a member of; None for anything else."""
    if not project_ref:
        return Scope(user)
    project = access.projects(user).filter(ref=project_ref).first()
    return Scope(user, project) if project else None
