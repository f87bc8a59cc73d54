"""The library: searched as on the page, heard, fetched in any format and loudness, kept in order, taken apart."""

from pathlib import Path

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from generator import access, workflow
from generator.api import outputs
from generator.api.contract import file_of
from generator.api.v1 import schemas, shown
from generator.api.v1.caller import caller, must_edit, project_of
from generator.api.v1.generations import Once, place, show
from generator.api.v1.pages import MOST, USUAL, Page
from generator.api.v1.problems import Problem
from generator.audio import FORMATS, disposition, file_name
from generator.models import Generation, Stem, Track, User
from generator.models.track import TrackQuerySet
from generator.web.facets import KINDS
from generator.web.files import name_of, serve
from generator.web.filters import SORTS, LibraryFilter, is_cursor
from generator.workflow.throttle import TooOften

router = Router(tags=["Library"])
LIKELY = 2  # seconds after which a file that is being made is likely to be there


class Search(Schema):
    """The library page's own filters."""

    q: str = Field("", max_length=200, description="Words, or beginnings of words, in any spelling.")
    project: str = Field("", max_length=16, description="Empty: every project this key opens.")
    sort: str = Field("newest", description=f"One of {', '.join(SORTS)}.")
    starred: str = Field("", description="1")
    status: str = Field("", description="approved, draft")
    model: str = Field("", max_length=120)
    author: str = Field("", max_length=18)
    tag: str = Field("", max_length=40)
    length: str = Field("", description="short, medium, long")
    tempo: str = Field("", description="slow, middle, fast")
    key: str = Field("", max_length=12, description="Such as “A minor”.")
    findings: str = Field("", description="1")
    binned: bool = Field(False, description="What is in the bin instead.")
    limit: int = Field(USUAL, ge=1, le=MOST)
    cursor: str = Field("", max_length=500, description="The `next` of the page before.")


@router.get("/tracks", response=Page[schemas.TrackOut], summary="Search the library")
def list_tracks(request: HttpRequest, wanted: Query[Search]):
    user, base = caller(request), outputs.base_url(request)
    tracks = access.library(user, project_of(user, wanted.project)) if wanted.project else access.tracks(user)
    found = _filter(request, wanted).page(
        tracks.binned() if wanted.binned else tracks.kept(), shown.with_all(Track.objects.all(), user)
    )
    following = QueryDict(found.next_query).get("after") if found.next_query else None
    return {"items": [shown.track(row, base) for row in found.tracks], "next": following}


def _filter(request: HttpRequest, wanted: Search) -> LibraryFilter:
    """The page's filter; where the page overlooks what it does not know, a program is told.

    Raises:
        Problem: no such sort, value or cursor.
    """
    query = QueryDict(mutable=True)
    query.update({name: getattr(wanted, name) for name in ("q", "sort", *KINDS)} | {"after": wanted.cursor})
    asked = LibraryFilter(query, caller(request))
    asked.rows = wanted.limit
    if wanted.sort not in SORTS:
        raise Problem(422, f"Sort by one of {', '.join(SORTS)}.", "sort")
    if wanted.cursor and not is_cursor(wanted.cursor, wanted.sort):
        raise Problem(422, "This cursor is none of this order. Begin without one.", "cursor")
    for name, value in asked.chosen.items():
        if KINDS[name].condition(value, caller(request)) is None:
            raise Problem(422, f"{KINDS[name].title}: there is no “{value[:40]}”.", name)
    return asked


def find(request: HttpRequest, ref: str, *, even_blind: bool = False) -> Track:
    """A track this key hears, with everything that is shown of it.

    `even_blind`: nothing that is answered tells which model a candidate is of.

    Raises:
        Problem: there is none, or it is a candidate of a comparison that is still blind.
    """
    user = caller(request)
    found = shown.with_all(access.tracks(user), user).filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such track for this key.")
    if found.generation.is_blind and not even_blind:
        raise Problem(
            409, "It is a candidate of a blind comparison, and this would tell of which model. Pick or reveal."
        )
    return found


def mine(request: HttpRequest, ref: str, *, even_blind: bool = False) -> tuple[Track, TrackQuerySet]:
    """A track this key may change, and the queryset of it alone.

    Raises:
        Problem: there is none, or it may only be heard.
    """
    track = find(request, ref, even_blind=even_blind)
    must_edit(caller(request), track.project)
    return track, access.editable_tracks(caller(request)).filter(pk=track.pk)


