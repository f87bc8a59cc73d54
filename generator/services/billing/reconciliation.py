"""Reconciliation: hourly checks that report each disagreement once, as an issue for a person to resolve.

    doubt     sent, no answer: may be billed            unknown   the provider billed a job that is not ours
    refund    failed after billing, not refunded        unbilled  charged here, but the provider has no bill
    price     quoted or billed at another price         balance   the balance fell by more than the ledger explains
    orphan    ended or lost, with its hold still open   gate      paid for, but the audio failed a quality check
    short     billed for more takes than arrived        spike     a person's requests of a day far above usual

Issues about a present state (SELF_RESOLVING) close themselves when that state ends; the others wait for a person.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from generator import currency
from generator.models import (
    AuditLogEntry,
    BalanceReading,
    Generation,
    LedgerEntry,
    MusicModel,
    Price,
    ProviderAccount,
    ProviderBill,
    ReconciliationIssue,
    State,
    Track,
)
from generator.services.audit_log import record
from generator.services.billing.ledger import local, month_of

SELF_RESOLVING = (
    ReconciliationIssue.Kind.DOUBT,
    ReconciliationIssue.Kind.REFUND,
    ReconciliationIssue.Kind.ORPHAN,
    ReconciliationIssue.Kind.UNKNOWN,
    ReconciliationIssue.Kind.UNBILLED,
)
BILLING_DELAY = dt.timedelta(days=1)  # a bill may arrive later than the music
MAX_REFUND_DELAY = dt.timedelta(days=3)  # longer than any result is awaited
CHECKED_PERIOD = dt.timedelta(days=40)  # older tracks are not checked again
SPIKE_FACTOR, MIN_SPIKE_MICROS = 5, 1_000_000  # multiple of the usual day, and the minimum: one dollar
BASELINE_DAYS, MIN_BASELINE_DAYS = 28, 3
Kind = ReconciliationIssue.Kind


@dataclass(frozen=True)
class Found:
    """A disagreement that is not yet stored as a reconciliation issue."""

    kind: ReconciliationIssue.Kind
    subject: str
    sentence: str
    amount: int = 0
    month: str = ""
    about: dict[str, Any] = field(default_factory=dict)


def refresh() -> int:
    """Run all checks, store new issues and close those that are over. Return the number of new issues."""
    findings = [finding for check in CHECKS for finding in check()]
    with transaction.atomic():
        stored = {
            (kind, subject): state
            for kind, subject, state in ReconciliationIssue.objects.values_list("kind", "subject", "state")
        }
        new = {
            (finding.kind, finding.subject): finding
            for finding in findings
            if (finding.kind, finding.subject) not in stored
        }
        ReconciliationIssue.objects.bulk_create(map(_row, new.values()), ignore_conflicts=True)
        _settle({(finding.kind, finding.subject) for finding in findings})
    return len(new)


def _row(finding: Found) -> ReconciliationIssue:
    columns = {"kind": finding.kind, "subject": finding.subject, "sentence": finding.sentence, "amount": finding.amount}
    return ReconciliationIssue(**columns, month=finding.month or month_of(timezone.now()), **finding.about)


def _settle(current: set[tuple[ReconciliationIssue.Kind, str]]) -> None:
    now = timezone.now()
    for issue in ReconciliationIssue.objects.unanswered().filter(kind__in=SELF_RESOLVING).select_related("generation"):
        if (Kind(issue.kind), issue.subject) in current:
            continue
        is_resolved = (
            ReconciliationIssue.objects.unanswered()
            .filter(pk=issue.pk)
            .update(state=ReconciliationIssue.State.GONE, answered_at=now)
        )
        if is_resolved:
            about = {"issue": issue, "generation": issue.generation}
            record(None, AuditLogEntry.Action.SETTLED, f"Resolved automatically: {issue.sentence}", **about)


def _subjects(generation: Generation) -> dict[str, Any]:
    return {"generation": generation, "user": generation.author, "account": generation.model.provider}


def _takes(number: int) -> str:
    return "1 take" if number == 1 else f"{number} takes"


def _state(generation: Generation) -> str:
    return str(State(generation.state).label).lower()


_RELATED = ("author", "project", "model__provider")


def in_doubt() -> Iterator[Found]:
    for generation in Generation.objects.filter(state=State.IN_DOUBT).select_related(*_RELATED):
        takes = _takes(generation.takes_requested)
        text = f"{generation.author} requested {takes} from {generation.model}; it was sent, but no answer came"
        yield Found(
            Kind.DOUBT,
            generation.public_id,
            text,
            generation.price_total,
            month_of(generation.created_at),
            _subjects(generation),
        )


def forgotten_holds() -> Iterator[Found]:
    deadline = timezone.now() - MAX_REFUND_DELAY
    ended = Q(state__in=State.ended())
    lost = Q(created_at__lt=deadline) & ~Q(state=State.IN_DOUBT)
    for generation in Generation.objects.unsettled().filter(ended | lost).select_related(*_RELATED):
        state = _state(generation)
        text = f"{generation.author}’s generation on {generation.model} is {state}, but its hold is still open"
        yield Found(
            Kind.ORPHAN,
            generation.public_id,
            text,
            generation.price_total,
            month_of(generation.created_at),
            _subjects(generation),
        )


def awaited_refunds() -> Iterator[Found]:
    billed = Count("bills", filter=~Q(bills__kind__icontains="refund"))
    refunded = Count("bills", filter=Q(bills__kind__icontains="refund"))
    failed = Generation.objects.filter(state__in=(State.FAILED, State.CANCELLED), bills__isnull=False)
    charged = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE).values("generation")
    for generation in (
        failed.annotate(billed=billed, refunded=refunded)
        .filter(billed__gt=F("refunded"))
        .exclude(pk__in=charged)
        .select_related(*_RELATED)
    ):
        text = (
            f"{generation.model.provider} billed a failed generation of {generation.author}’s and has not refunded it"
        )
        yield Found(
            Kind.REFUND,
            generation.public_id,
            text,
            generation.price_total,
            month_of(generation.created_at),
            _subjects(generation),
        )


def other_prices() -> Iterator[Found]:
    """Find models whose quoted price differs from the price list, and bills that differ from the hold."""
    for model in MusicModel.objects.filter(quoted_at__isnull=False).select_related("provider"):
        price = Price.objects.at(model, timezone.now())
        if price and model.quoted_at and model.quoted_at > price.created_at:
            quoted_price = currency.show(model.quoted or 0)
            list_price = currency.show(price.per_take)
            text = f"{model.provider} quotes {quoted_price} per take of {model}; the price list says {list_price}"
            yield Found(Kind.PRICE, f"{model.key} {model.quoted}", text, about={"account": model.provider})
    bills = ProviderBill.objects.filter(generation__isnull=False).exclude(kind__icontains="refund")
    differing = bills.exclude(amount=F("generation__price_total")).exclude(amount=-F("generation__price_total"))
    for bill in differing.filter(generation__price__is_estimate=False).select_related(
        "generation__author", "account", *(f"generation__{name}" for name in _RELATED)
    ):
        generation = bill.generation
        assert generation is not None  # ensured by the filter above
        billed, held = currency.show(abs(bill.amount)), currency.show(generation.price_total)
        text = f"{bill.account} billed {billed} for a generation with a hold of {held}"
        about = {**_subjects(generation), "bill": bill}
        yield Found(
            Kind.PRICE,
            f"bill {bill.pk}",
            text,
            abs(bill.amount) - generation.price_total,
            month_of(bill.at or bill.seen_at),
            about,
        )


def missing_takes() -> Iterator[Found]:
    """Find generations billed in full without a refund although some takes never arrived."""
    partly = Generation.objects.filter(bills__isnull=False, entries__kind=LedgerEntry.Kind.CHARGE).annotate(
        lost=F("takes_requested") - F("entries__takes"),
        refunds=Count("bills", filter=Q(bills__kind__icontains="refund")),
    )
    for generation in partly.filter(lost__gt=0, refunds=0).select_related(*_RELATED):
        lost = generation.lost  # type: ignore[attr-defined]  # the plugin forgets annotations
        text = (
            f"{generation.model.provider} billed {generation.takes_requested} takes of {generation.author}’s, and "
            f"{lost} never arrived"
        )
        yield Found(
            Kind.SHORT,
            generation.public_id,
            text,
            generation.price_total - generation.price_of(generation.takes_requested - lost),
            month_of(generation.created_at),
            _subjects(generation),
        )


def faulty_sounds() -> Iterator[Found]:
    since = timezone.now() - CHECKED_PERIOD
    rows = Track.objects.filter(has_findings=True, created_at__gt=since, generation__price_total__gt=0)
    related = [f"generation__{name}" for name in _RELATED]
    for track in rows.defer("peaks", "measured", "waveform", "search_text").select_related("generation", *related):
        if faults := track.faults:
            generation = track.generation
            text = f"“{track.title}” was paid for but failed a quality check: {faults[0]['sentence']}"
            yield Found(
                Kind.GATE,
                f"{generation.public_id}/{track.take}",
                text,
                generation.price_of(1),
                month_of(track.created_at),
                _subjects(generation),
            )


def unusual_days() -> Iterator[Found]:
    """Find people whose holds of today or yesterday are far above their average active day."""
    today = local(timezone.now()).date()
    since = today - dt.timedelta(days=BASELINE_DAYS + 1)
    months = {f"{day:%Y-%m}" for day in (since, today)} | {f"{since.replace(day=28) + dt.timedelta(days=4):%Y-%m}"}
    rows = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.HOLD, month__in=months, day__gte=since).order_by()
    days: dict[int, dict[dt.date, int]] = {}
    for person, day, amount in rows.values_list("user", "day").annotate(amount=Sum("amount")):
        days.setdefault(person, {})[day] = amount
    for person, amounts in days.items():
        for day in (today, today - dt.timedelta(days=1)):
            earlier = [amount for other_day, amount in amounts.items() if other_day < day and amount]
            mean = sum(earlier) // len(earlier) if len(earlier) >= MIN_BASELINE_DAYS else 0
            if mean and amounts.get(day, 0) > max(SPIKE_FACTOR * mean, MIN_SPIKE_MICROS):
                requested = amounts[day]
                text = (
                    f"{currency.show(requested)} requested on {day:%B %-d}; the daily average is {currency.show(mean)}"
                )
                yield Found(Kind.SPIKE, f"{person} {day}", text, requested, f"{day:%Y-%m}", {"user_id": person})


def unknown_bills() -> Iterator[Found]:
    old = timezone.now() - dt.timedelta(hours=1)
    rows = ProviderBill.objects.filter(generation=None, seen_at__lt=old).exclude(provider_job_id="")
    for bill in rows.exclude(kind__icontains="refund").select_related("account"):
        billed = currency.show(abs(bill.amount))
        job = bill.provider_job_id[:40]
        text = f"{bill.account} billed {billed} for a job that does not belong to this studio ({job})"
        about = {"account": bill.account, "bill": bill}
        yield Found(Kind.UNKNOWN, f"bill {bill.pk}", text, abs(bill.amount), month_of(bill.at or bill.seen_at), about)


def unbilled_charges() -> Iterator[Found]:
    """Find charges with no bill a day later, at providers that report bills, since the first of those bills."""
    for account in ProviderAccount.objects.filter(bills__isnull=False).distinct():
        first_bill_at = account.bills.order_by("at").values_list("at", flat=True).first()
        rows = Generation.objects.filter(model__provider=account, state=State.READY, price_total__gt=0)
        late = (
            rows.filter(created_at__gt=first_bill_at, finished_at__lt=timezone.now() - BILLING_DELAY)
            if first_bill_at
            else rows.none()
        )
        for generation in late.filter(bills=None).select_related(*_RELATED):
            text = f"{generation.author} was charged for {generation.model}, but {account} has no bill for it"
            yield Found(
                Kind.UNBILLED,
                generation.public_id,
                text,
                generation.price_total,
                month_of(generation.created_at),
                _subjects(generation),
            )


def moved_balances() -> Iterator[Found]:
    """Find recent days on which a provider's balance fell by more than the ledger and open holds explain."""
    for account in ProviderAccount.objects.filter(readings__isnull=False).distinct():
        today = local(timezone.now()).date()
        for days_ago in (1, 2):
            day = today - dt.timedelta(days=days_ago)
            change = movement(account, day, day + dt.timedelta(days=1))
            if change and change.unexplained > 0:
                text = (
                    f"{account}’s balance fell by {currency.show(change.fell)} on {day:%B %-d}; the ledger explains "
                    f"{currency.show(change.booked)}"
                )
                about = {"account": account}
                yield Found(Kind.BALANCE, f"{account.key} {day}", text, change.unexplained, f"{day:%Y-%m}", about)


