"""The library: search, play, download in any format and loudness, organize, and separate into stems."""

from pathlib import Path
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from generator import permissions
from generator.api import signed_files
from generator.api.contract import file_of
from generator.api.v1 import schemas, serializers
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.generation.generations import IdempotencyKey, show, submit_once
from generator.api.v1.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page, PageContent
from generator.api.v1.parsing import field_names
from generator.api.v1.problems import Problem
from generator.audio import FORMATS, disposition, file_name
from generator.http.file_responses import name_of, serve
from generator.http.library_filters import KINDS
from generator.http.library_query import SORTS, LibraryFilter, is_cursor
from generator.models import Generation, Stem, Track, User
from generator.models.track import TrackQuerySet
from generator.services.errors import UserError
from generator.services.generation import variations
from generator.services.library import composer_stems, media, renditions, sharing
from generator.services.library import tracks as library_tracks
from generator.services.throttling import TooOften

router = Router(tags=["Library"])
NO_TRACK = "Track not found, or not accessible with this key."
NO_FILE = "The file is missing from the studio's disk."
RETRY_AFTER_S = 2  # seconds after which a file in preparation is probably ready


class Search(Schema):
    """The filters of the library page."""

    q: str = Field("", max_length=200, description="Words or beginnings of words; case and accents are ignored.")
    project: str = Field("", max_length=16, description="Empty: all projects of the key.")
    sort: str = Field("newest", description=f"One of {', '.join(SORTS)}.")
    starred: str = Field("", description="1")
    status: str = Field("", description="approved, draft")
    model: str = Field("", max_length=120)
    author: str = Field("", max_length=18)
    tag: str = Field("", max_length=40)
    length: str = Field("", description="short, medium, long")
    tempo: str = Field("", description="slow, medium, fast")
    key: str = Field("", max_length=12, description="Such as “A minor”.")
    findings: str = Field("", description="1")
    trashed: bool = Field(False, description="true: only what is in the trash.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str = Field("", max_length=500, description="The `next_cursor` of the previous page.")


@router.get("/tracks", response=Page[schemas.TrackOut], summary="Search tracks")
def list_tracks(request: HttpRequest, query: Query[Search]) -> PageContent[schemas.TrackOut]:
    user, base = user_of(request), signed_files.base_url(request)
    tracks = permissions.library(user, project_of(user, query.project)) if query.project else permissions.tracks(user)
    page = _filter(request, query).page(
        tracks.trashed() if query.trashed else tracks.kept(), serializers.load_track_details(Track.objects.all(), user)
    )
    next_cursor = QueryDict(page.next_query).get("after") if page.next_query else None
    return {"items": [serializers.track(row, base) for row in page.tracks], "next_cursor": next_cursor}


def _filter(request: HttpRequest, query: Search) -> LibraryFilter:
    """Return the page's filter; unlike the page, reject unknown values.

    Raises:
        Problem: no such sort, value or cursor.
    """
    values = QueryDict(mutable=True)
    values.update({name: getattr(query, name) for name in ("q", "sort", *KINDS)} | {"after": query.cursor})
    library_filter = LibraryFilter(values, user_of(request))
    library_filter.rows = query.limit
    if query.sort not in SORTS:
        raise Problem(422, f"Sort by one of {', '.join(SORTS)}.", "sort")
    if query.cursor and not is_cursor(query.cursor, query.sort):
        raise Problem(422, "Invalid cursor for this sort order. Start again without one.", "cursor")
    for name, value in library_filter.chosen.items():
        if KINDS[name].condition(value, user_of(request)) is None:
            raise Problem(422, f"{KINDS[name].title}: unknown value “{value[:40]}”.", name)
    return library_filter


def find(request: HttpRequest, public_id: str, *, even_blind: bool = False) -> Track:
    """Return a track that this key may hear, with everything that is shown of it.

    `even_blind`: the response does not reveal the model of a candidate.

    Raises:
        Problem: there is none, or it is a candidate of a comparison that is still blind.
    """
    user = user_of(request)
    track = serializers.load_track_details(permissions.tracks(user), user).filter(public_id=public_id).first()
    if track is None:
        raise Problem(404, NO_TRACK)
    if track.generation.is_blind and not even_blind:
        raise Problem(409, "This would reveal the model of a blind candidate. Pick a take or reveal the models first.")
    return track


def editable_track(request: HttpRequest, public_id: str, *, even_blind: bool = False) -> tuple[Track, TrackQuerySet]:
    """Return a track that this key may change, and the queryset of it alone.

    Raises:
        Problem: there is none, or it may only be heard.
    """
    track = find(request, public_id, even_blind=even_blind)
    must_edit(user_of(request), track.project)
    return track, permissions.editable_tracks(user_of(request)).filter(pk=track.pk)


def show_track(request: HttpRequest, public_id: str) -> schemas.TrackOut:
    return serializers.track(find(request, public_id, even_blind=True), signed_files.base_url(request))


@router.get("/tracks/{track_id}", response=schemas.TrackOut, summary="Get a track")
def get_track(request: HttpRequest, track_id: str) -> schemas.TrackOut:
    return show_track(request, track_id)


@router.patch("/tracks/{track_id}", response=schemas.TrackOut, summary="Update a track")
def update_track(request: HttpRequest, track_id: str, ask: schemas.TrackPatch) -> schemas.TrackOut:
    user = user_of(request)
    with transaction.atomic():
        if any(value is not None for name, value in ask.model_dump().items() if name != "starred"):
            track, track_rows = editable_track(request, track_id, even_blind=True)
            with field_names({"tag": "add_tag" if ask.add_tag is not None else "remove_tag"}):
                _apply_changes(track, track_rows, ask, user)
        if ask.starred is not None:
            library_tracks.star(
                permissions.tracks(user).filter(pk=find(request, track_id, even_blind=True).pk), user, ask.starred
            )
    return show_track(request, track_id)


def _apply_changes(track: Track, track_rows: TrackQuerySet, ask: schemas.TrackPatch, user: User) -> None:
    if ask.title is not None:
        library_tracks.rename(track, ask.title)
    if ask.notes is not None:
        library_tracks.annotate(track, ask.notes)
    if ask.isrc is not None:
        library_tracks.set_isrc(track, ask.isrc)
    if ask.add_tag is not None:
        library_tracks.tag(track_rows, ask.add_tag)
    if ask.remove_tag is not None:
        library_tracks.untag(track_rows, ask.remove_tag)
    if ask.private is not None:
        (sharing.keep_private if ask.private else sharing.show_project)(track, user)


@router.post("/tracks/{track_id}/trash", response=schemas.TrackOut, summary="Move a track to the trash")
def trash_track(request: HttpRequest, track_id: str) -> schemas.TrackOut:
    _, track_rows = editable_track(request, track_id, even_blind=True)
    library_tracks.trash_tracks(track_rows, user_of(request))
    return show_track(request, track_id)


@router.post("/tracks/{track_id}/restore", response=schemas.TrackOut, summary="Restore a track from the trash")
def restore_track(request: HttpRequest, track_id: str) -> schemas.TrackOut:
    _, track_rows = editable_track(request, track_id, even_blind=True)
    library_tracks.restore(track_rows)
    return show_track(request, track_id)


@router.delete("/tracks/{track_id}", response={204: None}, summary="Permanently delete a track in the trash")
def delete_track(request: HttpRequest, track_id: str) -> Status[None]:
    """Delete the track and its files. What was spent on it stays in the ledger."""
    user, track = user_of(request), find(request, track_id, even_blind=True)
    if not permissions.can_manage(user, track.project):
        raise Problem(403, "Only owners can delete permanently, with a key of scope “manage”.")
    if not library_tracks.delete_for_good(permissions.tracks(user).filter(pk=track.pk)):
        raise Problem(409, "Only tracks in the trash can be deleted permanently. Move this one to the trash first.")
    return Status(204, None)


@router.post("/tracks/{track_id}/variations", response={201: schemas.GenerationOut}, summary="Create a variation")
def create_variation(
    request: HttpRequest, track_id: str, ask: schemas.VariationIn, idempotency_key: str | None = IdempotencyKey
) -> Status[schemas.GenerationOut]:
    """A variation of a composed track, such as “10% slower” or “without drums”. Free."""
    user, (track, _) = user_of(request), editable_track(request, track_id, even_blind=True)

    def submit(key: str) -> Generation:
        return variations.make_variation(user, track, ask.change, key)

    content = ["version", track.public_id, ask.change]
    return Status(201, show(request, submit_once(user, idempotency_key, content, submit)))


# --- files ---

FILE = file_of("audio/*", "The file; range requests are answered with 206.")
_COVER = file_of("image/webp", "The image.")


def serve_file(request: HttpRequest, file: Path, mime: str, tag: str, name: str = "") -> HttpResponseBase:
    """Serve a file, whole or by ranges; `name`: as a download of that name.

    Raises:
        Problem: it is not on the disk.
    """
    if not file.is_file():
        raise Problem(404, NO_FILE)
    reply = serve(request, file, mime, tag)
    content_disposition = disposition(name) if name and reply.status_code < 300 else None
    if content_disposition:
        reply.headers["Content-Disposition"] = content_disposition
    return reply


@router.api_operation(["GET", "HEAD"], "/tracks/{track_id}/audio", openapi_extra=FILE, summary="Download the original")
def get_track_audio(request: HttpRequest, track_id: str) -> HttpResponseBase:
    track = find(request, track_id, even_blind=True)
    return serve_file(request, renditions.original(track), FORMATS[track.format].mime, track.sha256)


@router.api_operation(
    ["GET", "HEAD"], "/tracks/{track_id}/cover", openapi_extra=_COVER, summary="Download the cover (WebP)"
)
def get_track_cover(request: HttpRequest, track_id: str) -> HttpResponseBase:
    track = find(request, track_id)
    file = media.path(track.cover)
    return serve_file(request, file, "image/webp", file.stem)


@router.api_operation(
    ["GET", "HEAD"],
    "/tracks/{track_id}/download",
    response={202: schemas.RenditionPendingOut},
    openapi_extra=FILE,
    summary="Download in a format and at a loudness",
)
def download_track(
    request: HttpRequest,
    response: HttpResponse,
    track_id: str,
    format: str = Query("mp3", max_length=10, description=f"One of {', '.join(FORMATS)}."),
    lufs: float | None = Query(
        None, ge=-30, le=-9, multiple_of=0.5, description="Integrated loudness in steps of 0.5; empty: unchanged."
    ),
) -> Status[dict[str, Any]] | HttpResponseBase:
    """The file, with a readable name. While it is being prepared: 202, with `Location` and `Retry-After`."""
    track = find(request, track_id)
    try:
        file = renditions.ready(track, format, lufs)
    except UserError as error:
        raise Problem(422, error.sentence, "format" if format not in FORMATS else "lufs") from error
    if file is None and not media.path(track.file).is_file():
        raise Problem(404, NO_FILE)
    if file is None:
        try:
            renditions.request_rendition(track, format, lufs, by=user_of(request))
        except TooOften:
            raise
        except UserError as error:
            raise Problem(422, error.sentence, "format") from error
        response.headers["Location"] = request.get_full_path()
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        message = f"The {FORMATS[format].title} file is being prepared."
        return Status(202, {"message": message, "location": request.get_full_path(), "retry_after_s": RETRY_AFTER_S})
    return serve_file(request, file, FORMATS[format].mime, file.stem, name_of(track, format, lufs))


# --- stems ---


def _stems(request: HttpRequest, track: Track) -> schemas.StemsOut:
    waits = composer_stems.outlook(track).waits
    notes = composer_stems.notes(track)
    base = signed_files.base_url(request)
    stems = [] if waits else list(track.stems.all())
    return schemas.StemsOut(
        stems=[_stem(stem, base) for stem in stems],
        midi_url=base + reverse("api:v1:get_midi", args=[track.public_id]) if notes and not waits else None,
        can_create=notes is None and not waits and composer_stems.has_free_stems(track),
        in_progress=waits,
    )


def _stem(stem: Stem, base: str) -> schemas.StemOut:
    address = base + reverse("api:v1:get_stem_audio", args=[stem.public_id])
    return schemas.StemOut(
        id=stem.public_id, title=stem.title, length_s=stem.length_ms / 1000, size=stem.size, audio_url=address
    )


@router.get("/tracks/{track_id}/stems", response=schemas.StemsOut, summary="List the stems of a track")
def get_stems(request: HttpRequest, track_id: str) -> schemas.StemsOut:
    return _stems(request, find(request, track_id))


@router.post(
    "/tracks/{track_id}/stems", response={202: schemas.StemsOut}, summary="Create the stems of a composed track"
)
def create_stems(request: HttpRequest, track_id: str) -> Status[schemas.StemsOut]:
    """Every player as FLAC, and the notes as MIDI. Free; poll until `in_progress` is false."""
    track, _ = editable_track(request, track_id)
    composer_stems.request_stems(track, user_of(request))
    return Status(202, _stems(request, track))


@router.api_operation(["GET", "HEAD"], "/stems/{stem_id}/audio", openapi_extra=FILE, summary="Download a stem")
def get_stem_audio(request: HttpRequest, stem_id: str) -> HttpResponseBase:
    stem = permissions.stems(user_of(request)).select_related("track").filter(public_id=stem_id).first()
    if stem is None:
        raise Problem(404, "Stem not found, or not accessible with this key.")
    name = file_name(f"{stem.track.title} - {stem.title}", bpm=None, key="", take=None, ext=stem.extension)
    return serve_file(request, media.path(stem.file), FORMATS[stem.extension].mime, stem.sha256, name)


@router.api_operation(
    ["GET", "HEAD"], "/tracks/{track_id}/midi", openapi_extra=FILE, summary="Download the notes (MIDI)"
)
def get_midi(request: HttpRequest, track_id: str) -> HttpResponseBase:
    track = find(request, track_id)
    notes = composer_stems.notes(track)
    if notes is None:
        raise Problem(404, "This track has no notes yet. Create its stems first.")
    file = media.path(notes.file)
    return serve_file(request, file, "audio/midi", file.stem, file_name(track.title, bpm=track.bpm, key="", ext="mid"))