def show_track(request: HttpRequest, ref: str) -> schemas.TrackOut:
    return shown.track(find(request, ref, even_blind=True), outputs.base_url(request))


@router.get("/tracks/{track_id}", response=schemas.TrackOut, summary="One track")
def get_track(request: HttpRequest, track_id: str):
    return show_track(request, track_id)


@router.patch("/tracks/{track_id}", response=schemas.TrackOut, summary="Rename, note, tag, star, keep private")
def change_track(request: HttpRequest, track_id: str, ask: schemas.TrackChange):
    user = caller(request)
    with transaction.atomic():
        if any(value is not None for name, value in ask.model_dump().items() if name != "starred"):
            track, one = mine(request, track_id, even_blind=True)
            _write(track, one, ask, user)
        if ask.starred is not None:
            workflow.library.star(
                access.tracks(user).filter(pk=find(request, track_id, even_blind=True).pk), user, ask.starred
            )
    return show_track(request, track_id)


def _write(track: Track, one: TrackQuerySet, ask: schemas.TrackChange, user: User) -> None:
    if ask.title is not None:
        workflow.library.rename(track, ask.title)
    if ask.notes is not None:
        workflow.library.annotate(track, ask.notes)
    if ask.tag is not None:
        workflow.library.tag(one, ask.tag)
    if ask.untag is not None:
        workflow.library.untag(one, ask.untag)
    if ask.private is not None:
        (workflow.sharing.keep_private if ask.private else workflow.sharing.show_project)(track, user)


@router.post("/tracks/{track_id}/bin", response=schemas.TrackOut, summary="Throw away, for now")
def bin_track(request: HttpRequest, track_id: str):
    _, one = mine(request, track_id, even_blind=True)
    workflow.library.bin_tracks(one, caller(request))
    return show_track(request, track_id)


@router.post("/tracks/{track_id}/restore", response=schemas.TrackOut, summary="Fetch back from the bin")
def restore_track(request: HttpRequest, track_id: str):
    _, one = mine(request, track_id, even_blind=True)
    workflow.library.restore(one)
    return show_track(request, track_id)


@router.delete("/tracks/{track_id}", response={204: None}, summary="Delete for good what is in the bin")
def delete_track(request: HttpRequest, track_id: str):
    """The track and its files. What was spent on it stays in the ledger."""
    user, track = caller(request), find(request, track_id, even_blind=True)
    if not access.can_manage(user, track.project):
        raise Problem(403, "Owners delete for good, with a key that may manage.")
    if not workflow.library.delete_for_good(access.tracks(user).filter(pk=track.pk)):
        raise Problem(409, "Only what is in the bin is deleted for good. Put it there first.")
    return Status(204, None)


@router.post("/tracks/{track_id}/versions", response={201: schemas.GenerationOut}, summary="Again, but …")
def create_version(request: HttpRequest, track_id: str, ask: schemas.VersionAsk, idempotency_key: str | None = Once):
    """Another version of a composed track: “10 % slower”, “without drums”. Free."""
    user, (track, _) = caller(request), mine(request, track_id, even_blind=True)

    def make(key: str) -> Generation:
        return workflow.versions.make(user, track, ask.change, key)

    about = ["version", track.ref, ask.change]
    return Status(201, show(request, place(user, idempotency_key, about, make)))


# --- files ---

FILE = file_of("audio/*", "The file; ranges are answered with 206.")
_COVER = file_of("image/webp", "The picture.")


def served(request: HttpRequest, file: Path, mime: str, tag: str, name: str = "") -> HttpResponseBase:
    """A file, whole or by ranges; `name`: as a download of that name.

    Raises:
        Problem: it is not on the disk.
    """
    if not file.is_file():
        raise Problem(404, "This file is missing from the studio's disk.")
    reply = serve(request, file, mime, tag)
    named = disposition(name) if name and reply.status_code < 300 else None
    if named:
        reply.headers["Content-Disposition"] = named
    return reply


@router.api_operation(["GET", "HEAD"], "/tracks/{track_id}/audio", openapi_extra=FILE, summary="The original")
def get_audio(request: HttpRequest, track_id: str):
    track = find(request, track_id, even_blind=True)
    return served(request, workflow.renditions.original(track), FORMATS[track.format].mime, track.sha256)


@router.api_operation(["GET", "HEAD"], "/tracks/{track_id}/cover", openapi_extra=_COVER, summary="The picture, WebP")
def get_cover(request: HttpRequest, track_id: str):
    track = find(request, track_id)
    file = workflow.media.path(track.cover)
    return served(request, file, "image/webp", file.stem)


