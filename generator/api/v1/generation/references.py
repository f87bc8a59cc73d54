"""References: audio of a project that steers later generations; upload, register, play and delete it."""

import datetime as dt
from typing import Any, Literal

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api import signed_files
from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.generation.generations import (
    IdempotencyKey,
    PreferHeader,
    checkout_request,
    content_without_price,
    respond,
    submit_once,
)
from generator.api.v1.generation.reference_inputs import field_of
from generator.api.v1.library.tracks import FILE, editable_track, serve_file
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Priced, Ref, Usd
from generator.models import Generation, ProviderReference, Reference, User
from generator.models.reference import ReferenceQuerySet
from generator.providers.base import Field as ModelField
from generator.providers.local_references import FOLLOW
from generator.services.errors import UserError
from generator.services.library import media, references
from generator.services.library.references import DEFAULT_CLIP_S, MAX_START_S, MAX_UPLOAD_BYTES
from generator.services.provider_jobs import catalog, provider_actions
from generator.services.provider_jobs.catalog import ModelChoice
from generator.services.team import project_defaults
from generator.translation import translate

router = Router(tags=["References"])
Upload = File(..., description=f"MP3, M4A, WAV, FLAC or OGG, at most {MAX_UPLOAD_BYTES // 1_000_000} MB.")


SupportState = Literal["ready", "registration_required", "registering", "processing", "unusable"]


class ReferenceIn(Schema):
    project: str = Field("", max_length=16, description="Empty: the default project of the key.")
    start_s: float = Field(0, ge=0, le=MAX_START_S, description="Where the excerpt begins in the file.")
    model: str = Field(
        "", max_length=120, description="The model that it is for; the length of the excerpt depends on it."
    )
    field: str = Field("", max_length=60, description="The field of that model; together with `model`.")


class RegistrationIn(Priced):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"model": "wavespeed/mureka-v7.6-bgm", "field": "instrumental_id"}]},
    )
    model: str = Field(max_length=120)
    field: str = Field(max_length=60, description="The model's field that takes the reference.")


class ReferenceOut(Schema):
    id: Ref
    project: Ref
    title: str
    author: str
    state: Literal["processing", "ready", "rejected"]
    error_message: str = Field(description="Why it was rejected; empty if it was not.")
    start_s: float
    length_s: float = Field(description="Of the stored excerpt; 0 while it is being processed.")
    size: int = Field(description="Bytes of the stored excerpt.")
    analysis: dict[str, Any] = Field(description="Tempo, key and the like, for models that follow them.")
    audio_url: str | None = Field(description="Requires the key.")
    created_at: dt.datetime
    trashed_at: dt.datetime | None


class SupportedModelOut(Schema):
    """Whether a reference can be used in a field of a model."""

    model: str
    field: str
    state: SupportState = Field(description="unusable: it was rejected, or contains nothing that the model can follow.")
    price_usd: Usd | None = Field(description="Of the registration; null: none is needed.")
    price_is_estimate: bool
    unavailable_reason: str = Field(
        description="Why it cannot be registered now; empty: it can, or does not need to be."
    )
    generation: Ref | None = Field(description="The generation that registers, or registered, it.")


class SupportedModelsOut(Schema):
    items: list[SupportedModelOut]


def _reference_out(row: Reference, base: str) -> ReferenceOut:
    return ReferenceOut(
        id=row.public_id,
        project=row.project.public_id,
        title=row.title,
        author=row.author.label,
        state="ready" if row.is_ready else "processing" if row.is_checking else "rejected",
        error_message=translate(row.problem),
        start_s=row.start_ms / 1000,
        length_s=row.length_ms / 1000,
        size=row.size,
        analysis=row.measured,
        audio_url=base + reverse("api:v1:get_reference_audio", args=[row.public_id]) if row.is_ready else None,
        created_at=row.created_at,
        trashed_at=row.trashed_at,
    )


def _rows(user: User) -> ReferenceQuerySet:
    return permissions.references(user).select_related("project", "author")


def _find(request: HttpRequest, public_id: str) -> Reference:
    reference = _rows(user_of(request)).filter(public_id=public_id).first()
    if reference is None:
        raise Problem(404, "Reference not found, or not accessible with this key.")
    return reference


def _find_editable(request: HttpRequest, public_id: str) -> Reference:
    reference = _find(request, public_id)
    must_edit(user_of(request), reference.project)
    return reference


def _show(request: HttpRequest, public_id: str) -> ReferenceOut:
    return _reference_out(_find(request, public_id), signed_files.base_url(request))


@router.get("/references", response=Page[ReferenceOut], summary="List references, newest first")
def list_references(
    request: HttpRequest,
    query: Query[PageQuery],
    project: str = Query("", max_length=16),
    trashed: bool = Query(False, description="true: only what is in the trash."),
) -> PageContent[ReferenceOut]:
    user, base = user_of(request), signed_files.base_url(request)
    rows = _rows(user).filter(trashed_at__isnull=not trashed)
    rows = rows.filter(project=project_of(user, project)) if project else rows
    return page(rows, query, lambda row: _reference_out(row, base))


