"""Uploads: tracks from elsewhere and stems of tracks, brought into the library with what is stated about them."""

import datetime as dt
from typing import Literal

from django.http import HttpRequest, HttpResponseBase
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api.v1 import serializers
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.library.tracks import FILE, editable_track, get_stems, serve_file
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, StemsOut, Strict, Usd
from generator.audio import MAX_AUDIO_BYTES
from generator.models import Project, TrackUpload, UploadSource, User
from generator.services.library import media
from generator.services.uploads import adding, corrections, facts, stated_costs
from generator.services.uploads.adding import Arrived, Duplicate
from generator.translation import translate

router = Router(tags=["Uploads"])
_AUDIO = f"MP3, WAV, FLAC, OGG, Opus, M4A or AIFF, at most {MAX_AUDIO_BYTES // 1_000_000} MB."
Audio = File(..., description=_AUDIO)
Stems = File(..., description=f"One file per stem, each {_AUDIO}")

State = Literal["waiting", "processing", "ready", "rejected"]


class UploadIn(Schema):
    project: str = Field("", max_length=16, description="Empty: the default project of the key.")
    title: str = Field("", max_length=200, description="Empty: the name of the file.")
    source: Literal["bought", "recorded", "tool", "other"] = "other"
    source_text: str = Field("", max_length=400, description="The shop, the session, the tool.")
    license_text: str = Field("", description="The terms that came with it; empty: none is known.")
    credit: str = Field("", max_length=400, description="Its composer or author.")
    cost_usd: str = Field("", max_length=40, description="What it cost; “0” is allowed. Empty: not stated.")
    bought_on: str = Field("", max_length=10, description="YYYY-MM-DD; empty: not stated.")


class CostIn(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"cost_usd": "29.00"}]})
    cost_usd: str = Field(max_length=40)
    reason: str = Field("", max_length=200)


class UploadPatch(Strict):
    """What was stated, corrected; fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"license_text": "License No. 4712"}]})
    source: Literal["bought", "recorded", "tool", "other"] | None = None
    source_text: str | None = Field(None, max_length=400)
    license_text: str | None = None
    credit: str | None = Field(None, max_length=400)
    bought_on: str | None = Field(None, max_length=10, description="YYYY-MM-DD; empty: not stated.")


class UploadOut(Schema):
    id: Ref
    project: Ref
    state: State
    error_message: str = Field(description="Why it was rejected; empty if it was not.")
    track: Ref | None = Field(description="The track it became, or whose stem it is; null: not read yet.")
    is_stem: bool
    name: str
    title: str
    source: str
    source_text: str
    license_text: str = Field(description="Empty: none was stated.")
    credit: str
    cost_usd: Usd | None = Field(description="As stated by `author`; null: not stated.")
    bought_on: dt.date | None
    author: str
    sha256: str = Field(description="Of the file as it came.")
    size: int
    created_at: dt.datetime


_STATES: dict[str, State] = {"waiting": "waiting", "reading": "processing", "ready": "ready", "refused": "rejected"}


def upload_out(row: TrackUpload) -> UploadOut:
    return UploadOut(
        id=row.public_id,
        project=row.project.public_id,
        state=_STATES[row.state],
        error_message=translate(row.problem),
        track=row.track.public_id if row.track else None,
        is_stem=row.is_stem,
        name=row.name,
        title=row.title,
        source=UploadSource(row.source).value,
        source_text=row.source_text,
        license_text=row.license_text,
        credit=row.credit,
        cost_usd=serializers.optional_usd(row.cost),
        bought_on=row.bought_on,
        author=row.author.label,
        sha256=row.sha256,
        size=row.size,
        created_at=row.created_at,
    )


def _find(request: HttpRequest, public_id: str) -> TrackUpload:
    rows = permissions.uploads(user_of(request)).select_related("project", "track", "author")
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Problem(404, "Upload not found, or not accessible with this key.")
    return row


@router.get("/uploads", response=Page[UploadOut], summary="List uploads, newest first")
def list_uploads(
    request: HttpRequest, query: Query[PageQuery], project: str = Query("", max_length=16)
) -> PageContent[UploadOut]:
    user = user_of(request)
    rows = permissions.uploads(user).select_related("project", "track", "author")
    return page(rows.filter(project=project_of(user, project)) if project else rows, query, upload_out)


@router.post("/uploads", response={201: UploadOut}, summary="Upload a track from elsewhere")
def create_upload(request: HttpRequest, ask: Form[UploadIn], file: UploadedFile = Audio) -> Status[UploadOut]:
    """A worker decodes, measures and checks it; poll until `state` is ready. The file itself is kept as it came.

    The cost is booked as stated by you; it is part of the project's spend and of no budget. If the project has this
    very file already, the response is 409.
    """
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)
    stated = facts.read_facts({**ask.dict(), "cost": ask.cost_usd})
    row = add(user, project, Arrived(file.name or "", file.chunks()), stated)
    return Status(201, upload_out(_find(request, row.public_id)))


def add(user: User, project: Project, file: Arrived, stated: facts.Facts) -> TrackUpload:
    """Store a file that is to become a track. Raises Problem: the project has it already."""
    try:
        return adding.add_track(user, project, file, stated)
    except Duplicate as error:
        known = f" Its id is {error.track.public_id}." if error.track else ""
        raise Problem(409, error.sentence + known, "file") from error


@router.get("/uploads/{upload_id}", response=UploadOut, summary="Get an upload")
def get_upload(request: HttpRequest, upload_id: str) -> UploadOut:
    return upload_out(_find(request, upload_id))


@router.patch("/uploads/{upload_id}", response=UploadOut, summary="Correct what was stated about a track")
def update_upload(request: HttpRequest, upload_id: str, ask: UploadPatch) -> UploadOut:
    """The history of its generation keeps the earlier statement. Certificates, new packs and new files have the new.

    The cost has its own operation, because its correction is an entry in the ledger.
    """
    row = _find(request, upload_id)
    must_edit(user_of(request), row.project)
    corrections.correct(user_of(request), row, ask.model_dump(exclude_none=True))
    return upload_out(_find(request, upload_id))


@router.post("/uploads/{upload_id}/cancel", response={204: None}, summary="Cancel an upload that is not read yet")
def cancel_upload(request: HttpRequest, upload_id: str) -> Status[None]:
    """A stem's whole set is canceled. A rejected upload is removed from the list."""
    row = _find(request, upload_id)
    must_edit(user_of(request), row.project)
    if not adding.cancel(row):
        raise Problem(409, "It is ready already. Move the track to the trash instead.")
    return Status(204, None)


