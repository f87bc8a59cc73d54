"""Money and keys: what is left, what was charged, how much a day, and what webhooks are signed with.

ours                       theirs
charge, adjustment up      deduct
credit, adjustment down    refund
hold, release              not listed: nothing has been paid yet, or ever was
"""

import datetime as dt
from collections import defaultdict
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from generator import access, workflow
from generator.api.wavespeed import contracts
from generator.api.wavespeed.frame import Call, Problem, text, whole
from generator.api.wavespeed.history import MOST_PAGE, moment
from generator.api.wavespeed.predictions import STATUSES, id_of, path_of, stamp
from generator.api.wavespeed.shop import in_dollars
from generator.models import Entry, MusicModel, State
from generator.workflow.money import ENTRY_SPENT

NO_CAP = 1_000_000.0  # dollars that are said to be left where no cap applies
USUAL_SPAN = dt.timedelta(days=30)
KIND = Entry.Kind
_PAID = (KIND.CHARGE, KIND.CREDIT, KIND.ADJUSTMENT)


def balance(call: Call) -> dict[str, float]:
    """GET balance: what is left in the tightest cap that applies."""
    room = workflow.caps.tightest(call.user, call.project)
    return {"balance": in_dollars(max(0, room.left)) if room else NO_CAP}


def secret(call: Call) -> dict[str, str]:
    """GET webhook/secret: this key's own."""
    if not call.key.webhook_secret:
        raise Problem(500, "This key's secret cannot be read: SECRET_KEY has changed. Make another key.")
    return {"secret": call.key.webhook_secret}


# --- bills ---


def billings(call: Call) -> dict[str, Any]:
    """POST billings/search: the caller's own lines, the newest first."""
    page = whole(call.body, "page", 1, 1, MOST_PAGE)
    size = whole(call.body, "page_size", 20, 1, 100)
    rows = _narrowed(call, _paid(call)).order_by("-id")
    found = rows.select_related("generation__model", "generation__asked")[(page - 1) * size : page * size + 1]
    lines = list(found)
    return {"page": page, "has_more": len(lines) > size, "items": [_bill(entry) for entry in lines[:size]]}


def _paid(call: Call) -> QuerySet[Entry]:
    """What a person's money went to, within what the key opens; free takes are no bills."""
    mine = Entry.objects.filter(user=call.user, kind__in=_PAID, project__in=access.projects(call.user).values("pk"))
    rows = mine.exclude(amount=0).annotate(paid=ENTRY_SPENT)
    if start := moment(call.body, "start_time"):
        rows = rows.filter(at__gte=start)
    if end := moment(call.body, "end_time"):
        rows = rows.filter(at__lte=end)
    return rows


def _narrowed(call: Call, rows: QuerySet[Entry]) -> QuerySet[Entry]:
    up, down = Q(kind=KIND.CHARGE) | Q(kind=KIND.ADJUSTMENT, amount__gt=0), Q(kind=KIND.CREDIT) | Q(amount__lt=0)
    if kind := text(call.body, "billing_type"):
        rows = rows.filter({"deduct": up, "refund": down}.get(kind, Q(pk__in=())))
    if path := text(call.body, "model_uuid"):
        contract = contracts.of(path)
        behind = Q(generation__asked=None, model_key=contract.key) if contract else Q(pk__in=())
        rows = rows.filter(Q(generation__asked__path=path) | behind)
    if key := text(call.body, "access_key_uuid"):
        rows = rows.filter(key__ref=key)
    return rows


def _bill(entry: Any) -> dict[str, Any]:
    about = entry.generation
    line = {
        "uuid": salted_hmac("wavespeed.billing", str(entry.pk)).hexdigest()[:32],
        "billing_type": "deduct" if entry.paid > 0 else "refund",
        "price": in_dollars(abs(entry.paid)),
        "created_at": stamp(entry.at),
    }
    if about is None:
        return line
    known = {"uuid": id_of(about), "model_uuid": path_of(about), "status": STATUSES[State(about.state)]}
    return line | {"prediction": known}


# --- usage ---


def usage(call: Call) -> dict[str, Any]:
    """POST user/usage_stats: what was paid, a model and a day of the studio's; the last 30 days as a rule."""
    rows = _paid(call)
    if not text(call.body, "start_time"):
        rows = rows.filter(at__gte=timezone.now() - USUAL_SPAN)
    days: dict[dt.date, list[int]] = defaultdict(lambda: [0, 0])
    by_model: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for day, model, amount, kind in rows.values_list("day", "model_key", ENTRY_SPENT, "kind").iterator():
        for cell in (days[day], by_model[model]):
            cell[0] += amount
            cell[1] += kind == KIND.CHARGE
    known = {row.key: contracts.path_of(row) for row in MusicModel.objects.filter(key__in=by_model)}
    daily = [{"date": day.isoformat(), **_sums(days[day])} for day in sorted(days)]
    models = [{"model_uuid": known.get(key, key), **_sums(sums)} for key, sums in sorted(by_model.items())]
    total = _sums([sum(cells) for cells in zip(*days.values(), strict=True)] or [0, 0])
    return {"per_model_usage": models, "daily_usage": daily, "summary": total}


def _sums(cell: list[int]) -> dict[str, Any]:
    return {"amount": in_dollars(cell[0]), "count": cell[1]}