@router.post("/references", response={201: ReferenceOut}, summary="Upload a reference")
def create_reference(request: HttpRequest, ask: Form[ReferenceIn], file: UploadedFile = Upload) -> Status[ReferenceOut]:
    """The file is processed within seconds; poll until `state` is ready. The same file returns the same reference."""
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)
    reference = references.add(
        user,
        project,
        name=file.name or "",
        content=file.chunks(),
        start=ask.start_s,
        max_s=_max_seconds(ask.model, ask.field) if ask.model or ask.field else DEFAULT_CLIP_S,
        field="file",
    )
    return Status(201, _show(request, reference.public_id))


def _max_seconds(model: str, field: str) -> float:
    """Return how many seconds a model's field takes."""
    choice, model_field = field_of(model, field)
    action = catalog.registering(choice.spec.provider)
    purpose = action.spec.purpose(model_field.purpose) if action else None
    return purpose.max_s if purpose else DEFAULT_CLIP_S


@router.post("/tracks/{track_id}/references", response={201: ReferenceOut}, summary="Create a reference from a track")
def create_reference_from_track(request: HttpRequest, track_id: str) -> Status[ReferenceOut]:
    track, _ = editable_track(request, track_id)
    return Status(201, _show(request, references.from_track(user_of(request), track).public_id))


@router.get("/references/{reference_id}", response=ReferenceOut, summary="Get a reference")
def get_reference(request: HttpRequest, reference_id: str) -> ReferenceOut:
    return _show(request, reference_id)


@router.api_operation(
    ["GET", "HEAD"], "/references/{reference_id}/audio", openapi_extra=FILE, summary="Download the stored excerpt (MP3)"
)
def get_reference_audio(request: HttpRequest, reference_id: str) -> HttpResponseBase:
    row = _find(request, reference_id)
    if not row.is_ready:
        raise Problem(404, translate(row.problem) or "The reference is still being processed.")
    return serve_file(request, media.path(row.file), "audio/mpeg", row.sha256)


@router.post("/references/{reference_id}/trash", response=ReferenceOut, summary="Move a reference to the trash")
def trash_reference(request: HttpRequest, reference_id: str) -> ReferenceOut:
    references.trash_reference(_find_editable(request, reference_id))
    return _show(request, reference_id)


@router.post("/references/{reference_id}/restore", response=ReferenceOut, summary="Restore a reference from the trash")
def restore_reference(request: HttpRequest, reference_id: str) -> ReferenceOut:
    try:
        references.restore(_find_editable(request, reference_id))
    except UserError as error:
        raise Problem(409, error.sentence) from error
    return _show(request, reference_id)


# --- supported models ---


@router.get(
    "/references/{reference_id}/supported-models",
    response=SupportedModelsOut,
    summary="List the models that take a reference",
)
def list_supported_models(request: HttpRequest, reference_id: str) -> dict[str, list[SupportedModelOut]]:
    """All model fields that take references: whether this one can be used, or what its registration costs."""
    user, row = user_of(request), _find(request, reference_id)
    choices = project_defaults.offered(project_defaults.defaults_of(row.project), catalog.models())
    fields = [(choice, field) for choice in choices for field in choice.spec.fields if field.purpose]
    return {"items": [_support(user, row, choice, field) for choice, field in fields]}


def _support(user: User, row: Reference, choice: ModelChoice, field: ModelField) -> SupportedModelOut:
    registration = action = None
    if field.purpose != FOLLOW:
        registration = references.id_of(row, choice.model.provider_id, field.purpose)
        action = catalog.registering(choice.spec.provider)
    quote = provider_actions.quote(user, row.project, action) if action else None
    return SupportedModelOut(
        model=choice.spec.key,
        field=field.name,
        state=_state(row, choice, field, registration),
        price_usd=serializers.usd(quote.total) if quote else None,
        price_is_estimate=bool(quote and quote.is_estimate),
        unavailable_reason=quote.refusal if quote else "",
        generation=registration.generation.public_id if registration else None,
    )


def _state(
    row: Reference, choice: ModelChoice, field: ModelField, registration: ProviderReference | None
) -> SupportState:
    if row.is_checking or row.is_being_measured:
        return "processing"
    if field.purpose == FOLLOW:
        return "ready" if row.is_ready and references.followed(choice.spec, row) else "unusable"
    if not row.is_ready:
        return "unusable"
    if registration and registration.is_under_way:
        return "registering"
    return "ready" if registration and registration.is_good else "registration_required"


@router.post(
    "/references/{reference_id}/register",
    response={201: schemas.GenerationOut},
    summary="Register a reference with a provider",
)
def register_reference(
    request: HttpRequest,
    reference_id: str,
    ask: RegistrationIn,
    idempotency_key: str | None = IdempotencyKey,
    prefer: str | None = PreferHeader,
) -> Status[schemas.GenerationOut]:
    """The model's provider assigns an id, at its price. If it has one already, the generation that paid is returned."""
    user, row = user_of(request), _find_editable(request, reference_id)
    choice, field = field_of(ask.model, ask.field)

    def register(key: str) -> Generation:
        return provider_actions.register(
            user=user,
            reference=row,
            provider_key=choice.spec.provider,
            purpose=field.purpose,
            idempotency_key=checkout_request(key, ask.expected_price_usd),
        )

    content = ["register", row.public_id, content_without_price(ask)]
    return Status(201, respond(request, lambda: submit_once(user, idempotency_key, content, register), prefer))
