"""Delivery packs: one zip of one or many tracks, made in the background, kept for a week."""

import datetime as dt
import enum
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api import signed_files
from generator.api.contract import file_of
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.library.tracks import serve_file
from generator.api.v1.pagination import Page, PageContent, PageQuery, Paging, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.audio.filenames import file_name
from generator.models import Pack, PackItem, PackState
from generator.services.library import media
from generator.services.packs import contents as pack_contents
from generator.services.packs import pack_links, packs, planning

router = Router(tags=["Library"])
_ZIP = file_of("application/zip", "The pack; range requests are answered with 206.")


class ApiPackState(enum.StrEnum):
    """A pack's state, under its name in this API."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class PackIn(Strict):
    """Fields that are left out are those of the preset."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"preset": "podcast", "tracks": ["4n8Kk2f0Qw3xZb1R"], "cuts": [30, 15]}]},
    )
    preset: str = Field(max_length=20, description=f"One of {', '.join(pack_contents.PRESETS)}.")
    tracks: list[str] | None = Field(
        None, min_length=1, max_length=packs.MAX_TRACKS, description="Track ids of the project; null: all its tracks."
    )
    project: str | None = Field(None, max_length=16, description="Empty: the default project of the key.")
    title: str = Field("", max_length=120, description="Empty: the title of the track, or the project's name.")
    destination: str | None = Field(None, max_length=30, description="The loudness, as in the `level` step of edits.")
    cuts: list[float] | None = Field(None, max_length=pack_contents.MAX_CUTS, description="Lengths in seconds.")
    pieces: list[str] | None = Field(None, max_length=12, description=f"Of {', '.join(pack_contents.PIECES)}.")
    formats: list[str] | None = Field(None, max_length=12, description=f"Of {', '.join(pack_contents.FORMATS)}.")


class PackFileOut(Schema):
    name: str = Field(description="Within the folder of the track.")
    piece: str = Field(description="Such as `full`, `cut-30`, `loop`, `bed`, `alternative`.")
    stem: str = Field(description="The title of the stem; empty for the mix.")
    seconds: float | None
    lufs: float | None
    size: int
    sha256: str


class LeftOutOut(Schema):
    piece: str
    code: str
    reason: str = Field(description="The same, for people.")


class PackTrackOut(Schema):
    track: Ref | None = Field(description="Null if the track was deleted.")
    title: str
    files: list[PackFileOut]
    left_out: list[LeftOutOut]


class PackOut(Schema):
    id: Ref
    project: Ref
    title: str
    preset: str
    contents: dict[str, Any]
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None = Field(description="When the zip is deleted; null until it is ready.")
    state: ApiPackState
    percent: int
    files_done: int
    files_total: int = Field(description="As planned; it gets smaller when something has to be left out.")
    error_code: str = Field(description="Why it failed; empty if it did not.")
    error: str = Field(description="The same, for people.")
    size: int | None = Field(description="Bytes of the zip; null while there is none.")
    sha256: str | None
    url: str | None = Field(description="Downloads the zip with the API key; null while there is none.")
    share_url: str | None = Field(description="Downloads it without a key; null if it is not shared.")
    tracks: list[PackTrackOut]


def pack_out(pack: Pack, base: str) -> PackOut:
    """Return a pack in the form of this API; `base` is the studio’s address."""
    has_file = packs.is_available(pack)
    state = PackState.EXPIRED if packs.is_over(pack) else PackState(pack.state)
    return PackOut(
        id=pack.public_id,
        project=pack.project.public_id,
        title=pack.title,
        preset=pack.preset,
        contents=pack.contents,
        created_by=pack.author.label,
        created_at=pack.created_at,
        expires_at=pack.expires_at,
        state=ApiPackState("canceled" if state == PackState.CANCELLED else state),
        percent=pack.percent,
        files_done=pack.files_done,
        files_total=pack.files_total,
        error_code=pack.error_code,
        error=packs.failure(pack),
        size=pack.size if has_file else None,
        sha256=pack.sha256 if has_file else None,
        url=base + reverse("api:v1:get_pack_file", args=[pack.public_id]) if has_file else None,
        share_url=base + reverse("shared-pack", args=[pack_links.address_of(pack)]) if pack.share_key else None,
        tracks=[_track_out(item) for item in pack.items.all()],
    )


