"""References: sounds of a project that steer later generations. Taken in, registered at a price, heard, binned."""

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest
from django.urls import reverse
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import ConfigDict, Field

from generator import access, workflow
from generator.api import outputs
from generator.api.v1 import schemas, shown
from generator.api.v1.caller import caller, must_edit, project_of
from generator.api.v1.generations import Once, Prefer, answer, content, place, priced
from generator.api.v1.pages import Page, Wanted, page
from generator.api.v1.picking import field_of
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Priced, Ref, Usd
from generator.api.v1.tracks import FILE, mine, served
from generator.models import Generation, Reference, ReferenceId, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field as ModelField
from generator.providers.following import FOLLOW
from generator.workflow.catalogue import ModelChoice
from generator.workflow.references import MOST_START, MOST_UPLOAD, USUAL_SECONDS

router = Router(tags=["References"])
Upload = File(..., description=f"MP3, M4A, WAV, FLAC or OGG, {MOST_UPLOAD // 1_000_000} MB at most.")


UseState = Literal["ready", "to register", "registering", "reading", "unusable"]


class ReferenceAsk(Schema):
    project: str = Field("", max_length=16, description="Empty: where the key works.")
    start_s: float = Field(0, ge=0, le=MOST_START, description="Where in the file it begins.")
    model: str = Field("", max_length=120, description="The model it is for: as much is kept as that takes.")
    field: str = Field("", max_length=60, description="That model's field; with `model`.")


class RegisterAsk(Priced):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"model": "wavespeed/mureka-v7.6-bgm", "field": "instrumental_id"}]},
    )
    model: str = Field(max_length=120)
    field: str = Field(max_length=60, description="The model's field it is to be used in.")


class ReferenceOut(Schema):
    id: Ref
    project: Ref
    title: str
    author: str
    state: Literal["reading", "ready", "refused"]
    problem: str = Field(description="Why it cannot be used.")
    start_s: float
    length_s: float = Field(description="Of what is kept; 0 until it is read.")
    size: int = Field(description="Bytes of what is kept.")
    measured: dict[str, Any] = Field(description="Tempo, key and the like, for models that follow them.")
    audio_url: str | None = Field(description="With the key.")
    created_at: dt.datetime
    binned_at: dt.datetime | None


class UseOut(Schema):
    """One field of one model that a reference can be named in."""

    model: str
    field: str
    state: UseState = Field(description="unusable: it was refused, or there is nothing in it to follow.")
    price_usd: Usd | None = Field(description="Of registering it; null: nothing has to be registered.")
    price_is_estimate: bool
    refusal: str = Field(description="Why it could not be registered just now; empty: it can, or needs not be.")
    generation: Ref | None = Field(description="The run that registers, or registered, it.")


class UsesOut(Schema):
    items: list[UseOut]


def _shown(row: Reference, base: str) -> ReferenceOut:
    return ReferenceOut(
        id=row.ref,
        project=row.project.ref,
        title=row.title,
        author=row.author.label,
        state="ready" if row.is_ready else "reading" if row.is_checking else "refused",
        problem=row.problem,
        start_s=row.start_ms / 1000,
        length_s=row.length_ms / 1000,
        size=row.size,
        measured=row.measured,
        audio_url=base + reverse("api:v1:get_reference_audio", args=[row.ref]) if row.is_ready else None,
        created_at=row.created_at,
        binned_at=row.binned_at,
    )


def _rows(user: User) -> ReferenceQuerySet:
    return access.references(user).select_related("project", "author")


def _one(request: HttpRequest, ref: str) -> Reference:
    found = _rows(caller(request)).filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such reference for this key.")
    return found


def _mine(request: HttpRequest, ref: str) -> Reference:
    found = _one(request, ref)
    must_edit(caller(request), found.project)
    return found


def _show(request: HttpRequest, ref: str) -> ReferenceOut:
    return _shown(_one(request, ref), outputs.base_url(request))


@router.get("/references", response=Page[ReferenceOut], summary="References, the newest first")
def list_references(
    request: HttpRequest,
    wanted: Query[Wanted],
    project: str = Query("", max_length=16),
    binned: bool = Query(False, description="What is in the bin instead."),
):
    user, base = caller(request), outputs.base_url(request)
    rows = _rows(user).filter(binned_at__isnull=not binned)
    rows = rows.filter(project=project_of(user, project)) if project else rows
    return page(rows, wanted, lambda row: _shown(row, base))


@router.post("/references", response={201: ReferenceOut}, summary="Take in a sound")
def create_reference(
    request: HttpRequest,
    ask: Form[ReferenceAsk],
    file: UploadedFile = Upload,
):
    """It is read in a few seconds; look again until its `state` is ready. The same sound again is the same one."""
    user = caller(request)
    project = project_of(user, ask.project)
    must_edit(user, project)
    new = workflow.references.add(
        user,
        project,
        name=file.name or "",
        content=file.chunks(),
        start=ask.start_s,
        most=_most(ask.model, ask.field) if ask.model or ask.field else USUAL_SECONDS,
        field="file",
    )
    return Status(201, _show(request, new.ref))


