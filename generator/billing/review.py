"""Everybody's money, for the people who look after it: figures of a month, the lines behind them, and what differs.

Reads only; a `Narrowed` limits each to a person, a project, a provider or a model, and one without any is everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, When
from django.db.models.functions import Abs

from generator.billing import spend
from generator.billing.spend import Share
from generator.models import Entry, Generation, Matter, Project, ProviderAccount, ProviderBill, Rollup, Track, User
from generator.money import Micros

KIND = Entry.Kind


@dataclass(frozen=True)
class Narrowed:
    """What is looked at: everything, or what fits all that is given."""

    user: int | None = None
    project: str = ""  # its ref
    provider: str = ""
    model: str = ""

    def limit(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"user": self.user, "project__ref": self.project, "provider_key": self.provider}
        return rows.filter(**{name: value for name, value in {**wanted, "model_key": self.model}.items() if value})

    @property
    def words(self) -> list[str]:
        """What it is narrowed to, as a person would say it."""
        said = [str(person) for person in User.objects.filter(pk=self.user)] if self.user else []
        said += [str(one) for one in Project.objects.filter(ref=self.project)] if self.project else []
        return [*said, *filter(None, (self.provider, self.model))]


EVERYTHING = Narrowed()


def by_provider(scope: spend.Limited, month: str) -> list[Share]:
    """What went to each provider."""
    titles = dict(ProviderAccount.objects.values_list("key", "title"))
    rows = spend.grouped(scope, month, "provider_key")
    return [Share(key, titles.get(key, key), Micros(spent), takes) for key, spent, takes in rows]


def by_month(scope: spend.Limited, most: int = 12) -> list[tuple[str, Micros, int]]:
    """The newest months with what was spent and how many takes, the oldest first."""
    rows = scope.limit(Rollup.objects.all()).values_list("month")
    summed = rows.annotate(spent=Sum(spend.SPENT), all_takes=Sum("takes")).order_by("-month")[:most]
    return [(month, Micros(spent), takes) for month, spent, takes in reversed(summed)]


@dataclass(frozen=True)
class Kept:
    """What became of the takes of a month's runs: still in the library, or thrown away."""

    kept: int
    binned: int

    @property
    def made(self) -> int:
        return self.kept + self.binned


def kept(scope: Narrowed, first: Any, after: Any) -> Kept:
    """Count the tracks made between two moments by what became of them."""
    wanted = {"author": scope.user, "project__ref": scope.project, "model_key": scope.model}
    fits = Q(**{name: value for name, value in wanted.items() if value})
    fits &= Q(model_key__startswith=f"{scope.provider}/") if scope.provider else Q()
    # What it is narrowed to stands in the sums: beside the moments, SQLite would choose the index of the people.
    rows = Track.objects.filter(created_at__gte=first, created_at__lt=after)
    sums = rows.aggregate(all=Count("pk", filter=fits), binned=Count("binned_at", filter=fits))
    return Kept(sums["all"] - sums["binned"], sums["binned"])


def to_do() -> dict[str, int]:
    """Kind of matter → how many wait."""
    return dict(Matter.objects.unanswered().order_by().values_list("kind").annotate(count=Count("pk")))


# --- reconciliation ---


@dataclass(frozen=True)
class Reconciled:
    """One provider's month, theirs beside ours."""

    billed: Micros
    refunded: Micros
    charged: Micros
    held: Micros
    lines: int

    @property
    def theirs(self) -> Micros:
        return Micros(self.billed - self.refunded)

    @property
    def difference(self) -> Micros:
        return Micros(self.theirs - self.charged)


_REFUND = Q(kind__icontains="refund")


def bills(account: ProviderAccount, first: Any, after: Any) -> QuerySet[ProviderBill]:
    """A provider's lines about jobs, of a month; what was paid in is none of them."""
    paid_in = Q(kind__icontains="top") | Q(kind__icontains="deposit") | Q(kind__icontains="recharge")
    return account.bills.filter(at__gte=first, at__lt=after).exclude(paid_in)


