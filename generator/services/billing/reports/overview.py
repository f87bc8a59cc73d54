"""Billing figures of the whole studio for reviewers: monthly totals, the entries behind them, and differences.

Read-only. A `Narrowed` filters by person, project, provider and model; an empty one covers everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, When
from django.db.models.functions import Abs
from django.utils.translation import gettext as _

from generator.currency import Micros
from generator.models import (
    Generation,
    LedgerEntry,
    Project,
    ProviderAccount,
    ProviderBill,
    ReconciliationIssue,
    Rollup,
    State,
    Track,
    User,
)
from generator.services.billing.reports import spend
from generator.services.billing.reports.spend import Share

KIND = LedgerEntry.Kind


@dataclass(frozen=True)
class Narrowed:
    """A filter over ledger rows; every field given must match."""

    user: int | None = None
    project: str = ""  # public id
    provider: str = ""
    model: str = ""

    def limit(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        filters = {"user": self.user, "project__public_id": self.project, "provider_key": self.provider}
        return rows.filter(**{name: value for name, value in {**filters, "model_key": self.model}.items() if value})

    @property
    def words(self) -> list[str]:
        """Return the active filters in readable form."""
        labels = [str(person) for person in User.objects.filter(pk=self.user)] if self.user else []
        labels += [str(project) for project in Project.objects.filter(public_id=self.project)] if self.project else []
        return [*labels, *filter(None, (self.provider, self.model))]


EVERYTHING = Narrowed()


def by_provider(scope: spend.Limited, month: str) -> list[Share]:
    """Return the spend per provider in a month."""
    titles = dict(ProviderAccount.objects.values_list("key", "title"))
    rows = spend.grouped(scope, month, "provider_key")
    return [Share(key, titles.get(key, key), Micros(spent), takes) for key, spent, takes in rows]


def by_month(scope: spend.Limited, limit: int = 12) -> list[tuple[str, Micros, int]]:
    """Return (month, spent, takes) of the `limit` latest months, the oldest first."""
    rows = scope.limit(Rollup.objects.all()).values_list("month")
    summed = rows.annotate(spent=Sum(spend.SPENT), all_takes=Sum("takes")).order_by("-month")[:limit]
    return [(month, Micros(spent), takes) for month, spent, takes in reversed(summed)]


@dataclass(frozen=True)
class Kept:
    """How many tracks made in a period are still in the library, and how many are in the trash."""

    kept: int
    trashed: int

    @property
    def made(self) -> int:
        return self.kept + self.trashed


def kept(scope: Narrowed, first: Any, after: Any) -> Kept:
    """Count the kept and trashed tracks created from `first` to before `after`."""
    filters = {"author": scope.user, "project__public_id": scope.project, "model_key": scope.model}
    fits = Q(**{name: value for name, value in filters.items() if value})
    fits &= Q(model_key__startswith=f"{scope.provider}/") if scope.provider else Q()
    # The filter is in the aggregates: in the WHERE clause, it would make SQLite choose the index on the author.
    rows = Track.objects.filter(created_at__gte=first, created_at__lt=after)
    sums = rows.aggregate(all=Count("pk", filter=fits), trashed=Count("trashed_at", filter=fits))
    return Kept(sums["all"] - sums["trashed"], sums["trashed"])


def to_do() -> dict[str, int]:
    """Map each kind of reconciliation issue to its number of unanswered issues."""
    return dict(ReconciliationIssue.objects.unanswered().order_by().values_list("kind").annotate(count=Count("pk")))


# --- reconciliation ---


@dataclass(frozen=True)
class Reconciled:
    """One provider's month: its bills and the ledger's charges."""

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
    """Return a provider's bill lines about jobs from `first` to before `after`, without top-ups."""
    paid_in = Q(kind__icontains="top") | Q(kind__icontains="deposit") | Q(kind__icontains="recharge")
    return account.bills.filter(at__gte=first, at__lt=after).exclude(paid_in)