@dataclass(frozen=True)
class Movement:
    """The drop of a provider balance between two readings, and the ledger's figures for the same time."""

    fell: int  # first reading − last reading + top-ups in between
    booked: int  # holds − releases
    on_its_way: int  # open holds now: the provider may or may not have billed them yet

    @property
    def unexplained(self) -> int:
        """Return what neither the ledger nor open holds explain; negative when the ledger has more."""
        difference = self.fell - self.booked
        return 0 if abs(difference) <= self.on_its_way else difference


def movement(account: ProviderAccount, first: dt.date, after: dt.date) -> Movement | None:
    """Compare a provider's balance with the ledger from `first` to before `after`; None without two readings."""
    zone = timezone.get_default_timezone()
    start, end = (dt.datetime.combine(day, dt.time(), zone) for day in (first, after))
    readings = BalanceReading.objects.filter(account=account, at__gte=start, at__lt=end).order_by("at", "id")
    first_reading, last_reading = readings.first(), readings.last()
    if first_reading is None or last_reading is None or first_reading.pk == last_reading.pk:
        return None
    period = {"at__gt": first_reading.at, "at__lte": last_reading.at}
    bills = account.bills.filter(**period)
    paid_in = bills.filter(Q(kind__icontains="top") | Q(kind__icontains="deposit") | Q(kind__icontains="recharge"))
    entries = LedgerEntry.objects.filter(provider_key=account.key, **period)
    sums = entries.order_by().aggregate(
        holds=Sum("amount", filter=Q(kind=LedgerEntry.Kind.HOLD), default=0),
        releases=Sum("amount", filter=Q(kind=LedgerEntry.Kind.RELEASE), default=0),
    )
    open_now = Generation.objects.unsettled().filter(model__provider=account)
    on_its_way = open_now.aggregate(held=Sum("price_total", default=0))["held"]
    added = sum(abs(amount) for amount in paid_in.values_list("amount", flat=True))
    return Movement(first_reading.balance - last_reading.balance + added, sums["holds"] - sums["releases"], on_its_way)


CHECKS = (
    in_doubt, forgotten_holds, awaited_refunds, other_prices, faulty_sounds, unusual_days, unknown_bills,
    unbilled_charges, missing_takes, moved_balances,
)  # fmt: skip
