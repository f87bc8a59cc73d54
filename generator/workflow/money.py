"""The only code that adds ledger entries: hold, charge, release. The caps that stand before them are in `caps`.

Every function that writes runs inside one transaction with the change it belongs to; the monthly roll-up moves in the
same transaction, so at every instant  Σ roll-up = Σ entries  and  open holds = the holds of unsettled generations.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Case, F, IntegerField, Sum, When
from django.utils import timezone

from generator import money
from generator.models import Entry, Generation, Price, Project, Rollup, User

MOVES: dict[Entry.Kind, dict[str, int]] = {
    Entry.Kind.HOLD: {"held": 1},
    Entry.Kind.CHARGE: {"held": -1, "charged": 1},
    Entry.Kind.RELEASE: {"held": -1},
    Entry.Kind.CREDIT: {"credited": 1},
    Entry.Kind.ADJUSTMENT: {"adjusted": 1},
}

ENTRY_SPENT = Case(
    When(kind__in=(Entry.Kind.CHARGE, Entry.Kind.ADJUSTMENT), then=F("amount")),
    When(kind=Entry.Kind.CREDIT, then=-F("amount")),
    default=0,
    output_field=IntegerField(),
)


def month_of(moment: dt.datetime) -> str:
    """The billing month of a moment, in the studio's time zone: "2026-11"."""
    return f"{local(moment):%Y-%m}"


def local(moment: dt.datetime) -> dt.datetime:
    """A moment in the studio's own time zone."""
    return timezone.localtime(moment, timezone.get_default_timezone())


def book(
    kind: Entry.Kind,
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
) -> Entry:
    """Add one entry and move its roll-up cell, in one transaction.

    Raises:
        django.db.IntegrityError: a second hold, charge or release of a generation, or more than its hold.
    """
    at = timezone.now()
    provider_key = model_key.partition("/")[0]
    with transaction.atomic():
        entry = Entry.objects.create(
            kind=kind,
            amount=amount,
            project=project,
            user=user,
            generation=generation,
            key=generation.key if generation else None,
            provider_key=provider_key,
            model_key=model_key,
            takes=takes,
            price=price,
            actor=actor,
            reason=reason,
            at=at,
            day=local(at).date(),
            month=month_of(at),
        )
        cell, _ = Rollup.objects.get_or_create(
            month=entry.month, project=project, user=user, model_key=model_key, defaults={"provider_key": provider_key}
        )
        changes = {name: F(name) + sign * amount for name, sign in MOVES[kind].items()}
        Rollup.objects.filter(pk=cell.pk).update(takes=F("takes") + takes, **changes)
    return entry


# --- hold and settle ---


def hold(generation: Generation) -> Entry:
    """Set the whole price aside; call it in the transaction that makes the generation."""
    return book(
        Entry.Kind.HOLD,
        generation.held,
        project=generation.project,
        user=generation.author,
        generation=generation,
        model_key=generation.model.key,
        price=generation.price,
        actor=generation.author,
        reason=f"{generation.takes_asked} × {money.show(generation.price_per_take)} on {generation.model.title}",
    )


def settle(generation: Generation, delivered: int, reason: str, actor: User | None = None) -> bool:
    """Charge the delivered takes and release the rest, once; False when that was done before."""
    delivered = min(delivered, generation.takes_asked)
    missing = generation.takes_asked - delivered
    with transaction.atomic():
        now = timezone.now()
        first = Generation.objects.filter(pk=generation.pk, settled_at__isnull=True).update(settled_at=now)
        if not first:
            return False
        for kind, takes in ((Entry.Kind.CHARGE, delivered), (Entry.Kind.RELEASE, missing)):
            if takes:
                book(
                    kind,
                    generation.price_per_take * takes,
                    project=generation.project,
                    user=generation.author,
                    generation=generation,
                    model_key=generation.model.key,
                    price=generation.price,
                    takes=takes if kind == Entry.Kind.CHARGE else 0,
                    actor=actor,
                    reason=reason,
                )
    generation.settled_at = now
    return True


def differences(month: str | None = None) -> list[str]:
    """Compare the roll-ups and the open holds with the entries, cell by cell; an empty list is the promise kept.

    Of one month the cells alone are compared: holds are open across months.
    """
    wrong = []
    narrow = {"month": month} if month else {}
    sums: dict[tuple, dict[str, int]] = {}
    grouped = Entry.objects.filter(**narrow).order_by().values("month", "project", "user", "model_key", "kind")
    for row in grouped.annotate(amount=Sum("amount"), takes_sum=Sum("takes")):
        cell = sums.setdefault((row["month"], row["project"], row["user"], row["model_key"]), {})
        for name, sign in MOVES[Entry.Kind(row["kind"])].items():
            cell[name] = cell.get(name, 0) + sign * row["amount"]
        cell["takes"] = cell.get("takes", 0) + row["takes_sum"]
    names = ("held", "charged", "credited", "adjusted", "takes")
    for row in Rollup.objects.filter(**narrow).values("month", "project", "user", "model_key", *names):
        key = (row["month"], row["project"], row["user"], row["model_key"])
        entries = sums.pop(key, {})
        wrong += [
            f"{key}: {name} is {row[name]}, its entries say {entries.get(name, 0)}"
            for name in names
            if row[name] != entries.get(name, 0)
        ]
    wrong += [f"{key}: entries without a roll-up" for key in sums]
    return wrong if month else wrong + _open_holds_differ()


def _open_holds_differ() -> list[str]:
    open_holds = Rollup.objects.aggregate(held=Sum("held", default=0))["held"]
    expected = Generation.objects.unsettled().aggregate(held=Sum(F("price_per_take") * F("takes_asked"), default=0))[
        "held"
    ]
    return [f"open holds are {open_holds}, unsettled generations say {expected}"] if open_holds != expected else []
