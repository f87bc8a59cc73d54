"""What was asked for: one prediction, the list of the last seven days, hiding and cancelling.

Deleting hides a prediction from programs, and no more: the work goes on, the tracks stay in the library, the ledger is
never touched. Cancelling is the pages' cancel.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generator import access, workflow
from generator.api.wavespeed import contracts
from generator.api.wavespeed.frame import Call, Problem, switch, text, whole
from generator.api.wavespeed.predictions import STATUSES, inputs_of, prediction, predictions, ref_of, visible
from generator.models import Asked, Generation, MusicModel
from generator.models.generation import GenerationQuerySet
from generator.providers.wavespeed_wire import moment as read_moment

LISTED = dt.timedelta(days=7)  # as the vendor's list; a single prediction is answered for longer
MOST_PAGE = 100_000
MOST_IDS = 1000


def result(call: Call, id: str) -> dict[str, Any]:
    return prediction(_one(call, id), call.base, call.user)


def _one(call: Call, id: str) -> Generation:
    found = visible(call.user).filter(ref=ref_of(id)).first()
    if found is None:
        raise Problem(404, "There is no such prediction.")
    return found


def cancel(call: Call, id: str) -> dict[str, Any]:
    """DELETE: stop it, as the button does; what has been sent already may still arrive and cost."""
    generation = _one(call, id)
    if not access.editable_generations(call.user).filter(pk=generation.pk).exists():
        raise Problem(403, "This key may not cancel this prediction.")
    workflow.cancel(generation, call.user)
    return result(call, id)


def delete(call: Call) -> dict[str, Any]:
    """POST predictions/delete {"ids": [...]}: hide them from programs; ids that are not there are passed over."""
    ids = call.body.get("ids")
    if not isinstance(ids, list) or len(ids) > MOST_IDS or not all(isinstance(one, str) for one in ids):
        raise Problem(400, f"ids has to be a list of at most {MOST_IDS} ids.")
    _ = call.workshop
    refs = {ref for one in ids if (ref := ref_of(one))}
    mine = access.editable_generations(call.user).values("pk")
    with transaction.atomic():
        doomed = list(visible(call.user).filter(ref__in=refs, pk__in=mine))
        for generation in doomed:
            Asked.objects.get_or_create(generation=generation)
        Asked.objects.filter(generation__in=doomed).update(hidden_at=timezone.now())
    return {"deleted_count": len(doomed)}


# --- the list ---


def listed(call: Call) -> dict[str, Any]:
    """POST with a body, or GET with the same names in the query: the caller's own, the newest first."""
    asked = call.body if call.request.method == "POST" else _of_query(call)
    page = whole(asked, "page", 1, 1, MOST_PAGE)
    size = whole(asked, "page_size", 20, 1, 100)
    with_inputs = switch(asked, "include_inputs")
    rows = _narrowed(asked, _since_lately(call))
    first = (page - 1) * size
    found = rows.order_by("-created_at", "-id").select_related("model", "author", "asked", "prompt")
    shown = list(found[first : first + size])
    items = predictions(shown, call.base, call.user)
    if with_inputs:
        items = [item | {"inputs": inputs_of(one)} for item, one in zip(items, shown, strict=True)]
    return {"page": page, "total": rows.count(), "items": items}


def _since_lately(call: Call) -> GenerationQuerySet:
    return visible(call.user).filter(author=call.user, created_at__gte=timezone.now() - LISTED)


def _of_query(call: Call) -> dict[str, Any]:
    """The query's texts as the body's values."""
    found: dict[str, Any] = dict(call.request.GET.items())
    for name in ("page", "page_size"):
        if name in found:
            found[name] = int(found[name]) if found[name].isascii() and found[name].isdigit() else found[name]
    if "include_inputs" in found:
        found["include_inputs"] = {"true": True, "1": True, "false": False, "0": False}.get(found["include_inputs"], "")
    return found


def _narrowed(asked: dict[str, Any], rows: GenerationQuerySet) -> GenerationQuerySet:
    if path := text(asked, "model"):
        rows = rows.filter(Q(asked__path=path) | (Q(asked=None) | Q(asked__path="")) & Q(model__in=_behind(path)))
    if status := text(asked, "status"):
        rows = rows.filter(state__in=[state for state, word in STATUSES.items() if word == status])
    if after := moment(asked, "created_after"):
        rows = rows.filter(created_at__gte=after)
    if before := moment(asked, "created_before"):
        rows = rows.filter(created_at__lte=before)
    return rows


def _behind(path: str) -> list[int]:
    """The models of ours that a path stands for."""
    contract = contracts.of(path)
    return list(MusicModel.objects.filter(key=contract.key).values_list("pk", flat=True)) if contract else []


def moment(body: dict[str, Any], name: str) -> dt.datetime | None:
    """An ISO 8601 time of the body, in UTC where it names no zone; raises Problem(400)."""
    value = text(body, name, 40)
    try:
        found = read_moment(value)
        if value and found is None:
            raise ValueError(value)
        return found and found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Problem(400, f"{name} has to be a time such as 2026-03-02T09:15:04Z.") from None
