"""The only code that adds ledger entries, such as holds, charges and releases. `budgets` limits what may be held.

Every write shares a transaction with the change it belongs to and with the update of the monthly roll-up.
At every instant  Σ roll-up = Σ entries  and  open holds = the holds of unsettled generations.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Case, F, IntegerField, Sum, When
from django.utils import timezone

from generator import currency
from generator.models import Generation, LedgerEntry, Price, Project, Rollup, User

MOVES: dict[LedgerEntry.Kind, dict[str, int]] = {
    LedgerEntry.Kind.HOLD: {"held": 1},
    LedgerEntry.Kind.CHARGE: {"held": -1, "charged": 1},
    LedgerEntry.Kind.RELEASE: {"held": -1},
    LedgerEntry.Kind.CREDIT: {"credited": 1},
    LedgerEntry.Kind.ADJUSTMENT: {"adjusted": 1},
    LedgerEntry.Kind.STATED: {"stated": 1},
}

ENTRY_SPENT = Case(
    When(kind__in=(LedgerEntry.Kind.CHARGE, LedgerEntry.Kind.ADJUSTMENT, LedgerEntry.Kind.STATED), then=F("amount")),
    When(kind=LedgerEntry.Kind.CREDIT, then=-F("amount")),
    default=0,
    output_field=IntegerField(),
)


def month_of(moment: dt.datetime) -> str:
    """Return the billing month of a moment in the studio's time zone, such as "2026-11"."""
    return f"{local(moment):%Y-%m}"


def local(moment: dt.datetime) -> dt.datetime:
    """Convert a moment to the studio's time zone."""
    return timezone.localtime(moment, timezone.get_default_timezone())


def book(
    kind: LedgerEntry.Kind,
    amount: int,
    *,
    project: Project,
    user: User,
    reason: str,
    model_key: str,
    generation: Generation | None = None,
    price: Price | None = None,
    takes: int = 0,
    actor: User | None = None,
) -> LedgerEntry:
    """Add one entry and update its roll-up row, in one transaction.

    Raises:
        django.db.IntegrityError: the generation already has a hold, charge or release, or its hold is exceeded.
    """
    entry = _entry(
        kind,
        amount,
        timezone.now(),
        project=project,
        user=user,
        reason=reason,
        model_key=model_key,
        generation=generation,
        price=price,
        takes=takes,
        actor=actor,
    )
    add([entry])
    return entry


def add(entries: Sequence[LedgerEntry]) -> None:
    """Add entries and update their roll-up rows, in one transaction; errors as for `book`."""
    moves: dict[tuple[str, int, int, str], Counter[str]] = defaultdict(Counter)
    for entry in entries:
        cell = moves[entry.month, entry.project_id, entry.user_id, entry.model_key]
        for name, sign in MOVES[LedgerEntry.Kind(entry.kind)].items():
            cell[name] += sign * entry.amount
        cell["takes"] += entry.takes
    with transaction.atomic():
        LedgerEntry.objects.bulk_create(entries)
        for (month, project, user, model_key), changes in sorted(moves.items()):
            row, _ = Rollup.objects.get_or_create(
                month=month,
                project_id=project,
                user_id=user,
                model_key=model_key,
                defaults={"provider_key": model_key.partition("/")[0]},
            )
            changed = {name: F(name) + change for name, change in changes.items()}
            Rollup.objects.filter(pk=row.pk).update(**changed)


def _entry(
    kind: LedgerEntry.Kind,
    amount: int,
    moment: dt.datetime,
    *,
    model_key: str,
    generation: Generation | None,
    **columns: Any,
) -> LedgerEntry:
    return LedgerEntry(
        kind=kind,
        amount=amount,
        generation=generation,
        key=generation.key if generation else None,
        provider_key=model_key.partition("/")[0],
        model_key=model_key,
        at=moment,
        day=local(moment).date(),
        month=month_of(moment),
        **columns,
    )


# --- entries of a generation, before they are added ---


