"""The work list: what does not agree is found every hour and put before a person, each thing once.

    doubt     sent, no answer: may be billed            unknown   the provider billed a job that is none of ours
    refund    failed after it was billed, not paid back unbilled  we charged, the provider has no bill for it
    price     asked or billed at another price          balance   the balance fell by more than the ledger says
    orphan    ended or lost, its hold still open        gate      paid for, and the sound is faulty
    short     billed for more takes than arrived        spike     a person's day far above their usual

Those about a present state settle by themselves when it is over; the others wait for a person.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from generator import money
from generator.models import (
    BalanceReading,
    Deed,
    Entry,
    Generation,
    Matter,
    MusicModel,
    Price,
    ProviderAccount,
    ProviderBill,
    State,
    Track,
)
from generator.workflow.deeds import record
from generator.workflow.money import local, month_of

PASSING = (Matter.Kind.DOUBT, Matter.Kind.REFUND, Matter.Kind.ORPHAN, Matter.Kind.UNKNOWN, Matter.Kind.UNBILLED)
BILLED_BY = dt.timedelta(days=1)  # a bill may come later than the music
PATIENCE = dt.timedelta(days=3)  # longer than anything is looked for
FRESH = dt.timedelta(days=40)  # older tracks and days are not gone through again
SPIKE_TIMES, SPIKE_LEAST = 5, 1_000_000  # times the usual day, and a dollar at least
USUAL_DAYS, FEWEST_DAYS = 28, 3
Kind = Matter.Kind


@dataclass(frozen=True)
class Found:
    """Something that does not agree, before it is a row."""

    kind: Matter.Kind
    subject: str
    sentence: str
    amount: int = 0
    month: str = ""
    about: dict[str, Any] = field(default_factory=dict)


def refresh() -> int:
    """Go through everything; put what is new on the list, take off what is over. How many are new."""
    found = [one for look in LOOKS for one in look()]
    with transaction.atomic():
        known = {
            (kind, subject): state for kind, subject, state in Matter.objects.values_list("kind", "subject", "state")
        }
        fresh = {(one.kind, one.subject): one for one in found if (one.kind, one.subject) not in known}
        Matter.objects.bulk_create(map(_row, fresh.values()), ignore_conflicts=True)
        _settle({(one.kind, one.subject) for one in found})
    return len(fresh)


def _row(found: Found) -> Matter:
    facts = {"kind": found.kind, "subject": found.subject, "sentence": found.sentence, "amount": found.amount}
    return Matter(**facts, month=found.month or month_of(timezone.now()), **found.about)


def _settle(still: set[tuple[Matter.Kind, str]]) -> None:
    now = timezone.now()
    for matter in Matter.objects.unanswered().filter(kind__in=PASSING).select_related("generation"):
        if (Kind(matter.kind), matter.subject) in still:
            continue
        gone = Matter.objects.unanswered().filter(pk=matter.pk).update(state=Matter.State.GONE, answered_at=now)
        if gone:
            about = {"matter": matter, "generation": matter.generation}
            record(None, Deed.What.SETTLED, f"Settled by itself: {matter.sentence}", **about)


def _of(generation: Generation) -> dict[str, Any]:
    return {"generation": generation, "user": generation.author, "account": generation.model.provider}


_RELATED = ("author", "project", "model__provider")


def in_doubt() -> Iterator[Found]:
    for one in Generation.objects.filter(state=State.IN_DOUBT).select_related(*_RELATED):
        text = f"{one.author} asked {one.model} for {one.takes_asked}; it was sent and no answer came"
        yield Found(Kind.DOUBT, one.ref, text, one.held, month_of(one.created_at), _of(one))


def forgotten_holds() -> Iterator[Found]:
    old = timezone.now() - PATIENCE
    ended = Q(state__in=State.ended())
    lost = Q(created_at__lt=old) & ~Q(state=State.IN_DOUBT)
    for one in Generation.objects.unsettled().filter(ended | lost).select_related(*_RELATED):
        text = f"{one.author}’s run on {one.model} is {one.get_state_display().lower()}, and its hold is still open"
        yield Found(Kind.ORPHAN, one.ref, text, one.held, month_of(one.created_at), _of(one))


def awaited_refunds() -> Iterator[Found]:
    billed = Count("bills", filter=~Q(bills__kind__icontains="refund"))
    refunded = Count("bills", filter=Q(bills__kind__icontains="refund"))
    failed = Generation.objects.filter(state__in=(State.FAILED, State.CANCELLED), bills__isnull=False)
    charged = Entry.objects.filter(kind=Entry.Kind.CHARGE).values("generation")
    for one in (
        failed.annotate(billed=billed, refunded=refunded)
        .filter(billed__gt=F("refunded"))
        .exclude(pk__in=charged)
        .select_related(*_RELATED)
    ):
        text = f"{one.model.provider} billed a run of {one.author}’s that failed, and has not refunded it"
        yield Found(Kind.REFUND, one.ref, text, one.held, month_of(one.created_at), _of(one))


def other_prices() -> Iterator[Found]:
    """Models that a provider asks another price for, and bills that are not what was set aside."""
    for model in MusicModel.objects.filter(quoted_at__isnull=False).select_related("provider"):
        price = Price.objects.at(model, timezone.now())
        if price and model.quoted_at and model.quoted_at > price.created_at:
            theirs = money.show(model.quoted or 0)
            ours = money.show(price.per_take)
            text = f"{model.provider} asks {theirs} for a take of {model}; the price list says {ours}"
            yield Found(Kind.PRICE, f"{model.key} {model.quoted}", text, about={"account": model.provider})
    bills = ProviderBill.objects.filter(generation__isnull=False).exclude(kind__icontains="refund")
    odd = bills.exclude(amount=F("generation__price_per_take") * F("generation__takes_asked"))
    odd = odd.exclude(amount=-F("generation__price_per_take") * F("generation__takes_asked"))
    for bill in odd.filter(generation__price__is_estimate=False).select_related(
        "generation__author", "account", *(f"generation__{name}" for name in _RELATED)
    ):
        one = bill.generation
        assert one is not None  # narrowed above
        text = f"{bill.account} billed {money.show(abs(bill.amount))} for what was set aside at {money.show(one.held)}"
        about = {**_of(one), "bill": bill}
        yield Found(
            Kind.PRICE, f"bill {bill.pk}", text, abs(bill.amount) - one.held, month_of(bill.at or bill.seen_at), about
        )


def missing_takes() -> Iterator[Found]:
    """Runs that were billed whole although not every take arrived, without anything refunded."""
    partly = Generation.objects.filter(bills__isnull=False, entries__kind=Entry.Kind.CHARGE).annotate(
        lost=F("takes_asked") - F("entries__takes"),
        refunds=Count("bills", filter=Q(bills__kind__icontains="refund")),
    )
    for one in partly.filter(lost__gt=0, refunds=0).select_related(*_RELATED):
        lost = one.lost  # type: ignore[attr-defined]
        text = f"{one.model.provider} billed {one.takes_asked} takes of {one.author}’s, and {lost} never arrived"
        yield Found(Kind.SHORT, one.ref, text, one.price_per_take * lost, month_of(one.created_at), _of(one))


def faulty_sounds() -> Iterator[Found]:
    since = timezone.now() - FRESH
    rows = Track.objects.filter(has_findings=True, created_at__gt=since, generation__price_per_take__gt=0)
    related = [f"generation__{name}" for name in _RELATED]
    for track in rows.defer("peaks", "measured", "waveform", "search_text").select_related("generation", *related):
        if faults := track.faults:
            one = track.generation
            text = f"“{track.title}” was paid for and did not pass: {faults[0]['sentence']}"
            yield Found(
                Kind.GATE, f"{one.ref}/{track.take}", text, one.price_per_take, month_of(track.created_at), _of(one)
            )


def unusual_days() -> Iterator[Found]:
    """Days of the last two on which a person asked for far more than on their usual working day."""
    today = local(timezone.now()).date()
    since = today - dt.timedelta(days=USUAL_DAYS + 1)
    months = {f"{day:%Y-%m}" for day in (since, today)} | {f"{since.replace(day=28) + dt.timedelta(days=4):%Y-%m}"}
    rows = Entry.objects.filter(kind=Entry.Kind.HOLD, month__in=months, day__gte=since).order_by()
    days: dict[int, dict[dt.date, int]] = {}
    for person, day, amount in rows.values_list("user", "day").annotate(amount=Sum("amount")):
        days.setdefault(person, {})[day] = amount
    for person, amounts in days.items():
        for day in (today, today - dt.timedelta(days=1)):
            usual = [amount for other, amount in amounts.items() if other < day and amount]
            mean = sum(usual) // len(usual) if len(usual) >= FEWEST_DAYS else 0
            if mean and amounts.get(day, 0) > max(SPIKE_TIMES * mean, SPIKE_LEAST):
                asked = amounts[day]
                text = f"{money.show(asked)} asked for on {day:%-d %B}; the usual day is {money.show(mean)}"
                yield Found(Kind.SPIKE, f"{person} {day}", text, asked, f"{day:%Y-%m}", {"user_id": person})


def unknown_bills() -> Iterator[Found]:
    old = timezone.now() - dt.timedelta(hours=1)
    rows = ProviderBill.objects.filter(generation=None, seen_at__lt=old).exclude(handle="")
    for bill in rows.exclude(kind__icontains="refund").select_related("account"):
        text = (
            f"{bill.account} billed {money.show(abs(bill.amount))} for a job that is none of ours ({bill.handle[:40]})"
        )
        about = {"account": bill.account, "bill": bill}
        yield Found(Kind.UNKNOWN, f"bill {bill.pk}", text, abs(bill.amount), month_of(bill.at or bill.seen_at), about)


def unbilled_charges() -> Iterator[Found]:
    """Charges of providers that keep books, without a line there a day later; from their first line on."""
    for account in ProviderAccount.objects.filter(bills__isnull=False).distinct():
        first = account.bills.order_by("at").values_list("at", flat=True).first()
        rows = Generation.objects.filter(model__provider=account, state=State.READY, price_per_take__gt=0)
        late = rows.filter(created_at__gt=first, finished_at__lt=timezone.now() - BILLED_BY) if first else rows.none()
        for one in late.filter(bills=None).select_related(*_RELATED):
            text = f"{one.author} was charged for {one.model}, and {account} has no bill for it"
            yield Found(Kind.UNBILLED, one.ref, text, one.held, month_of(one.created_at), _of(one))


def moved_balances() -> Iterator[Found]:
    """Days on which a provider's balance fell by more than was set aside for it, give or take what was on its way."""
    for account in ProviderAccount.objects.filter(readings__isnull=False).distinct():
        today = local(timezone.now()).date()
        for back in (1, 2):
            day = today - dt.timedelta(days=back)
            moved = movement(account, day, day + dt.timedelta(days=1))
            if moved and moved.unexplained > 0:
                text = (
                    f"{account}’s balance fell by {money.show(moved.fell)} on {day:%-d %B}; "
                    f"the ledger explains {money.show(moved.booked)}"
                )
                about = {"account": account}
                yield Found(Kind.BALANCE, f"{account.key} {day}", text, moved.unexplained, f"{day:%Y-%m}", about)