def _most(model: str, field: str) -> float:
    """How many seconds a model's field takes."""
    choice, taken = field_of(model, field)
    action = workflow.catalogue.registering(choice.spec.provider)
    purpose = action.spec.purpose(taken.purpose) if action else None
    return purpose.most if purpose else USUAL_SECONDS


@router.post("/tracks/{track_id}/reference", response={201: ReferenceOut}, summary="A finished track as a reference")
def create_reference_from_track(request: HttpRequest, track_id: str):
    track, _ = mine(request, track_id)
    return Status(201, _show(request, workflow.references.from_track(caller(request), track).ref))


@router.get("/references/{reference_id}", response=ReferenceOut, summary="One reference")
def get_reference(request: HttpRequest, reference_id: str):
    return _show(request, reference_id)


@router.api_operation(
    ["GET", "HEAD"], "/references/{reference_id}/audio", openapi_extra=FILE, summary="What is kept of it, MP3"
)
def get_reference_audio(request: HttpRequest, reference_id: str):
    row = _one(request, reference_id)
    if not row.is_ready:
        raise Problem(404, row.problem or "It is still being read.")
    return served(request, workflow.media.path(row.file), "audio/mpeg", row.sha256)


@router.post("/references/{reference_id}/bin", response=ReferenceOut, summary="Off the list, for now")
def bin_reference(request: HttpRequest, reference_id: str):
    workflow.references.bin_reference(_mine(request, reference_id))
    return _show(request, reference_id)


@router.post("/references/{reference_id}/restore", response=ReferenceOut, summary="Back from the bin")
def restore_reference(request: HttpRequest, reference_id: str):
    try:
        workflow.references.restore(_mine(request, reference_id))
    except workflow.Refused as refused:
        raise Problem(409, refused.sentence) from refused
    return _show(request, reference_id)


# --- what it can be used in ---


@router.get("/references/{reference_id}/uses", response=UsesOut, summary="Which models take it, and at what price")
def list_uses(request: HttpRequest, reference_id: str):
    """Every model's field that takes a reference: whether this one can be named there, or what registering it costs."""
    user, row = caller(request), _one(request, reference_id)
    choices = workflow.house.offered(workflow.house.style_of(row.project), workflow.catalogue.models())
    fields = [(choice, field) for choice in choices for field in choice.spec.fields if field.purpose]
    return {"items": [_use(user, row, choice, field) for choice, field in fields]}


def _use(user: User, row: Reference, choice: ModelChoice, field: ModelField) -> UseOut:
    known = action = None
    if field.purpose != FOLLOW:
        known = workflow.references.id_of(row, choice.model.provider_id, field.purpose)
        action = workflow.catalogue.registering(choice.spec.provider)
    quote = workflow.actions.quote(user, row.project, action) if action else None
    return UseOut(
        model=choice.spec.key,
        field=field.name,
        state=_state(row, choice, field, known),
        price_usd=shown.usd(quote.total) if quote else None,
        price_is_estimate=bool(quote and quote.is_estimate),
        refusal=quote.refusal if quote else "",
        generation=known.generation.ref if known else None,
    )


def _state(row: Reference, choice: ModelChoice, field: ModelField, known: ReferenceId | None) -> UseState:
    if row.is_checking or row.is_being_measured:
        return "reading"
    if field.purpose == FOLLOW:
        return "ready" if row.is_ready and workflow.references.followed(choice.spec, row) else "unusable"
    if not row.is_ready:
        return "unusable"
    if known and known.is_under_way:
        return "registering"
    return "ready" if known and known.is_good else "to register"


@router.post(
    "/references/{reference_id}/register", response={201: schemas.GenerationOut}, summary="Register it, at its price"
)
def register_reference(
    request: HttpRequest,
    reference_id: str,
    ask: RegisterAsk,
    idempotency_key: str | None = Once,
    prefer: str | None = Prefer,
):
    """Have the model's provider give it an id. While it has one, the run that paid for it is answered again."""
    user, row = caller(request), _mine(request, reference_id)
    choice, field = field_of(ask.model, ask.field)

    def register(key: str) -> Generation:
        return workflow.actions.register(
            user=user,
            reference=row,
            provider_key=choice.spec.provider,
            purpose=field.purpose,
            idempotency_key=priced(key, ask.expected_price_usd),
        )

    about = ["register", row.ref, content(ask)]
    return Status(201, answer(request, lambda: place(user, idempotency_key, about, register), prefer))
