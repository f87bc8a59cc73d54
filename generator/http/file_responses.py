"""File responses: stored files with ranges, generated files without; the download names of tracks."""

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from generator.audio import FORMATS, disposition, file_name
from generator.http import etags
from generator.http.connection_slots import hold_as, holder_of
from generator.http.uploads import temporary_folder
from generator.models import Track

_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})")


def name_of(track: Track, format: str, lufs: float | None = None) -> str:
    """Return the file name of a track; `lufs`, if given, is part of it."""
    take = track.take if track.generation.takes_requested > 1 else None
    return file_name(
        track.title, bpm=track.bpm, key=track.musical_key, take=take, lufs=lufs, ext=FORMATS[format].extension
    )


# --- ranges: RFC 9110 §14 ---


def missing(request: HttpRequest) -> HttpResponse:
    sentence = _("This file is missing from the studio’s disk. Ask an administrator to restore it from a backup.")
    return render(request, "errors/404.html", {"sentence": sentence}, status=404)


def serve(request: HttpRequest, file: Path, mime: str, tag: str, holder: str = "") -> HttpResponseBase:
    """Return a stored file, with range support, or a 404 page. The caller has checked access.

    `holder` is whose share of the stream slots the file uses; by default the user's, or else the client address's.
    """
    if not file.is_file():
        return missing(request)
    etag = f'"{tag}"'
    if etags.matches(request.headers.get("if-none-match", ""), etag):
        return _headed(HttpResponse(status=304), mime, etag)
    if settings.STUDIO_SENDFILE == "nginx":  # nginx handles ranges too, with ETags of its own
        inner = file.relative_to(settings.MEDIA_ROOT).as_posix()
        return _headed(HttpResponse(headers={"X-Accel-Redirect": f"/media-internal/{inner}"}), mime, etag)
    size = file.stat().st_size
    first, last, status = 0, size - 1, 200
    byte_range = _RANGE.fullmatch(request.headers.get("range", "").strip()) if request.method == "GET" else None
    if byte_range and _makes_sense(byte_range) and request.headers.get("if-range", etag) == etag:
        span = _span(byte_range["first"], byte_range["last"], size)
        if span is None:
            rejection = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
            return _headed(rejection, mime, etag)
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
    except PermissionDenied:  # the client's address cannot be determined behind the configured proxies
        return f"address-{request.META.get('REMOTE_ADDR', '')}"


def _headed(reply: HttpResponseBase, mime: str, etag: str) -> HttpResponseBase:
    reply["Content-Type"] = mime
    reply["ETag"] = etag
    reply["Accept-Ranges"] = "bytes"
    reply["Cache-Control"] = "private, max-age=31536000, immutable"
    reply["X-Content-Type-Options"] = "nosniff"
    return reply


def _makes_sense(byte_range: re.Match[str]) -> bool:
    """Return whether this is one valid range; any other Range header is ignored, as RFC 9110 allows."""
    first, last = byte_range["first"], byte_range["last"]
    return int(first) <= int(last) if first and last else bool(first or last)


def _span(from_: str, to: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte of a range, or None if it lies outside the file."""
    first = int(from_) if from_ else max(0, size - int(to))
    last = min(int(to) if from_ and to else size - 1, size - 1)
    return (first, last) if first <= last else None


class _Part:
    """A byte range of a file, readable once."""

    def __init__(self, file: Path, first: int, length: int) -> None:
        self._source: IO[bytes] = file.open("rb")
        self._source.seek(first)
        self._left = length

    def read(self, max_bytes: int) -> bytes:
        piece = self._source.read(min(max_bytes, self._left))
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._source.close()


# --- files generated for one response ---


def serve_made(request: HttpRequest, file: IO[bytes], mime: str, name: str) -> HttpResponseBase:
    """Return a file generated for this response alone, as a download; the response closes it.

    It has no ranges, because a second generation may differ. Like a stored file, it is sent from a stream slot.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    reply: HttpResponseBase
    if request.method == "HEAD":
        file.close()
        reply = HttpResponse()
    else:
        hold_as(request, _holder(request))
        reply = FileResponse(file)
    reply["Content-Type"], reply["Content-Length"] = mime, str(size)
    return not_resumed(reply, name)


def not_resumed(reply: HttpResponseBase, name: str) -> HttpResponseBase:
    """Mark a response as a download of that name without range support, and return it."""
    reply["Accept-Ranges"] = "none"
    reply["Content-Disposition"] = disposition(name)
    return reply


def as_csv(request: HttpRequest, rows: Iterable[str], name: str) -> HttpResponseBase:
    """Return rows as a CSV download, written to disk first so that a slow client holds no worker slot."""
    out = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 (the response closes it)
    out.writelines(row.encode() for row in rows)
    return serve_made(request, out, "text/csv; charset=utf-8", name)
