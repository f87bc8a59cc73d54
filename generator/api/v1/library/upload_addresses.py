"""Addresses to which one file is sent without a key: for agents, whose messages cannot carry a track.

POST upload-addresses   with a key: the file's name and what is stated ─► an address, valid for an hour
PUT  there              the bytes ─► the upload, as `GET uploads/ID` returns it; or the voice-over
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from generator.api import signed_files, throttling
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.library.uploads import add, upload_out
from generator.api.v1.library.voice_overs import voice_over_out
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.audio import MAX_AUDIO_BYTES
from generator.services.finishing import voice_overs
from generator.services.library.references import MAX_UPLOAD_BYTES
from generator.services.team import api_keys
from generator.services.uploads import facts, tickets
from generator.services.uploads.adding import Arrived

router = Router(tags=["Uploads"])
MAX_LICENSE_CHARS = 2_000  # in an address; a longer one is stated afterwards, with PATCH
CHUNK_BYTES = 1 << 18


class UploadAddressIn(Strict):
    """The fields of `POST /uploads`, without the file."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"file_name": "theme.wav", "source": "bought"}]}
    )
    file_name: str = Field(min_length=1, max_length=200, description="With its ending, such as theme.wav.")
    kind: Literal["track", "voice_over"] = Field("track", description="Nothing is stated about a voice-over.")
    project: str = Field("", max_length=16, description="Empty: the default project of the key.")
    title: str = Field("", max_length=200, description="Empty: the name of the file.")
    source: Literal["bought", "recorded", "tool", "other"] = "other"
    source_text: str = Field("", max_length=400, description="The shop, the session, the tool.")
    license_text: str = Field(
        "", max_length=MAX_LICENSE_CHARS, description="The terms; state longer ones with PATCH /uploads/ID."
    )
    credit: str = Field("", max_length=400, description="Its composer or author.")
    cost_usd: str = Field("", max_length=40, description="What it cost; “0” is allowed. Empty: not stated.")
    bought_on: str = Field("", max_length=10, description="YYYY-MM-DD; empty: not stated.")


class UploadAddressOut(Schema):
    url: str = Field(description="Accepts the bytes of the file, without a key.")
    method: Literal["PUT"]
    expires_at: dt.datetime
    max_bytes: int


@router.post("/upload-addresses", response=UploadAddressOut, summary="Get an address that takes a file without a key")
def create_upload_address(request: HttpRequest, ask: UploadAddressIn) -> UploadAddressOut:
    """Send the bytes there with PUT within an hour. The answer is the upload; poll it until `state` is `ready`.

    Of a voice-over it is what `POST /voice-overs` returns.
    """
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)
    if user.api_key is None:
        raise Problem(403, "Upload addresses are for API keys.")
    is_track = ask.kind == tickets.TRACK
    stated = ask.model_dump(include={*facts.FIELDS}) | {"cost": ask.cost_usd} if is_track else {}
    if is_track:
        facts.read_facts(stated)
    ticket = tickets.sign(user.api_key, project, ask.file_name, stated, ask.kind)
    return UploadAddressOut(
        url=signed_files.base_url(request) + reverse("api:upload-address", args=[ticket]),
        method="PUT",
        expires_at=timezone.now() + tickets.LIFETIME,
        max_bytes=MAX_AUDIO_BYTES if is_track else MAX_UPLOAD_BYTES,
    )


def receive(request: HttpRequest, address: str) -> HttpResponse:
    """PUT: take the file of a ticket. Raises Problem: the ticket is over, or its key has no access any more."""
    if request.method != "PUT":
        return HttpResponse(status=405, headers={"Allow": "PUT"})
    ticket = tickets.read(address)
    user = api_keys.user_for_key(ticket.key) if ticket else None
    if ticket is None or user is None or user.api_key is None or not user.is_active:
        raise Problem(403, "This upload address has expired, or its key was revoked. Request a new one.")
    throttling.count_request(request, user.api_key)
    project = project_of(user, ticket.project)
    must_edit(user, project)
    if ticket.kind == tickets.VOICE_OVER:
        voice = voice_overs.store(user, project, ticket.name, _chunks(request), field="file")
        return JsonResponse(voice_over_out(voice).model_dump(mode="json"))
    row = add(user, project, Arrived(ticket.name, _chunks(request)), facts.read_facts(ticket.stated))
    return JsonResponse(upload_out(row).model_dump(mode="json"), status=201)


def holder(arguments: Mapping[str, Any]) -> str:
    """Return whose upload uses an address, before its bytes are read; empty if it is not valid."""
    ticket = tickets.read(arguments["address"])
    return f"upload-{ticket.key}" if ticket else ""


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    while chunk := request.read(CHUNK_BYTES):
        yield chunk