def entry_of(
    generation: Generation,
    kind: LedgerEntry.Kind,
    amount: int,
    reason: str,
    *,
    moment: dt.datetime,
    takes: int = 0,
    actor: User | None = None,
) -> LedgerEntry:
    """Return an entry about a generation at its price."""
    return _entry(
        kind,
        amount,
        moment,
        generation=generation,
        model_key=generation.model.key,
        project=generation.project,
        user=generation.author,
        price=generation.price,
        takes=takes,
        actor=actor,
        reason=reason,
    )


def hold_of(generation: Generation, moment: dt.datetime) -> LedgerEntry:
    """Return the hold of the full price."""
    reason = f"{generation.takes_requested} × {currency.show(generation.price_per_take)} on {generation.model.title}"
    return entry_of(
        generation, LedgerEntry.Kind.HOLD, generation.price_total, reason, moment=moment, actor=generation.author
    )


def settlement_of(
    generation: Generation, delivered: int, reason: str, moment: dt.datetime, actor: User | None = None
) -> list[LedgerEntry]:
    """Return the charge of the delivered takes and the release of the rest."""
    charge = generation.price_of(delivered)
    parts = (
        (LedgerEntry.Kind.CHARGE, charge, delivered, delivered),
        (LedgerEntry.Kind.RELEASE, generation.price_total - charge, generation.takes_requested - delivered, 0),
    )
    return [
        entry_of(generation, kind, amount, reason, moment=moment, takes=takes, actor=actor)
        for kind, amount, count, takes in parts
        if count
    ]


# --- hold and settle ---


def hold(generation: Generation) -> LedgerEntry:
    """Hold the full price. Call it in the transaction that creates the generation."""
    entry = hold_of(generation, timezone.now())
    add([entry])
    return entry


def settle(generation: Generation, delivered: int, reason: str, actor: User | None = None) -> bool:
    """Charge the delivered takes and release the rest, once. Return False if the generation was already settled."""
    with transaction.atomic():
        now = timezone.now()
        if not Generation.objects.filter(pk=generation.pk, settled_at__isnull=True).update(settled_at=now):
            return False
        add(settlement_of(generation, min(delivered, generation.takes_requested), reason, now, actor))
    generation.settled_at = now
    return True


def differences(month: str | None = None) -> list[str]:
    """Compare the roll-ups and open holds with the entries; return one message per difference, or an empty list.

    With a month, only the roll-ups are compared, because holds stay open across months.
    """
    messages = []
    filters = {"month": month} if month else {}
    sums: dict[tuple[object, ...], dict[str, int]] = {}
    grouped = LedgerEntry.objects.filter(**filters).order_by().values("month", "project", "user", "model_key", "kind")
    for row in grouped.annotate(amount=Sum("amount"), takes_sum=Sum("takes")):
        cell = sums.setdefault((row["month"], row["project"], row["user"], row["model_key"]), {})
        for name, sign in MOVES[LedgerEntry.Kind(row["kind"])].items():
            cell[name] = cell.get(name, 0) + sign * row["amount"]
        cell["takes"] = cell.get("takes", 0) + row["takes_sum"]
    names = ("held", "charged", "credited", "adjusted", "stated", "takes")
    for row in Rollup.objects.filter(**filters).values("month", "project", "user", "model_key", *names):
        key = (row["month"], row["project"], row["user"], row["model_key"])
        entries = sums.pop(key, {})
        messages += [
            f"{key}: {name} is {row[name]}, but its entries add up to {entries.get(name, 0)}"
            for name in names
            if row[name] != entries.get(name, 0)
        ]
    messages += [f"{key}: entries without a roll-up" for key in sums]
    return messages if month else messages + _open_holds_differ()


def _open_holds_differ() -> list[str]:
    open_holds = Rollup.objects.aggregate(held=Sum("held", default=0))["held"]
    expected = Generation.objects.unsettled().aggregate(held=Sum("price_total", default=0))["held"]
    return [f"open holds are {open_holds}, unsettled generations come to {expected}"] if open_holds != expected else []
