"""Predictions: one, the list of the last seven days, hiding and cancelling.

Deleting only hides a prediction from programs: the work continues, the tracks stay in the library, and the ledger is
never changed. Cancelling is the same as on the pages.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from generator import permissions
from generator.api.compat.wavespeed import model_schemas
from generator.api.compat.wavespeed.endpoint import Call, Problem, switch, text, whole_number
from generator.api.compat.wavespeed.predictions import STATUSES, inputs_of, prediction, predictions, ref_of, visible
from generator.models import ClientRequest, Generation, MusicModel
from generator.models.generation import GenerationQuerySet
from generator.providers.wavespeed.protocol import moment as read_moment
from generator.services.generation import cancellation

LIST_PERIOD = dt.timedelta(days=7)  # as in the vendor's list; a single prediction stays readable for longer
MAX_PAGE = 100_000
MAX_IDS = 1000


def result(call: Call, id: str) -> dict[str, Any]:
    return prediction(_find(call, id), call.base, call.user)


def _find(call: Call, id: str) -> Generation:
    generation = visible(call.user).filter(public_id=ref_of(id)).first()
    if generation is None:
        raise Problem(404, "There is no such prediction.")
    return generation


def cancel(call: Call, id: str) -> dict[str, Any]:
    """DELETE: cancel it, as the button does; what has already been sent may still arrive and cost money."""
    generation = _find(call, id)
    if not permissions.editable_generations(call.user).filter(pk=generation.pk).exists():
        raise Problem(403, "This key cannot cancel this prediction.")
    cancellation.cancel(generation, call.user)
    return result(call, id)


def delete(call: Call) -> dict[str, Any]:
    """POST predictions/delete {"ids": [...]}: hide them from programs; unknown ids are skipped."""
    ids = call.body.get("ids")
    if (
        not isinstance(ids, list)
        or len(ids) > MAX_IDS
        or not all(isinstance(prediction_id, str) for prediction_id in ids)
    ):
        raise Problem(400, f"ids must be a list of at most {MAX_IDS} ids.")
    _ = call.editable_project
    public_ids = {public_id for prediction_id in ids if (public_id := ref_of(prediction_id))}
    editable = permissions.editable_generations(call.user).values("pk")
    with transaction.atomic():
        hidden = list(visible(call.user).filter(public_id__in=public_ids, pk__in=editable))
        for generation in hidden:
            ClientRequest.objects.get_or_create(generation=generation)
        ClientRequest.objects.filter(generation__in=hidden).update(hidden_at=timezone.now())
    return {"deleted_count": len(hidden)}


# --- the list ---


def listed(call: Call) -> dict[str, Any]:
    """POST with a body, or GET with the same names in the query: the caller's own predictions, newest first."""
    query = call.body if call.request.method == "POST" else _read_query(call)
    page = whole_number(query, "page", 1, 1, MAX_PAGE)
    size = whole_number(query, "page_size", 20, 1, 100)
    with_inputs = switch(query, "include_inputs")
    rows = _filter(query, _recent(call))
    first = (page - 1) * size
    generations = rows.order_by("-created_at", "-id").select_related("model", "author", "client_request", "prompt")
    page_rows = list(generations[first : first + size])
    items = predictions(page_rows, call.base, call.user)
    if with_inputs:
        items = [item | {"inputs": inputs_of(generation)} for item, generation in zip(items, page_rows, strict=True)]
    return {"page": page, "total": rows.count(), "items": items}


def _recent(call: Call) -> GenerationQuerySet:
    return visible(call.user).filter(author=call.user, created_at__gte=timezone.now() - LIST_PERIOD)


def _read_query(call: Call) -> dict[str, Any]:
    """Return the query's texts as values of the body's types."""
    values: dict[str, Any] = dict(call.request.GET.items())
    for name in ("page", "page_size"):
        if name in values:
            values[name] = int(values[name]) if values[name].isascii() and values[name].isdigit() else values[name]
    if "include_inputs" in values:
        values["include_inputs"] = {"true": True, "1": True, "false": False, "0": False}.get(
            values["include_inputs"], ""
        )
    return values


def _filter(query: dict[str, Any], rows: GenerationQuerySet) -> GenerationQuerySet:
    if path := text(query, "model"):
        rows = rows.filter(
            Q(client_request__path=path)
            | (Q(client_request=None) | Q(client_request__path="")) & Q(model__in=_models_at(path))
        )
    if status := text(query, "status"):
        rows = rows.filter(state__in=[state for state, word in STATUSES.items() if word == status])
    if after := moment(query, "created_after"):
        rows = rows.filter(created_at__gte=after)
    if before := moment(query, "created_before"):
        rows = rows.filter(created_at__lte=before)
    return rows


def _models_at(path: str) -> list[int]:
    """Return our models that a path stands for."""
    contract = model_schemas.contract_of(path)
    return list(MusicModel.objects.filter(key=contract.key).values_list("pk", flat=True)) if contract else []


def moment(body: dict[str, Any], name: str) -> dt.datetime | None:
    """Return an ISO 8601 time of the body, in UTC if it has no zone; raise Problem(400)."""
    value = text(body, name, 40)
    try:
        time = read_moment(value)
        if value and time is None:
            raise ValueError(value)
        return time and time.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Problem(400, f"{name} must be a time such as 2026-03-02T09:15:04Z.") from None