def reconcile(account: ProviderAccount, month: str, first: Any, after: Any) -> Reconciled:
    """Sum what a provider billed in a month and what the ledger charged; `held` covers all months."""
    billed = bills(account, first, after).aggregate(
        billed=Sum(Abs("amount"), filter=~_REFUND, default=0),
        refunded=Sum(Abs("amount"), filter=_REFUND, default=0),
        lines=Count("pk"),
    )
    charged = Rollup.objects.filter(provider_key=account.key).aggregate(
        charged=Sum(F("charged") + F("adjusted"), filter=Q(month=month), default=0), held=Sum("held", default=0)
    )
    return Reconciled(
        Micros(billed["billed"]),
        Micros(billed["refunded"]),
        Micros(charged["charged"]),
        Micros(charged["held"]),
        billed["lines"],
    )


@dataclass(frozen=True)
class Difference:
    """A generation, or a bill without one, where bills and charges differ; with the reason if it is known."""

    why: str
    theirs: Micros
    ours: Micros
    generation: Generation | None = None
    bill: ProviderBill | None = None
    issues: Sequence[ReconciliationIssue] = ()

    @property
    def amount(self) -> Micros:
        return Micros(self.theirs - self.ours)


def differences(account: ProviderAccount, month: str, first: Any, after: Any) -> list[Difference]:
    """Return every generation of a month whose bills differ from its charges; together they add up to the difference.

    `theirs` sums the month's bill lines per generation; `ours` sums the month's charges and corrections.
    """
    signed = Case(When(_REFUND, then=-Abs("amount")), default=Abs("amount"), output_field=IntegerField())
    lines = bills(account, first, after)
    matched_lines = lines.filter(generation__isnull=False).order_by().values_list("generation")
    billed: dict[int | None, int] = dict(matched_lines.annotate(theirs=Sum(signed)))
    strangers = [
        Difference(_("Billed for a job that does not belong to this studio"), Micros(bill.signed), Micros(0), bill=bill)
        for bill in lines.filter(generation=None).annotate(signed=signed)
    ]
    rows = LedgerEntry.objects.filter(month=month, provider_key=account.key, kind__in=(KIND.CHARGE, KIND.ADJUSTMENT))
    charges = dict(rows.order_by().values_list("generation").annotate(amount=Sum("amount")))
    differing = [pk for pk in {*billed, *charges} if billed.get(pk, 0) != charges.get(pk, 0)]
    generations = Generation.objects.in_bulk([pk for pk in differing if pk])
    by_generation = [
        Difference(_explain_difference(generations.get(pk or 0), billed.get(pk, 0), charges.get(pk, 0)),
                   Micros(billed.get(pk, 0)), Micros(charges.get(pk, 0)), generations.get(pk or 0))
        for pk in differing
    ]  # fmt: skip
    return sorted(_with_issues([*strangers, *by_generation]), key=lambda difference: -abs(difference.amount))


def _explain_difference(generation: Generation | None, billed: int, charged: int) -> str:
    if generation is None:
        return _("Correction without a generation")
    if not billed:
        return _("Charged here; the provider has no bill for it in this month")
    if not charged and not generation.settled_at:
        return _("Billed; still held here")
    if not charged:
        state = str(State(generation.state).label).lower()
        return _("Billed; {state} and not charged here").format(state=state)
    if billed == generation.price_total and billed > charged:
        sentence = _("Billed in full for {count} takes; some did not arrive or were corrected")
        return sentence.format(count=generation.takes_requested)
    return _("Billed more than was charged") if billed > charged else _("Billed less than was charged")


def _with_issues(rows: list[Difference]) -> list[Difference]:
    """Attach to each difference the reconciliation issues about it."""
    generations = [row.generation.pk for row in rows if row.generation]
    bills = [row.bill.pk for row in rows if row.bill]
    related_issues = ReconciliationIssue.objects.filter(Q(generation__in=generations) | Q(bill__in=bills))
    issues: dict[tuple[str, int | None], list[ReconciliationIssue]] = {}
    for issue in related_issues.order_by("id"):
        issues.setdefault(("g", issue.generation_id), []).append(issue)
        issues.setdefault(("b", issue.bill_id), []).append(issue)

    def issues_of(row: Difference) -> list[ReconciliationIssue]:
        key = ("g", row.generation.pk) if row.generation else ("b", row.bill.pk if row.bill else 0)
        return issues.get(key, [])

    return [Difference(row.why, row.theirs, row.ours, row.generation, row.bill, issues_of(row)) for row in rows]
