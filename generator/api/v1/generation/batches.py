"""Batches: several briefs with one request and one price; all are queued, or none."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal, cast

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api import auth, signed_files
from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.generation.generations import (
    IdempotencyKey,
    checkout_request,
    content_without_price,
    submit_once,
)
from generator.api.v1.generation.reference_inputs import resolve_references
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Priced, Ref, Strict, Usd, Value
from generator.api.v1.serializers import usd
from generator.models import Batch, Generation, Project, User
from generator.services.briefs import batches
from generator.services.briefs.batches import MAX_BRIEFS, Item, ItemRefused
from generator.services.errors import UserError
from generator.services.generation.submit import choice_of

router = Router(tags=["Generations"])
BatchKind = Literal["briefs", "kit", "takes"]


class BriefIn(Strict):
    """One generation of a batch; the fields are those of a generation."""

    model: str = Field(max_length=120, description="The `id` of a model of GET /models.")
    text: str = Field(max_length=20_000)
    takes: int | None = Field(
        None,
        description="Empty: the model's default. At most `batch_takes_max`; above `takes_max`, each is a generation.",
    )
    format: str | None = Field(None, max_length=10, description="Empty: the model's default.")
    settings: dict[str, Value] = Field(default_factory=dict, description="The model's own fields, by name.")
    references: dict[str, str] = Field(
        default_factory=dict, max_length=8, description="Reference ids, by the model field that takes them."
    )


class BatchIn(Priced):
    """A request for several generations at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "briefs": [
                        {"model": "composer/studio", "text": "Warm opener for a podcast, 15 s", "takes": 2},
                        {"model": "composer/studio", "text": "Calm bed under an interview", "settings": {"bed": True}},
                    ]
                }
            ]
        },
    )
    briefs: list[BriefIn] = Field(min_length=1, max_length=MAX_BRIEFS)
    project: str | None = Field(None, max_length=16, description="Empty: the default project of the key.")


class BatchOut(Schema):
    id: Ref
    project: Ref
    kind: BatchKind = Field(
        description="Several briefs; a show kit or several takes of one request, which only the pages make."
    )
    ended: bool = Field(description="None of its generations is under way. An unconfirmed one may still be resolved.")
    percent: int
    total: int = Field(description="How many generations it has; each of them is counted once below.")
    queued_or_running: int
    ready: int
    failed: int
    canceled: int
    in_doubt: int
    price_usd: Usd = Field(description="Reserved for all generations together.")
    charged_usd: Usd
    created_at: dt.datetime
    generations: list[schemas.GenerationOut] = Field(description="In the order of the briefs, with what is ready.")
    page_url: str


@router.post("/batches", response={201: BatchOut}, summary="Create several generations at once")
def create_batch(request: HttpRequest, ask: BatchIn, idempotency_key: str | None = IdempotencyKey) -> Status[BatchOut]:
    """All of them are checked, priced and reserved together, or none. If one is refused, `field` says which."""
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)

    def submit(key: str) -> Batch:
        items = [_item(user, project, place, brief) for place, brief in enumerate(ask.briefs)]
        checkout = checkout_request(key, ask.expected_price_usd)
        try:
            return batches.submit_batch(user, project, Batch.Kind.BRIEFS, items, checkout)
        except ItemRefused as error:
            raise _name_brief(error, error.place) from error

    batch = submit_once(user, idempotency_key, ["batch", content_without_price(ask)], submit)
    return Status(201, _batch_out(request, batch))


def _item(user: User, project: Project, place: int, brief: BriefIn) -> Item:
    try:
        fields = {**brief.settings, **resolve_references(user, project, brief.model, brief.references)}
        spec = choice_of(brief.model).spec
        settings = auth.clean_named_settings(spec, fields)
    except UserError as error:
        raise _name_brief(error, place) from error
    takes = spec.takes_default if brief.takes is None else brief.takes
    return Item(brief.model, brief.text, takes, brief.format or spec.formats[0], settings)


def _name_brief(error: UserError, place: int) -> UserError:
    """Return the same refusal, with the brief that it concerns in the name of the field."""
    field = f"briefs.{place}.{error.field}" if error.field else f"briefs.{place}"
    return UserError(error.sentence, field, code=error.code)


@router.get("/batches/{batch_id}", response=BatchOut, summary="Get a batch and its progress")
def get_batch(request: HttpRequest, batch_id: str) -> BatchOut:
    return _batch_out(request, _find_batch(request, batch_id))


@router.post("/batches/{batch_id}/cancel", response=BatchOut, summary="Cancel what has not ended of a batch")
def cancel_batch(request: HttpRequest, batch_id: str) -> BatchOut:
    """As for one generation: free while queued; what was sent to a provider may be charged. What is ready is kept."""
    row = _find_batch(request, batch_id)
    must_edit(user_of(request), row.project)
    batches.cancel_batch(row, user_of(request))
    return _batch_out(request, row)


def _find_batch(request: HttpRequest, public_id: str) -> Batch:
    row = permissions.batches(user_of(request)).filter(public_id=public_id).select_related("project").first()
    if row is None:
        raise Problem(404, "Batch not found, or not accessible with this key.")
    return row


def _batch_out(request: HttpRequest, row: Batch) -> BatchOut:
    user, base = user_of(request), signed_files.base_url(request)
    visible = permissions.generations(user).filter(batch_item__batch=row).order_by("batch_item__place")
    runs = list(serializers.load_generation_details(visible, user))
    [progress] = batches.progress_of([row])
    ended = progress.ready + progress.failed + progress.canceled + progress.unconfirmed
    return BatchOut(
        id=row.public_id,
        project=row.project.public_id,
        kind=cast(BatchKind, row.kind),
        ended=not progress.is_moving,
        percent=progress.percent,
        total=progress.total,
        queued_or_running=progress.total - ended,
        ready=progress.ready,
        failed=progress.failed,
        canceled=progress.canceled,
        in_doubt=progress.unconfirmed,
        price_usd=usd(sum(run.price_total for run in runs)),
        charged_usd=usd(_charged(runs)),
        created_at=row.created_at,
        generations=[serializers.generation(run, base) for run in runs],
        page_url=base + reverse("studio", args=[row.project.public_id]),
    )


def _charged(runs: Sequence[Generation]) -> int:
    signs = {"charge": 1, "adjustment": 1, "credit": -1}
    return sum(signs.get(entry.kind, 0) * entry.amount for run in runs for entry in run.entries.all())
