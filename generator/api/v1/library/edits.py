"""Edits of any track: recipes, their files, and the structure of a track."""

import datetime as dt
import enum
from dataclasses import asdict
from typing import Annotated, Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from generator import permissions
from generator.api import signed_files
from generator.api.contract import file_of
from generator.api.v1 import schemas
from generator.api.v1.auth import user_of
from generator.api.v1.library.tracks import FILE, RETRY_AFTER_S, editable_track, find, serve_file
from generator.api.v1.pagination import Page, PageContent, PageQuery, Paging, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.audio.editing.recipe import VERSION
from generator.http.file_responses import serve_made
from generator.http.uploads import temporary_folder
from generator.models import Edit, EditState, Track
from generator.services.errors import UserError
from generator.services.finishing import delivery_files, edits, grid_changes, structures, summaries

router = Router(tags=["Library"])
Step = Annotated[dict[str, Any], Field(description="A step: `step` is its name, the other keys are its values.")]
_RECIPE: JsonDict = {"steps": [{"step": "fit", "length_s": 28.5}, {"step": "level", "destination": "podcast"}]}
CHOSEN = Query("", max_length=4_000, description="Edit ids, with commas between them; empty: all edits of the track.")


class ApiEditState(enum.StrEnum):
    """An edit's state, under its name in this API."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"


class RecipeIn(Strict):
    """The steps cut, fit, loop, fades, speed, bed, duck, level: each at most once, in this order."""

    steps: list[Step] = Field(max_length=12)


class FileFormatIn(Strict):
    format: str = Field(max_length=10, description="mp3, m4a, ogg, opus, flac, wav or aiff.")
    rate: int | None = Field(None, description="Hz: 44100, 48000 or 96000; null: as the track.")
    bits: int | None = Field(None, description="16, 24 or 32 (floating point), for lossless formats.")
    channels: int | None = Field(None, description="1 or 2; null: as the track.")
    bit_rate: int | None = Field(None, description="Bits per second, for lossy formats.")
    vbr_quality: int | None = Field(None, description="Instead of a bit rate: 0 (best) to 9 (smallest).")
    id3_version: int | None = Field(None, description="3 for programs that do not read version 4 (MP3, WAV, AIFF).")
    starts_at_s: float | None = Field(
        None, description="WAV: its place in a timeline, in seconds since midnight (BWF)."
    )
    stems: bool = Field(False, description="true: a zip of the mix and of every stem, edited alike, in this format.")


class EditIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"recipe": _RECIPE, "formats": [{"format": "mp3"}], "title": "0:28.5"}]},
    )
    recipe: RecipeIn
    formats: list[FileFormatIn] = Field(min_length=1, max_length=edits.MAX_FORMATS)
    title: str = Field("", max_length=120, description="Empty: what the recipe does.")


class EditPatch(Strict):
    title: str = Field(max_length=120)


class EditFilesIn(Strict):
    formats: list[FileFormatIn] = Field(min_length=1, max_length=edits.MAX_FORMATS)


class EditFileOut(Schema):
    number: int
    format: dict[str, Any]
    size: int | None = Field(description="Bytes; null until it is made.")
    sha256: str | None
    url: str


class EditOut(Schema):
    id: Ref
    track: Ref
    title: str
    created_by: str
    created_at: dt.datetime
    state: ApiEditState
    percent: int
    error_code: str = Field(description="Why it failed; empty if it did not.")
    error: str = Field(description="The same, for people.")
    recipe: dict[str, Any]
    report: dict[str, Any] = Field(description="What rendering did: length, loudness, joins, loop points.")
    files: list[EditFileOut]


class StructureOut(Schema):
    """Times in seconds."""

    structure: dict[str, Any] | None = Field(description="Null while the track is being measured; ask again.")


class GridOut(Schema):
    correction: dict[str, Any] | None = Field(description="By hand; null: as measured. The structure has it already.")


class GridIn(Strict):
    """A correction of the bar grid. With `bpm`, the grid is even from `first_beat_s`, the first beat of a bar, on."""

    shift_s: float = Field(0.0, description="Positive: later.")
    beat_shift: int = Field(0, description="Positive: bars begin that many beats later.")
    bpm: float | None = None
    first_beat_s: float = 0.0
    beats_per_bar: int | None = None


def edit_out(edit: Edit, base: str) -> EditOut:
    """Return an edit in the form of this API; `base` is the studio’s address."""
    made = [
        EditFileOut(
            number=number,
            format={name: value for name, value in vars(file.format).items() if value is not None},
            size=file.size or None,
            sha256=file.sha256 or None,
            url=base + reverse("api:v1:get_edit_file", args=[edit.public_id, number]),
        )
        for number, file in enumerate(edits.files(edit))
        if number
    ]
    return EditOut(
        id=edit.public_id,
        track=edit.track.public_id,
        title=edit.title,
        created_by=edit.author.label,
        created_at=edit.created_at,
        state=ApiEditState("canceled" if edit.state == EditState.CANCELLED else edit.state),
        percent=edit.percent,
        error_code=edit.error_code,
        error=summaries.failure(edit),
        recipe=edit.recipe,
        report={name: value for name, value in edit.report.items() if name != "waveform"},
        files=made,
    )


def _shown(request: HttpRequest, edit: Edit) -> EditOut:
    return edit_out(edit, signed_files.base_url(request))


def _find_edit(request: HttpRequest, edit_id: str, *, to_change: bool = False) -> Edit:
    user = user_of(request)
    edit = permissions.edits(user).select_related("track__project", "author").filter(public_id=edit_id).first()
    if edit is None or edit.trashed_at:
        raise Problem(404, "Edit not found, or not accessible with this key.")
    if to_change and not permissions.editable_edits(user).filter(pk=edit.pk).exists():
        raise Problem(403, "This key, or its maker, may not change edits in this project.")
    return edit


def _formats(formats: list[FileFormatIn]) -> list[dict[str, Any]]:
    return [one.model_dump(exclude_none=True) | ({"stems": True} if one.stems else {"stems": None}) for one in formats]


@router.get("/tracks/{track_id}/structure", response=StructureOut, summary="Get beats, bar lines and sections")
def get_structure(request: HttpRequest, track_id: str) -> StructureOut:
    track = find(request, track_id)
    structure = structures.known(track)
    if structure is None:
        structures.request_structure(track)
    return StructureOut(structure=structure.to_json() if structure else None)


@router.get("/tracks/{track_id}/grid", response=GridOut, summary="Get the correction of a bar grid")
def get_grid(request: HttpRequest, track_id: str) -> GridOut:
    return _grid_out(find(request, track_id))


@router.put("/tracks/{track_id}/grid", response=GridOut, summary="Correct the bar grid of a track")
def update_grid(request: HttpRequest, track_id: str, ask: GridIn) -> GridOut:
    """Replace the correction of the bar grid. New edits use it; files that are made already stay as they are."""
    track, _ = editable_track(request, track_id)
    grid_changes.set_grid(user_of(request), track, ask.model_dump())
    return _grid_out(track)


@router.delete("/tracks/{track_id}/grid", response={204: None}, summary="Undo the last correction of a bar grid")
def undo_grid(request: HttpRequest, track_id: str) -> Status[None]:
    """Take the last correction back, also one that was made in the page."""
    track, _ = editable_track(request, track_id)
    grid_changes.undo(track)
    return Status(204, None)


def _grid_out(track: Track) -> GridOut:
    correction = grid_changes.current(track)
    return GridOut(correction=asdict(correction) if correction else None)


@router.get("/tracks/{track_id}/edits", response=Page[EditOut], summary="List the edits of a track")
def list_edits(request: HttpRequest, track_id: str, query: PageQuery = Paging) -> PageContent[EditOut]:
    track = find(request, track_id)
    rows = permissions.edits(user_of(request)).kept().filter(track=track).select_related("track", "author")
    return page(rows, query, lambda row: _shown(request, row))


@router.api_operation(
    ["GET", "HEAD"],
    "/tracks/{track_id}/edits/archive",
    response={202: schemas.RenditionPendingOut},
    openapi_extra=file_of("application/zip", "The files of the edits, whole."),
    summary="Download the files of several edits in one zip",
)
def get_edits_archive(
    request: HttpRequest,
    response: HttpResponse,
    track_id: str,
    edit_ids: str = CHOSEN,
) -> Status[dict[str, Any]] | HttpResponseBase:
    """While files are being made: 202, with `Location` and `Retry-After`."""
    track, user = find(request, track_id), user_of(request)
    try:
        chosen = edits.chosen_of(
            permissions.edits(user).filter(track=track), [one for one in edit_ids.split(",") if one]
        )
    except LookupError:
        raise Problem(404, "Edit not found, or not accessible with this key.") from None
    delivery_files.check_size(chosen)
    incomplete = [one for one, files in chosen if any(file.path is None for file in files[1:])]
    for one in incomplete:
        edits.request_files(user, one)
        if one.error_code:
            raise UserError(summaries.failure(one), code="rendition_failed")
    if incomplete:
        return _pending(request, response, "The files are being made.")
    archive = delivery_files.archive(chosen, temporary_folder())
    return serve_made(request, archive, "application/zip", delivery_files.archive_name_of_track(track))


@router.post("/tracks/{track_id}/edits", response={201: EditOut}, summary="Edit a track")
def create_edit(request: HttpRequest, track_id: str, ask: EditIn) -> Status[EditOut]:
    """Cut, fit, loop, fade, level or convert a track, whoever made it. Free; poll until `state` is `ready`.

    The track itself never changes. The same recipe by the same person is the same edit.
    """
    user, (track, _) = user_of(request), editable_track(request, track_id)
    with transaction.atomic():  # a refused format leaves no draft behind
        edit = edits.preview(user, track, {"version": VERSION, "steps": ask.recipe.steps})
        edit = edits.save(user, edit, ask.title, _formats(ask.formats))
    return Status(201, _shown(request, edit))


@router.get("/edits/{edit_id}", response=EditOut, summary="Get an edit")
def get_edit(request: HttpRequest, edit_id: str) -> EditOut:
    return _shown(request, _find_edit(request, edit_id))


@router.patch("/edits/{edit_id}", response=EditOut, summary="Rename an edit")
def update_edit(request: HttpRequest, edit_id: str, ask: EditPatch) -> EditOut:
    edit = _find_edit(request, edit_id, to_change=True)
    edits.rename(edit, ask.title)
    return _shown(request, edit)


@router.delete("/edits/{edit_id}", response={204: None}, summary="Delete an edit")
def delete_edit(request: HttpRequest, edit_id: str) -> Status[None]:
    """Delete the edit and its files. The track stays as it is."""
    edits.trash(_find_edit(request, edit_id, to_change=True))
    return Status(204, None)


@router.post("/edits/{edit_id}/cancel", response=EditOut, summary="Cancel an edit that is being made")
def cancel_edit(request: HttpRequest, edit_id: str) -> EditOut:
    edit = _find_edit(request, edit_id, to_change=True)
    edits.cancel(edit)
    edit.refresh_from_db()
    return _shown(request, edit)


@router.post("/edits/{edit_id}/files", response=EditOut, summary="Make more files of an edit")
def create_edit_files(request: HttpRequest, edit_id: str, ask: EditFilesIn) -> EditOut:
    edit = _find_edit(request, edit_id, to_change=True)
    edit = edits.add_formats(user_of(request), edit, _formats(ask.formats))
    return _shown(request, edit)


@router.api_operation(
    ["GET", "HEAD"],
    "/edits/{edit_id}/files/{number}",
    response={202: schemas.RenditionPendingOut},
    openapi_extra=FILE,
    summary="Download a file of an edit",
)
def get_edit_file(
    request: HttpRequest, response: HttpResponse, edit_id: str, number: str
) -> Status[dict[str, Any]] | HttpResponseBase:
    """The file, with a readable name. While it is being made: 202, with `Location` and `Retry-After`."""
    edit = _find_edit(request, edit_id)
    try:
        file = edits.file_of(edit, int(number))
        name = delivery_files.names_of(edit, edits.files(edit))[int(number)]
    except (LookupError, ValueError):
        raise Problem(404, "This edit has no such file.") from None
    if file.path:
        return serve_file(request, file.path, delivery_files.mime_of(file.format), file.sha256, name)
    edits.request_files(user_of(request), edit)
    if edit.error_code:
        raise UserError(summaries.failure(edit), code="rendition_failed")
    return _pending(request, response, f"The {file.format.format.upper()} file is being made.")


def _pending(request: HttpRequest, response: HttpResponse, message: str) -> Status[dict[str, Any]]:
    response.headers["Location"] = request.get_full_path()
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return Status(202, {"message": message, "location": request.get_full_path(), "retry_after_s": RETRY_AFTER_S})