@router.api_operation(
    ["GET", "HEAD"], "/uploads/{upload_id}/original", openapi_extra=FILE, summary="Download an uploaded file as it came"
)
def get_original(request: HttpRequest, upload_id: str) -> HttpResponseBase:
    """Byte for byte, under its own name. The track itself is the same sound, tagged and in a format that plays."""
    row = _find(request, upload_id)
    if not row.file:
        raise Problem(404, "This file was not kept.")
    return serve_file(request, media.path(row.file), "application/octet-stream", row.sha256, row.name)


@router.post("/uploads/{upload_id}/stated-cost", response=UploadOut, summary="Correct the stated cost of a track")
def correct_cost(request: HttpRequest, upload_id: str, ask: CostIn) -> UploadOut:
    """The difference is booked as a second entry, in the current month."""
    user, row = user_of(request), _find(request, upload_id)
    must_edit(user, row.project)
    cost = facts.read_cost(ask.cost_usd)
    if cost is None or row.track is None:
        raise Problem(422, "Give an amount." if cost is None else "It is not a track yet.", "cost_usd")
    stated_costs.correct_cost(row.track, cost, ask.reason, user, set(permissions.editable_projects(user)))
    return upload_out(_find(request, upload_id))


@router.post("/tracks/{track_id}/stem-uploads", response={202: StemsOut}, summary="Upload the stems of a track")
def upload_stems(request: HttpRequest, track_id: str, files: list[UploadedFile] = Stems) -> Status[StemsOut]:
    """Stems of the track's length (within 50 ms), named after what plays; all of them are added, or none.

    They are listed with the uploads of the project until they are read. How close their sum is to the mix is in the
    history of the track, and no reason to reject them.
    """
    track, _ = editable_track(request, track_id)
    adding.add_stems(user_of(request), track, [Arrived(file.name or "", file.chunks()) for file in files])
    return Status(202, get_stems(request, track_id))
