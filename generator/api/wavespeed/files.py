"""Addresses of files that need no key and end after a week: what was uploaded, and the stems of a track.

Both end before that with the key that they were told to, as those of `generator.api.outputs` do.
An upload is served as the MP3 that a worker has made of it; bytes nobody has decoded are given to no one.
"""

import re
import time

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from generator import access, workflow
from generator.api.outputs import LASTS, SHARED, heard_by, seen_by
from generator.api.wavespeed.frame import Problem, away
from generator.audio import FORMATS
from generator.models import Reference, Stem, Track, Upload
from generator.web.files import serve
from generator.web.places import holder_of

READ_WITHIN = 10.0  # seconds a request waits for the worker that reads an upload
LOOK_FOR = 2.0  # the same, where nobody had to show a key
LOOK_EVERY = 0.2
_uploads = TimestampSigner(salt="wavespeed.upload", sep="~")
_stems = TimestampSigner(salt="wavespeed.stem", sep="~")
_UPLOAD = re.compile(r"/api/v[23]/media/files/([A-Za-z0-9_-]{16}~[^/?#]+)/")


def upload_url(upload: Upload, base: str) -> str:
    return base + reverse("api:wavespeed-file", args=[_uploads.sign(upload.ref), "sound.mp3"])


def stem_url(stem: Stem, base: str, told: str) -> str:
    """`told`: from `outputs.told_to`."""
    signed = _stems.sign(f"{stem.ref}~{told}~{seen_by(stem.track)}")
    return base + reverse("api:wavespeed-stem", args=[signed, f"{stem.ref}.{stem.extension}"])


def upload_behind(address: str) -> Upload | None:
    """The upload that an address of `upload_url` leads to, whatever host it names; None: none, or it has ended."""
    found = _UPLOAD.search(address)
    try:
        ref = _uploads.unsign(found[1], max_age=LASTS) if found else ""
    except BadSignature:
        return None
    return Upload.objects.filter(ref=ref).select_related("reference", "project", "key").first()


def read_by_now(reference: Reference, seconds: float | None = None) -> Reference:
    """The reference once a worker has read it, or as it is when the time is over, or where no seat is free to wait."""
    end = time.monotonic() + (READ_WITHIN if seconds is None else seconds)
    while reference.is_checking and time.monotonic() < end:
        with away() as left:
            if not left:
                break
            time.sleep(LOOK_EVERY)
        reference = Reference.objects.select_related("project").get(pk=reference.pk)
    return reference


def uploaded(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """GET: an upload, as MP3."""
    upload = upload_behind(request.path)
    if upload is None or upload.reference is None or upload.reference.binned_at:
        raise Problem(404, "There is no such file, or nothing has been uploaded there yet.")
    holder = _still_theirs(upload, upload.reference)
    reference = read_by_now(upload.reference, LOOK_FOR)
    if reference.is_checking:
        raise Problem(503, "The upload is still being read. Ask again in a moment.", **{"Retry-After": "2"})
    if reference.problem:
        raise Problem(404, f"The upload cannot be used. {reference.problem}")
    return _served(request, reference.file, "audio/mpeg", reference.sha256, holder)


def _still_theirs(upload: Upload, reference: Reference) -> str:
    """Whose share of the seats an upload's file takes; Raises Problem: its key does not open it any more."""
    person = workflow.keys.person_of(upload.key.ref)
    if person is None or not access.references(person).filter(pk=reference.pk).exists():
        raise Problem(404, "There is no such file.")
    return holder_of(person)


def stem(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """GET: one part of a track, in the format it came in."""
    try:
        ref, told, was = _stems.unsign(address, max_age=LASTS).split("~")
    except (BadSignature, ValueError):
        ref = told = was = ""
    open_ones = Stem.objects.filter(track__binned_at=None, track__project__archived_at=None)
    found = open_ones.filter(ref=ref).select_related("track__author").first()
    tracks, holder = heard_by(told, found.track.author) if found else (Track.objects.none(), "")
    tracks = tracks.filter(privacy=None) if was == SHARED else tracks
    if found is None or not tracks.filter(pk=found.track_id).exists():
        raise Problem(404, "There is no such file.")
    mime = next((one.mime for one in FORMATS.values() if one.extension == found.extension), "application/octet-stream")
    return _served(request, found.file, mime, found.sha256, holder)


def _served(request: HttpRequest, name: str, mime: str, tag: str, holder: str) -> HttpResponseBase:
    file = workflow.media.path(name)
    if not file.is_file():
        raise Problem(404, "This file is missing from the studio’s disk.")
    reply = serve(request, file, mime, tag, holder)
    reply["Cache-Control"] = "private, no-cache"  # a copy kept for long would go on playing after its end
    return reply
