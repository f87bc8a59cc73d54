"""Addresses of uploads and of a track's stems that need no key and expire after a week.

Both end earlier with the key that they were given to, as those of `generator.api.signed_files` do.
An upload is served as the MP3 that a worker has made of it; undecoded bytes are never served.
"""

import re
import time

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from generator import permissions
from generator.api.compat.wavespeed.endpoint import Problem, release_worker_slot
from generator.api.signed_files import SHARED, URL_LIFETIME, tracks_for, visibility_of
from generator.audio import FORMATS
from generator.http.connection_slots import holder_of
from generator.http.file_responses import serve
from generator.models import Reference, Stem, Track, Upload
from generator.services.library import media
from generator.services.team import api_keys

READ_TIMEOUT_S = 25.0  # seconds that a request waits for the worker that reads an upload
PUBLIC_READ_TIMEOUT_S = 2.0  # the same, for requests without a key
POLL_INTERVAL_S = 0.2
_uploads = TimestampSigner(salt="wavespeed.upload", sep="~")
_stems = TimestampSigner(salt="wavespeed.stem", sep="~")
_UPLOAD = re.compile(r"/api/v[23]/media/files/([A-Za-z0-9_-]{16}~[^/?#]+)/")


def upload_url(upload: Upload, base: str) -> str:
    return base + reverse("api:wavespeed-file", args=[_uploads.sign(upload.public_id), "sound.mp3"])


def stem_url(stem: Stem, base: str, recipient: str) -> str:
    """Return the signed address of a stem; `recipient` comes from `signed_files.recipient_of`."""
    signed = _stems.sign(f"{stem.public_id}~{recipient}~{visibility_of(stem.track)}")
    return base + reverse("api:wavespeed-stem", args=[signed, f"{stem.public_id}.{stem.extension}"])


def upload_at(address: str) -> Upload | None:
    """Return the upload behind an address of `upload_url`, whatever its host; None if it is unknown or has expired."""
    match = _UPLOAD.search(address)
    try:
        public_id = _uploads.unsign(match[1], max_age=URL_LIFETIME) if match else ""
    except BadSignature:
        return None
    return Upload.objects.filter(public_id=public_id).select_related("reference", "project", "key").first()


def wait_until_read(reference: Reference, seconds: float | None = None) -> Reference:
    """Return the reference once a worker has read it, or unread after the time limit or if no wait slot is free."""
    deadline = time.monotonic() + (READ_TIMEOUT_S if seconds is None else seconds)
    while reference.is_checking and time.monotonic() < deadline:
        with release_worker_slot() as is_released:
            if not is_released:
                break
            time.sleep(POLL_INTERVAL_S)
        reference = Reference.objects.select_related("project").get(pk=reference.pk)
    return reference


def uploaded(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """GET: an upload, as MP3."""
    upload = upload_at(request.path)
    if upload is None or upload.reference is None or upload.reference.trashed_at:
        raise Problem(404, "There is no such file, or its upload has not arrived yet.")
    holder = _check_access(upload, upload.reference)
    reference = wait_until_read(upload.reference, PUBLIC_READ_TIMEOUT_S)
    if reference.is_checking:
        raise Problem(503, "The upload is still being processed. Try again in a moment.", **{"Retry-After": "2"})
    if reference.problem:
        raise Problem(404, f"The upload cannot be used. {reference.problem}")
    return _serve(request, reference.file, "audio/mpeg", reference.sha256, holder)


def _check_access(upload: Upload, reference: Reference) -> str:
    """Return whose slots an upload's file counts against; raise Problem if its key no longer has access."""
    person = api_keys.user_for_key(upload.key.public_id)
    if person is None or not permissions.references(person).filter(pk=reference.pk).exists():
        raise Problem(404, "There is no such file.")
    return holder_of(person)


def stem(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """GET: one stem of a track, in its original format."""
    try:
        public_id, recipient, visibility = _stems.unsign(address, max_age=URL_LIFETIME).split("~")
    except (BadSignature, ValueError):
        public_id = recipient = visibility = ""
    available = Stem.objects.filter(track__trashed_at=None, track__project__archived_at=None)
    record = available.filter(public_id=public_id).select_related("track__author").first()
    tracks, holder = tracks_for(recipient, record.track.author) if record else (Track.objects.none(), "")
    tracks = tracks.filter(privacy=None) if visibility == SHARED else tracks
    if record is None or not tracks.filter(pk=record.track_id).exists():
        raise Problem(404, "There is no such file.")
    mime = next(
        (format.mime for format in FORMATS.values() if format.extension == record.extension), "application/octet-stream"
    )
    return _serve(request, record.file, mime, record.sha256, holder)


def _serve(request: HttpRequest, name: str, mime: str, tag: str, holder: str) -> HttpResponseBase:
    file = media.path(name)
    if not file.is_file():
        raise Problem(404, "This file is missing from the studio’s disk.")
    reply = serve(request, file, mime, tag, holder)
    reply["Cache-Control"] = "private, no-cache"  # a cached copy would keep playing after the address has expired
    return reply