def reconcile(account: ProviderAccount, month: str, first: Any, after: Any) -> Reconciled:
    """Add up what a provider billed in a month, and what the ledger charged for it."""
    theirs = bills(account, first, after).aggregate(
        billed=Sum(Abs("amount"), filter=~_REFUND, default=0),
        refunded=Sum(Abs("amount"), filter=_REFUND, default=0),
        lines=Count("pk"),
    )
    ours = Rollup.objects.filter(provider_key=account.key).aggregate(
        charged=Sum(F("charged") + F("adjusted"), filter=Q(month=month), default=0), held=Sum("held", default=0)
    )
    return Reconciled(
        Micros(theirs["billed"]),
        Micros(theirs["refunded"]),
        Micros(ours["charged"]),
        Micros(ours["held"]),
        theirs["lines"],
    )


@dataclass(frozen=True)
class Difference:
    """One run on which the two sides do not agree, with the reason as far as it is known."""

    why: str
    theirs: Micros
    ours: Micros
    generation: Generation | None = None
    bill: ProviderBill | None = None
    matters: Sequence[Matter] = ()

    @property
    def amount(self) -> Micros:
        return Micros(self.theirs - self.ours)


def differences(account: ProviderAccount, month: str, first: Any, after: Any) -> list[Difference]:
    """Every run of a month whose bills are not its charge; together they are the whole difference.

    Theirs are the month's bill lines, ours the month's charges and corrections, run by run.
    """
    signed = Case(When(_REFUND, then=-Abs("amount")), default=Abs("amount"), output_field=IntegerField())
    lines = bills(account, first, after)
    known = lines.filter(generation__isnull=False).order_by().values_list("generation")
    theirs: dict[int | None, int] = dict(known.annotate(theirs=Sum(signed)))
    strangers = [
        Difference("Their job is none of ours", Micros(bill.signed), Micros(0), bill=bill)
        for bill in lines.filter(generation=None).annotate(signed=signed)
    ]
    rows = Entry.objects.filter(month=month, provider_key=account.key, kind__in=(KIND.CHARGE, KIND.ADJUSTMENT))
    ours = dict(rows.order_by().values_list("generation").annotate(amount=Sum("amount")))
    odd = [pk for pk in {*theirs, *ours} if theirs.get(pk, 0) != ours.get(pk, 0)]
    found = Generation.objects.in_bulk([pk for pk in odd if pk])
    runs = [
        Difference(_why(found.get(pk or 0), theirs.get(pk, 0), ours.get(pk, 0)), Micros(theirs.get(pk, 0)),
                   Micros(ours.get(pk, 0)), found.get(pk or 0))
        for pk in odd
    ]  # fmt: skip
    return sorted(_with_matters([*strangers, *runs]), key=lambda one: -abs(one.amount))


def _why(generation: Generation | None, theirs: int, ours: int) -> str:
    if generation is None:
        return "A correction that belongs to no run"
    if not theirs:
        return "Charged here; they have no bill for it in this month"
    if not ours and not generation.settled_at:
        return "Billed; here it is still held"
    if not ours:
        return f"Billed; here it ended as {generation.get_state_display().lower()} and cost nothing"
    if theirs == generation.held and theirs > ours:
        return f"Billed for {generation.takes_asked} takes; not all of them arrived, or some was corrected"
    return "Billed at another price" if theirs > ours else "Billed less than was charged"


def _with_matters(rows: list[Difference]) -> list[Difference]:
    """Each difference with the lines of the work list that are about it."""
    generations = [one.generation.pk for one in rows if one.generation]
    strange = [one.bill.pk for one in rows if one.bill]
    known = Matter.objects.filter(Q(generation__in=generations) | Q(bill__in=strange))
    of: dict[tuple[str, int | None], list[Matter]] = {}
    for matter in known.order_by("id"):
        of.setdefault(("g", matter.generation_id), []).append(matter)
        of.setdefault(("b", matter.bill_id), []).append(matter)
    return [
        Difference(one.why, one.theirs, one.ours, one.generation, one.bill,
                   of.get(("g", one.generation.pk) if one.generation else ("b", one.bill.pk if one.bill else 0), []))
        for one in rows
    ]  # fmt: skip
