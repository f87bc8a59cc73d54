"""Money and keys: balance, bills, usage per day, and the webhook secret.

ours                       theirs
charge, adjustment up      deduct
credit, adjustment down    refund
hold, release              not listed: nothing was paid, or not yet
"""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from generator import permissions
from generator.api.compat.wavespeed import model_schemas
from generator.api.compat.wavespeed.endpoint import Call, Problem, text, whole_number
from generator.api.compat.wavespeed.history import MAX_PAGE, moment
from generator.api.compat.wavespeed.models_and_pricing import in_dollars
from generator.api.compat.wavespeed.predictions import STATUSES, id_of, path_of, stamp
from generator.models import LedgerEntry, MusicModel, State
from generator.services.billing import budgets
from generator.services.billing.ledger import ENTRY_SPENT

UNLIMITED_BALANCE_USD = 1_000_000.0  # dollars reported as the balance if no budget applies
DEFAULT_PERIOD = dt.timedelta(days=30)
KIND = LedgerEntry.Kind
_PAID = (KIND.CHARGE, KIND.CREDIT, KIND.ADJUSTMENT)


def balance(call: Call) -> dict[str, float]:
    """GET balance: what is left of the tightest budget that applies."""
    status = budgets.tightest(call.user, call.project)
    return {"balance": in_dollars(max(0, status.left)) if status else UNLIMITED_BALANCE_USD}


def secret(call: Call) -> dict[str, str]:
    """GET webhook/secret: the secret of this key."""
    if not call.key.webhook_secret:
        raise Problem(
            500, "The webhook secret of this key cannot be read because SECRET_KEY has changed. Create a new key."
        )
    return {"secret": call.key.webhook_secret}


# --- bills ---


def billings(call: Call) -> dict[str, Any]:
    """POST billings/search: the caller's own lines, newest first."""
    page = whole_number(call.body, "page", 1, 1, MAX_PAGE)
    size = whole_number(call.body, "page_size", 20, 1, 100)
    rows = _narrowed(call, _paid(call)).order_by("-id")
    entries = rows.select_related("generation__model", "generation__client_request")[
        (page - 1) * size : page * size + 1
    ]
    lines = list(entries)
    return {"page": page, "has_more": len(lines) > size, "items": [_bill(entry) for entry in lines[:size]]}


def _paid(call: Call) -> QuerySet[LedgerEntry]:
    """Return what a person has paid, within what the key may see; free takes are not bills."""
    own_entries = LedgerEntry.objects.filter(
        user=call.user, kind__in=_PAID, project__in=permissions.projects(call.user).values("pk")
    )
    rows = own_entries.exclude(amount=0).annotate(paid=ENTRY_SPENT)
    if start := moment(call.body, "start_time"):
        rows = rows.filter(at__gte=start)
    if end := moment(call.body, "end_time"):
        rows = rows.filter(at__lte=end)
    return rows


def _narrowed(call: Call, rows: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    up, down = Q(kind=KIND.CHARGE) | Q(kind=KIND.ADJUSTMENT, amount__gt=0), Q(kind=KIND.CREDIT) | Q(amount__lt=0)
    if kind := text(call.body, "billing_type"):
        rows = rows.filter({"deduct": up, "refund": down}.get(kind, Q(pk__in=())))
    if path := text(call.body, "model_uuid"):
        contract = model_schemas.contract_of(path)
        by_studio = Q(generation__client_request=None, model_key=contract.key) if contract else Q(pk__in=())
        rows = rows.filter(Q(generation__client_request__path=path) | by_studio)
    if key := text(call.body, "access_key_uuid"):
        rows = rows.filter(key__public_id=key)
    return rows


def _bill(entry: Any) -> dict[str, Any]:
    generation = entry.generation
    line = {
        "uuid": salted_hmac("wavespeed.billing", str(entry.pk)).hexdigest()[:32],
        "billing_type": "deduct" if entry.paid > 0 else "refund",
        "price": in_dollars(abs(entry.paid)),
        "created_at": stamp(entry.at),
    }
    if generation is None:
        return line
    prediction = {
        "uuid": id_of(generation),
        "model_uuid": path_of(generation),
        "status": STATUSES[State(generation.state)],
    }
    return line | {"prediction": prediction}


# --- usage ---


def usage(call: Call) -> dict[str, Any]:
    """POST user/usage_stats: what was paid per model and per day (studio time); by default the last 30 days."""
    rows = _paid(call)
    if not text(call.body, "start_time"):
        rows = rows.filter(at__gte=timezone.now() - DEFAULT_PERIOD)
    days: dict[dt.date, list[int]] = defaultdict(lambda: [0, 0])
    by_model: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for day, model, amount, kind in rows.values_list("day", "model_key", ENTRY_SPENT, "kind").iterator():
        for cell in (days[day], by_model[model]):
            cell[0] += amount
            cell[1] += kind == KIND.CHARGE
    path_of_model = {row.key: model_schemas.path_of(row) for row in MusicModel.objects.filter(key__in=by_model)}
    daily = [{"date": day.isoformat(), **_sums(days[day])} for day in sorted(days)]
    models = [{"model_uuid": path_of_model.get(key, key), **_sums(sums)} for key, sums in sorted(by_model.items())]
    total = _sums([sum(cells) for cells in zip(*days.values(), strict=True)] or [0, 0])
    return {"per_model_usage": models, "daily_usage": daily, "summary": total}


def _sums(cell: list[int]) -> dict[str, Any]:
    return {"amount": in_dollars(cell[0]), "count": cell[1]}
