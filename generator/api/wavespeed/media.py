"""Uploads, in the three ways that clients know; each sound becomes a reference of the project, read by a worker.

    POST media/uploads         {filename, size} ─► a signed address ─► PUT the bytes there, without a key
    POST media/upload/binary   multipart, field `file`
    POST upload, uploads       the same, older

All answer with a `download_url`, to be given to create-upload-id; it needs no key and ends after a week.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone

from generator import access, workflow
from generator.api.outputs import LASTS, base_url
from generator.api.wavespeed.files import upload_behind, upload_url
from generator.api.wavespeed.frame import Call, Problem, away, good, text, throttle, whole
from generator.models import ApiKey, Reference, Upload, User
from generator.workflow.references import MOST_UPLOAD

TICKET_LASTS = dt.timedelta(minutes=15)
KEPT_SECONDS = 60.0  # of a sound; no use of a reference takes more
CHUNK = 1 << 18
MOST_WAITING = 200  # tickets of one key that nothing was put to yet
_tickets = TimestampSigner(salt="wavespeed.put", sep="~")


# --- a ticket, and what is put there ---


def ticket(call: Call) -> dict[str, Any]:
    """POST media/uploads: where to put a file of so many bytes within the next quarter of an hour."""
    name = text(call.body, "filename", 1000)
    if not name:
        raise Problem(400, "filename is required.")
    size = whole(call.body, "size", 0, 0, 1 << 50)
    if size > MOST_UPLOAD:
        raise Problem(413, workflow.references.too_large())
    if not size:
        raise Problem(400, "size is required: the file's length in bytes.")
    kind = text(call.body, "content_type", 200) or "application/octet-stream"
    upload = _announced(call, name, size)
    place = call.base + reverse("api:wavespeed-put", args=[_tickets.sign(upload.ref)])
    instruction = {"method": "PUT", "url": place, "headers": {"Content-Type": kind}}
    return _told(upload, call.base) | {"upload": instruction}


def put(request: HttpRequest, address: str) -> JsonResponse:
    """PUT: the bytes a ticket was for. Until it ends, putting again replaces what was there."""
    try:
        ref = _tickets.unsign(address, max_age=TICKET_LASTS)
    except BadSignature:
        raise Problem(403, "This address has ended, or never was one. Ask for another at media/uploads.") from None
    upload = Upload.objects.select_related("key__user", "key__project", "project").filter(ref=ref).first()
    if upload is None:
        raise Problem(404, "There is no such upload.")
    throttle(request, upload.key)
    if int(request.headers.get("content-length") or 0) != upload.size:
        raise Problem(400, f"This address is for exactly {upload.size:,} bytes, with a Content-Length.")
    _filled(upload, _holder(upload), _read(request, upload.size))
    return good(_told(upload, base_url(request)))


def ticket_holder(named: Mapping[str, Any]) -> str:
    """Whose upload comes to an address that was handed out, before its bytes are read; empty: it is none, or over."""
    try:
        return f"ticket-{_tickets.unsign(named['address'], max_age=TICKET_LASTS)}"
    except BadSignature:
        return ""


def _holder(upload: Upload) -> User:
    """The person a ticket was made for, narrowed to its key as it is now."""
    user = upload.key.user
    user.acting_with = upload.key
    usable = ApiKey.objects.usable().filter(pk=upload.key_id).exists()
    if not usable or not access.can_edit(user, upload.project):
        raise Problem(403, "The key this upload was announced with may not do this any more.")
    return user


def _read(request: HttpRequest, size: int) -> Iterator[bytes]:
    left = size
    with away():
        while left:
            chunk = request.read(min(CHUNK, left))
            if not chunk:
                raise Problem(400, "The upload broke off before its end.")
            left -= len(chunk)
            yield chunk


# --- multipart ---


def binary(call: Call) -> dict[str, Any]:
    """POST media/upload/binary, upload and uploads: a form with a `file`."""
    if call.request.content_type != "multipart/form-data":
        raise Problem(415, "Send the sound as multipart/form-data with a field “file”.")
    _ = call.workshop
    with away():
        file = call.request.FILES.get("file")
    if "file" in getattr(call.request, "too_large", ()):
        raise Problem(413, workflow.references.too_large())
    if file is None:
        raise Problem(400, "There is no field “file” with a sound in it.")
    upload = _announced(call, file.name or "sound", file.size or 0)
    _filled(upload, call.user, file.chunks())
    told = _told(upload, call.base)
    return told | {"url": told["download_url"]}


# --- all ---


def reference_at(user: User, address: str) -> Reference | None:
    """The reference that came of an upload, for whoever may use it."""
    upload = upload_behind(address)
    if upload is None or upload.reference is None:
        return None
    return access.editable_references(user).kept().select_related("project").filter(pk=upload.reference.pk).first()


def forget() -> None:
    """Drop the rows of uploads whose addresses have ended; what came of them stays."""
    Upload.objects.filter(created_at__lt=timezone.now() - LASTS - TICKET_LASTS).delete()


def _announced(call: Call, name: str, size: int) -> Upload:
    waiting = Upload.objects.filter(key=call.key, reference=None, created_at__gt=timezone.now() - TICKET_LASTS)
    if waiting.count() >= MOST_WAITING:
        raise Problem(400, f"{MOST_WAITING} announced uploads of this key wait for their bytes already.")
    forget()
    short = name.replace("\\", "/").rpartition("/")[2][-200:] or "sound"
    return Upload.objects.create(key=call.key, project=call.workshop, name=short, size=size)


def _filled(upload: Upload, user: User, content: Iterable[bytes]) -> None:
    upload.reference = workflow.references.add(
        user, upload.project, name=upload.name, content=content, start=0.0, most=KEPT_SECONDS, field="file"
    )
    upload.save(update_fields=["reference"])


def _told(upload: Upload, base: str) -> dict[str, Any]:
    return {
        "type": "audio",
        "download_url": upload_url(upload, base),
        "filename": upload.name,
        "size": upload.size,
    }
