"""Private bytes: audio with ranges, covers, downloads in any format, many as a zip. Each goes through access first."""

import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from generator import access, workflow
from generator.audio import FORMATS, disposition, file_name, unused_name
from generator.models import Project, Track
from generator.models.track import TrackQuerySet
from generator.web.htmx import Request
from generator.web.places import hold_as, holder_of
from generator.web.uploads import temporary_folder

ZIP_MOST_BYTES = 2_000_000_000
LEFT_OUT = "Not in this zip.txt"
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


def _track(request: Request, ref: str) -> Track:
    return get_object_or_404(
        access.tracks(request.user).select_related("generation", "project").defer("peaks", "measured"), ref=ref
    )


@login_required
@require_safe
def audio(request: Request, ref: str) -> HttpResponseBase:
    """The original, for the player: 206 with ranges."""
    track = _track(request, ref)
    return serve(request, workflow.renditions.original(track), FORMATS[track.format].mime, track.sha256)


@login_required
@require_safe
def cover(request: Request, ref: str) -> HttpResponseBase:
    track = _track(request, ref)
    return serve(request, workflow.media.path(track.cover), "image/webp", Path(track.cover).stem)


@login_required
@require_safe
def download(request: Request, ref: str, format: str) -> HttpResponseBase:
    """The track in a format, under a good name; 202 and a page that waits while it is being made.

    With `level=1` at the loudness of its project.
    """
    track = _track(request, ref)
    lufs = workflow.house.style_of(track.project).lufs if request.GET.get("level") == "1" else None
    try:
        file = workflow.renditions.ready(track, format, lufs)
        if file is None and not workflow.media.path(track.file).is_file():
            return _missing(request)
        if file is None:
            workflow.renditions.ask(track, format, lufs, by=request.user)
    except workflow.Refused as refused:
        return render(request, "errors/404.html", {"sentence": refused.sentence}, status=404)
    if file is None:
        waiting = {"track": track, "format": FORMATS[format], "project": track.project}
        wait = render(request, "tracks/preparing.html", waiting, status=202)
        wait["Refresh"] = "1"
        return wait
    reply: HttpResponseBase = serve(request, file, FORMATS[format].mime, file.stem)
    reply["Content-Disposition"] = disposition(name_of(track, format, lufs))
    return reply


def name_of(track: Track, format: str, lufs: float | None = None) -> str:
    """What a track's file is called; one at another loudness says so."""
    take = track.take if track.generation.takes_asked > 1 else None
    return file_name(
        track.title, bpm=track.bpm, key=track.musical_key, take=take, lufs=lufs, ext=FORMATS[format].extension
    )


# --- ranges: RFC 9110 §14 ---