@dataclass(frozen=True)
class Movement:
    """How far a balance fell between two readings, and what the ledger says of the same time."""

    fell: int  # first reading − last, and what was paid in between
    booked: int  # holds − releases: what was asked for and not let go
    on_its_way: int  # open holds at the end: asked for here, maybe not billed there yet, or the other way round

    @property
    def unexplained(self) -> int:
        """What neither the ledger nor work on its way explains; below zero: the ledger has more."""
        difference = self.fell - self.booked
        return 0 if abs(difference) <= self.on_its_way else difference


def movement(account: ProviderAccount, first: dt.date, after: dt.date) -> Movement | None:
    """Compare a provider's balance with the ledger from a day to before another; None without two readings."""
    zone = timezone.get_default_timezone()
    start, end = (dt.datetime.combine(day, dt.time(), zone) for day in (first, after))
    readings = BalanceReading.objects.filter(account=account, at__gte=start, at__lt=end).order_by("at", "id")
    one, last = readings.first(), readings.last()
    if one is None or last is None or one.pk == last.pk:
        return None
    between = {"at__gt": one.at, "at__lte": last.at}
    bills = account.bills.filter(**between)
    paid_in = bills.filter(Q(kind__icontains="top") | Q(kind__icontains="deposit") | Q(kind__icontains="recharge"))
    entries = Entry.objects.filter(provider_key=account.key, **between)
    sums = entries.order_by().aggregate(
        holds=Sum("amount", filter=Q(kind=Entry.Kind.HOLD), default=0),
        releases=Sum("amount", filter=Q(kind=Entry.Kind.RELEASE), default=0),
    )
    open_now = Generation.objects.unsettled().filter(model__provider=account)
    on_its_way = open_now.aggregate(held=Sum(F("price_per_take") * F("takes_asked"), default=0))["held"]
    added = sum(abs(amount) for amount in paid_in.values_list("amount", flat=True))
    return Movement(one.balance - last.balance + added, sums["holds"] - sums["releases"], on_its_way)


LOOKS = (
    in_doubt, forgotten_holds, awaited_refunds, other_prices, faulty_sounds, unusual_days, unknown_bills,
    unbilled_charges, missing_takes, moved_balances,
)  # fmt: skip
