"""Addresses of files that need no key and end after a week: what was uploaded, and the stems of a track.

An upload is served as the MP3 that a worker has made of it; bytes nobody has decoded are given to no one.
"""

import re
import time

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from generator import workflow
from generator.api.outputs import LASTS
from generator.api.wavespeed.frame import Problem, away
from generator.audio import FORMATS
from generator.models import Reference, Stem, Upload
from generator.web.files import serve

READ_WITHIN = 10.0  # seconds a request waits for the worker that reads an upload
LOOK_FOR = 2.0  # the same, where nobody had to show a key
LOOK_EVERY = 0.2
_uploads = TimestampSigner(salt="wavespeed.upload", sep="~")
_stems = TimestampSigner(salt="wavespeed.stem", sep="~")
_UPLOAD = re.compile(r"/api/v[23]/media/files/([A-Za-z0-9_-]{16}~[^/?#]+)/")


def upload_url(upload: Upload, base: str) -> str:
    return base + reverse("api:wavespeed-file", args=[_uploads.sign(upload.ref), "sound.mp3"])


def stem_url(stem: Stem, base: str) -> str:
    return base + reverse("api:wavespeed-stem", args=[_stems.sign(stem.ref), f"{stem.ref}.{stem.extension}"])


def upload_behind(address: str) -> Upload | None:
    """The upload that an address of `upload_url` leads to, whatever host it names; None: none, or it has ended."""
    found = _UPLOAD.search(address)
    try:
        ref = _uploads.unsign(found[1], max_age=LASTS) if found else ""
    except BadSignature:
        return None
    return Upload.objects.filter(ref=ref).select_related("reference", "project").first()


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
    reference = read_by_now(upload.reference, LOOK_FOR)
    if reference.is_checking:
        raise Problem(503, "The upload is still being read. Ask again in a moment.", **{"Retry-After": "2"})
    if reference.problem:
        raise Problem(404, f"The upload cannot be used. {reference.problem}")
    return _served(request, reference.file, "audio/mpeg", reference.sha256)


def stem(request: HttpRequest, address: str, name: str) -> HttpResponseBase:
    """GET: one part of a track, in the format it came in."""
    try:
        ref = _stems.unsign(address, max_age=LASTS)
    except BadSignature:
        ref = ""
    open_ones = Stem.objects.filter(track__binned_at=None, track__project__archived_at=None)
    found = open_ones.filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such file.")
    mime = next((one.mime for one in FORMATS.values() if one.extension == found.extension), "application/octet-stream")
    return _served(request, found.file, mime, found.sha256)


def _served(request: HttpRequest, name: str, mime: str, tag: str) -> HttpResponseBase:
    file = workflow.media.path(name)
    if not file.is_file():
        raise Problem(404, "This file is missing from the studio’s disk.")
    return serve(request, file, mime, tag)