def _track_out(item: PackItem) -> PackTrackOut:
    names = ("name", "piece", "stem", "size", "sha256")
    files = [
        PackFileOut(seconds=entry.get("seconds"), lufs=entry.get("lufs"), **{name: entry[name] for name in names})
        for entry in item.files
    ]
    missing = [LeftOutOut(piece=one["piece"], code=one["code"], reason=planning.reason(one)) for one in item.left_out]
    track = item.track.public_id if item.track else None
    return PackTrackOut(track=track, title=item.title, files=files, left_out=missing)


def _shown(request: HttpRequest, pack: Pack) -> PackOut:
    return pack_out(pack, signed_files.base_url(request))


def _find_pack(request: HttpRequest, pack_id: str, *, to_change: bool = False) -> Pack:
    user = user_of(request)
    rows = permissions.packs(user).select_related("project", "author").prefetch_related("items__track")
    pack = rows.filter(public_id=pack_id).first()
    if pack is None:
        raise Problem(404, "Pack not found, or not accessible with this key.")
    if to_change and not permissions.editable_packs(user).filter(pk=pack.pk).exists():
        raise Problem(403, "This key, or its maker, may not change packs in this project.")
    return pack


@router.get("/projects/{project_id}/packs", response=Page[PackOut], summary="List the packs of a project")
def list_packs(request: HttpRequest, project_id: str, query: PageQuery = Paging) -> PageContent[PackOut]:
    user = user_of(request)
    rows = permissions.packs(user).filter(project=project_of(user, project_id)).select_related("project", "author")
    return page(rows.prefetch_related("items__track"), query, lambda row: _shown(request, row))


@router.post("/packs", response={201: PackOut}, summary="Make a pack of tracks")
def create_pack(request: HttpRequest, ask: PackIn) -> Status[PackOut]:
    """One zip with cuts, loop, bed, stems, documents and manifest of each track. Free; poll until `state` is `ready`.

    The same request while it is being made is the same pack. What a track does not get is listed with the reason.
    """
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)
    changes = ask.model_dump(include={"destination", "cuts", "pieces", "formats"})
    contents = pack_contents.choose(ask.preset, changes)
    tracks = permissions.library(user, project).kept().order_by("-created_at", "-id")
    if ask.tracks is not None:
        tracks = tracks.filter(public_id__in=ask.tracks)
        if missing := set(ask.tracks) - set(tracks.values_list("public_id", flat=True)):
            raise Problem(422, f"Not a track of this project: {min(missing)[:20]}.", "tracks")
    pack = packs.create(user, project, tracks, ask.preset, contents, ask.title)
    return Status(201, _shown(request, pack))


@router.get("/packs/{pack_id}", response=PackOut, summary="Get a pack")
def get_pack(request: HttpRequest, pack_id: str) -> PackOut:
    return _shown(request, _find_pack(request, pack_id))


@router.delete("/packs/{pack_id}", response={204: None}, summary="Delete a pack")
def delete_pack(request: HttpRequest, pack_id: str) -> Status[None]:
    """Delete the zip and its record. The tracks and their other files stay."""
    packs.delete(_find_pack(request, pack_id, to_change=True))
    return Status(204, None)


@router.post("/packs/{pack_id}/cancel", response=PackOut, summary="Cancel a pack that is being made")
def cancel_pack(request: HttpRequest, pack_id: str) -> PackOut:
    pack = _find_pack(request, pack_id, to_change=True)
    packs.cancel(pack)
    return _shown(request, _find_pack(request, pack_id))


@router.post("/packs/{pack_id}/share", response=PackOut, summary="Share a pack with a link")
def share_pack(request: HttpRequest, pack_id: str) -> PackOut:
    """Anyone who has `share_url` can download the zip, without a key, until the pack expires or the link is revoked."""
    pack = _find_pack(request, pack_id, to_change=True)
    pack_links.share(pack, user_of(request))
    return _shown(request, pack)


@router.post("/packs/{pack_id}/unshare", response=PackOut, summary="Revoke the link to a pack")
def unshare_pack(request: HttpRequest, pack_id: str) -> PackOut:
    pack = _find_pack(request, pack_id, to_change=True)
    pack_links.revoke(pack, user_of(request))
    return _shown(request, pack)


@router.api_operation(["GET", "HEAD"], "/packs/{pack_id}/file", openapi_extra=_ZIP, summary="Download a pack")
def get_pack_file(request: HttpRequest, pack_id: str) -> HttpResponseBase:
    pack = _find_pack(request, pack_id)
    if not packs.is_available(pack):
        raise Problem(404, "This pack has no file: it is not ready, or has expired.")
    name = file_name(f"{pack.title} - {pack.preset}", ext="zip")
    return serve_file(request, media.path(pack.file), "application/zip", pack.sha256, name)