def _missing(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/404.html", {"sentence": "This file is missing from the studio’s disk."}, status=404)


def serve(request: HttpRequest, file: Path, mime: str, tag: str, holder: str = "") -> HttpResponseBase:
    """A stored file with ranges, or the page that says it is missing; the caller has asked access.

    `holder`: whose share of the seats it takes; otherwise the person's who asks, or their address's.
    """
    if not file.is_file():
        return _missing(request)
    etag = f'"{tag}"'
    if {"*", etag} & {known.removeprefix("W/") for known in parse_etags(request.headers.get("if-none-match", ""))}:
        return _headed(HttpResponse(status=304), mime, etag)
    if settings.STUDIO_SENDFILE == "nginx":  # ranges, too: it has tags of its own, and compares them
        inner = file.relative_to(settings.MEDIA_ROOT).as_posix()
        return _headed(HttpResponse(headers={"X-Accel-Redirect": f"/media-internal/{inner}"}), mime, etag)
    size = file.stat().st_size
    first, last, status = 0, size - 1, 200
    asked = _RANGE.fullmatch(request.headers.get("range", "").strip()) if request.method == "GET" else None
    if asked and _makes_sense(asked) and request.headers.get("if-range", etag) == etag:
        span = _span(asked["first"], asked["last"], size)
        if span is None:
            refused = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
            return _headed(refused, mime, etag)
        first, last, status = *span, 206
    if request.method == "HEAD":
        return _headed(HttpResponse(headers={"Content-Length": str(size)}), mime, etag)
    hold_as(request, holder or _holder(request))
    reply = FileResponse(_Part(file, first, last - first + 1), status=status)
    reply["Content-Length"] = str(last - first + 1)
    if status == 206:
        reply["Content-Range"] = f"bytes {first}-{last}/{size}"
    return _headed(reply, mime, etag)


def _holder(request: HttpRequest) -> str:
    for person in (getattr(request, "auth", None), getattr(request, "user", None)):
        if person is not None and person.pk:
            return holder_of(person)
    try:
        return f"address-{get_adapter().get_client_ip(request)}"
    except PermissionDenied:  # none can be told, behind the proxies that are set up
        return f"address-{request.META.get('REMOTE_ADDR', '')}"


def _headed(reply: HttpResponseBase, mime: str, etag: str) -> HttpResponseBase:
    reply["Content-Type"] = mime
    reply["ETag"] = etag
    reply["Accept-Ranges"] = "bytes"
    reply["Cache-Control"] = "private, max-age=31536000, immutable"
    reply["X-Content-Type-Options"] = "nosniff"
    return reply


def _makes_sense(asked: re.Match[str]) -> bool:
    """Whether it is one plain range; anything else is as if it had not been asked, as the standard allows."""
    first, last = asked["first"], asked["last"]
    return int(first) <= int(last) if first and last else bool(first or last)


def _span(from_: str, to: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a range; None when the file has none of it."""
    first = int(from_) if from_ else max(0, size - int(to))
    last = min(int(to) if from_ and to else size - 1, size - 1)
    return (first, last) if first <= last else None


class _Part:
    """Some bytes of a file, to be read once."""

    def __init__(self, file: Path, first: int, length: int) -> None:
        self._source: IO[bytes] = file.open("rb")
        self._source.seek(first)
        self._left = length

    def read(self, most: int) -> bytes:
        piece = self._source.read(min(most, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._source.close()


# --- many ---


def zipped(tracks: TrackQuerySet, project: Project, left_out: Sequence[str] = ()) -> HttpResponseBase:
    """The main files of the picked tracks as one zip, stored as they are; names are made unique.

    `left_out`: sentences on what was picked and cannot be in it; they come along as a text, with those on lost files.

    Raises:
        Refused: there is nothing to put into it, or more than a zip may hold.
    """
    found, sentences = [], [*left_out]
    for track in tracks.select_related("generation__prompt").prefetch_related("renditions"):
        main = workflow.renditions.main_file(track)
        if workflow.media.path(main.name).is_file():
            found.append((track, main))
        else:
            sentences.append(f"“{track.title}” is missing from the studio’s disk.")
    size = sum(main.size for _, main in found)
    if size > ZIP_MOST_BYTES:
        limit = f"A zip holds at most {ZIP_MOST_BYTES / 1e9:g} GB"
        raise workflow.Refused(f"{limit}; these {len(found)} tracks are {size / 1e9:.1f} GB. Select fewer at a time.")
    if not found:
        raise workflow.Refused(" ".join(["There is nothing to put into a zip.", *sentences[:3]]))
    archive = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 (the response closes it)
    names = {LEFT_OUT}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for track, main in found:
            name = unused_name(name_of(track, main.format), names)
            names.add(name)
            out.write(workflow.media.path(main.name), name)
        if sentences:
            out.writestr(LEFT_OUT, "".join(f"{sentence}\n" for sentence in sentences))
    archive.seek(0)
    reply = FileResponse(archive, content_type="application/zip")
    reply["Content-Disposition"] = disposition(f"{project.slug}-{len(found)}-tracks.zip")
    return reply
