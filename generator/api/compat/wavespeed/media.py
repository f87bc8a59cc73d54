"""Uploads, in the three ways that clients know; each sound becomes a reference of the project, read by a worker.

    POST media/uploads         {filename, size} ─► a signed address ─► PUT the bytes there, without a key
    POST media/upload/binary   multipart, field `file`
    POST upload, uploads       the same, older

All return a `download_url` for create-upload-id; it needs no key and expires after a week.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils import timezone

from generator import permissions
from generator.api import throttling
from generator.api.compat.wavespeed.endpoint import Call, Problem, release_worker_slot, success, text, whole_number
from generator.api.compat.wavespeed.files import upload_at, upload_url
from generator.api.signed_files import URL_LIFETIME, base_url
from generator.models import ApiKey, Reference, Upload, User
from generator.services.library import references
from generator.services.library.references import MAX_UPLOAD_BYTES

TICKET_LIFETIME = dt.timedelta(minutes=15)
MAX_EXCERPT_S = 60.0  # kept of a sound; no use of a reference takes more
CHUNK_BYTES = 1 << 18
MAX_PENDING_UPLOADS = 200  # unused tickets per key
_tickets = TimestampSigner(salt="wavespeed.put", sep="~")


# --- tickets ---


def ticket(call: Call) -> dict[str, Any]:
    """POST media/uploads: where to put a file of the given size within the next 15 minutes."""
    name = text(call.body, "filename", 1000)
    if not name:
        raise Problem(400, "filename is required.")
    size = whole_number(call.body, "size", 0, 0, 1 << 50)
    if size > MAX_UPLOAD_BYTES:
        raise Problem(413, references.too_large())
    if not size:
        raise Problem(400, "size is required: the file size in bytes.")
    content_type = text(call.body, "content_type", 200) or "application/octet-stream"
    upload = _create_upload(call, name, size)
    put_url = call.base + reverse("api:wavespeed-put", args=[_tickets.sign(upload.public_id)])
    instruction = {"method": "PUT", "url": put_url, "headers": {"Content-Type": content_type}}
    return _upload_out(upload, call.base) | {"upload": instruction}


def put(request: HttpRequest, address: str) -> JsonResponse:
    """PUT: the bytes for a ticket. Until the ticket expires, another PUT replaces them."""
    try:
        public_id = _tickets.unsign(address, max_age=TICKET_LIFETIME)
    except BadSignature:
        raise Problem(
            403, "This upload address has expired or is invalid. Request a new one at media/uploads."
        ) from None
    upload = Upload.objects.select_related("key__user", "key__project", "project").filter(public_id=public_id).first()
    if upload is None:
        raise Problem(404, "There is no such upload.")
    throttling.count_request(request, upload.key)
    if int(request.headers.get("content-length") or 0) != upload.size:
        raise Problem(400, f"This address accepts exactly {upload.size:,} bytes, with a Content-Length header.")
    _store(upload, _holder(upload), _read(request, upload.size))
    return success(_upload_out(upload, base_url(request)))


def ticket_holder(arguments: Mapping[str, Any]) -> str:
    """Return whose upload uses a ticket, before its bytes are read; empty if the ticket is invalid or expired."""
    try:
        return f"ticket-{_tickets.unsign(arguments['address'], max_age=TICKET_LIFETIME)}"
    except BadSignature:
        return ""


def _holder(upload: Upload) -> User:
    """Return the user that a ticket was made for, narrowed to its key's present rights."""
    user = upload.key.user
    user.api_key = upload.key
    usable = ApiKey.objects.usable().filter(pk=upload.key_id).exists()
    if not usable or not permissions.can_edit(user, upload.project):
        raise Problem(403, "The key that requested this upload is no longer allowed to upload.")
    return user


def _read(request: HttpRequest, size: int) -> Iterator[bytes]:
    remaining = size
    with release_worker_slot():
        while remaining:
            chunk = request.read(min(CHUNK_BYTES, remaining))
            if not chunk:
                raise Problem(400, "The upload was interrupted. Send it again.")
            remaining -= len(chunk)
            yield chunk


# --- multipart ---


def binary(call: Call) -> dict[str, Any]:
    """POST media/upload/binary, upload and uploads: a form with a `file`."""
    if call.request.content_type != "multipart/form-data":
        raise Problem(415, "Send the audio as multipart/form-data in a field “file”.")
    _ = call.editable_project
    with release_worker_slot():
        file = call.request.FILES.get("file")
    if "file" in getattr(call.request, "too_large", ()):
        raise Problem(413, references.too_large())
    if file is None:
        raise Problem(400, "The field “file” with the audio is missing.")
    upload = _create_upload(call, file.name or "sound", file.size or 0)
    _store(upload, call.user, file.chunks())
    result = _upload_out(upload, call.base)
    return result | {"url": result["download_url"]}


# --- shared ---


def reference_at(user: User, address: str) -> Reference | None:
    """Return the reference made from an upload, if the user may edit it."""
    upload = upload_at(address)
    if upload is None or upload.reference is None:
        return None
    return permissions.editable_references(user).kept().select_related("project").filter(pk=upload.reference.pk).first()


def delete_expired() -> None:
    """Delete the rows of uploads whose addresses have expired; their references stay."""
    Upload.objects.filter(created_at__lt=timezone.now() - URL_LIFETIME - TICKET_LIFETIME).delete()


def _create_upload(call: Call, name: str, size: int) -> Upload:
    pending = Upload.objects.filter(key=call.key, reference=None, created_at__gt=timezone.now() - TICKET_LIFETIME)
    if pending.count() >= MAX_PENDING_UPLOADS:
        raise Problem(400, f"This key already has {MAX_PENDING_UPLOADS} unfinished uploads. Finish them first.")
    delete_expired()
    file_name = name.replace("\\", "/").rpartition("/")[2][-200:] or "sound"
    return Upload.objects.create(key=call.key, project=call.editable_project, name=file_name, size=size)


def _store(upload: Upload, user: User, content: Iterable[bytes]) -> None:
    upload.reference = references.add(
        user, upload.project, name=upload.name, content=content, start=0.0, max_s=MAX_EXCERPT_S, field="file"
    )
    upload.save(update_fields=["reference"])


def _upload_out(upload: Upload, base: str) -> dict[str, Any]:
    return {"type": "audio", "download_url": upload_url(upload, base), "filename": upload.name, "size": upload.size}