@router.api_operation(
    ["GET", "HEAD"],
    "/tracks/{track_id}/download",
    response={202: schemas.BeingMade},
    openapi_extra=FILE,
    summary="In a format and at a loudness",
)
def download(
    request: HttpRequest,
    response: HttpResponse,
    track_id: str,
    format: str = Query("mp3", max_length=10, description=f"One of {', '.join(FORMATS)}."),
    lufs: float | None = Query(
        None, ge=-30, le=-9, multiple_of=0.5, description="Integrated loudness in steps of 0.5; empty: as it was made."
    ),
):
    """The file under a good name. While it is being made: 202, with `Location` and `Retry-After`."""
    track = find(request, track_id)
    try:
        file = workflow.renditions.ready(track, format, lufs)
    except workflow.Refused as refused:
        raise Problem(422, refused.sentence, "format" if format not in FORMATS else "lufs") from refused
    if file is None and not workflow.media.path(track.file).is_file():
        raise Problem(404, "This file is missing from the studio's disk.")
    if file is None:
        try:
            workflow.renditions.ask(track, format, lufs, by=caller(request))
        except TooOften:
            raise
        except workflow.Refused as refused:
            raise Problem(422, refused.sentence, "format") from refused
        response.headers["Location"] = request.get_full_path()
        response.headers["Retry-After"] = str(LIKELY)
        detail = f"The {FORMATS[format].title} is being made."
        return Status(202, {"detail": detail, "location": request.get_full_path(), "retry_after_s": LIKELY})
    return served(request, file, FORMATS[format].mime, file.stem, name_of(track, format, lufs))


# --- parts ---


def _stems(request: HttpRequest, track: Track) -> schemas.StemsOut:
    waits = workflow.parts.outlook(track).waits
    notes = workflow.parts.notes(track)
    base = outputs.base_url(request)
    stems = [] if waits else list(track.stems.all())
    return schemas.StemsOut(
        stems=[_stem(stem, base) for stem in stems],
        midi_url=base + reverse("api:v1:get_midi", args=[track.ref]) if notes and not waits else None,
        can_be_made=notes is None and not waits and workflow.parts.can(track),
        under_way=waits,
    )


def _stem(stem: Stem, base: str) -> schemas.StemOut:
    address = base + reverse("api:v1:get_stem_audio", args=[stem.ref])
    return schemas.StemOut(
        id=stem.ref, title=stem.title, length_s=stem.length_ms / 1000, size=stem.size, audio_url=address
    )


@router.get("/tracks/{track_id}/stems", response=schemas.StemsOut, summary="The parts of a track")
def get_stems(request: HttpRequest, track_id: str):
    return _stems(request, find(request, track_id))


@router.post("/tracks/{track_id}/stems", response={202: schemas.StemsOut}, summary="Take a composed track apart")
def make_stems(request: HttpRequest, track_id: str):
    """Every player as FLAC, and the notes as MIDI. Free; look again in a few seconds."""
    track, _ = mine(request, track_id)
    if not workflow.parts.can(track):
        raise workflow.Refused("Only what the built-in composer made comes apart for nothing.")
    workflow.parts.ask(track, caller(request))
    return Status(202, _stems(request, track))


@router.api_operation(["GET", "HEAD"], "/stems/{stem_id}/audio", openapi_extra=FILE, summary="One part")
def get_stem_audio(request: HttpRequest, stem_id: str):
    stem = access.stems(caller(request)).select_related("track").filter(ref=stem_id).first()
    if stem is None:
        raise Problem(404, "There is no such part for this key.")
    name = file_name(f"{stem.track.title} {stem.title}", bpm=None, key="", take=None, ext=stem.extension)
    return served(request, workflow.media.path(stem.file), FORMATS[stem.extension].mime, stem.sha256, name)


@router.api_operation(["GET", "HEAD"], "/tracks/{track_id}/midi", openapi_extra=FILE, summary="The notes")
def get_midi(request: HttpRequest, track_id: str):
    track = find(request, track_id)
    notes = workflow.parts.notes(track)
    if notes is None:
        raise Problem(404, "The notes of this track were not made; ask for its stems.")
    file = workflow.media.path(notes.file)
    return served(request, file, "audio/midi", file.stem, file_name(track.title, bpm=track.bpm, key="", ext="mid"))
