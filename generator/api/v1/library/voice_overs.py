"""Voice-overs: speech that a track is turned down under by the step `duck` of a recipe. Kept for 24 hours."""

import datetime as dt

from django.http import HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.schemas import Ref
from generator.models import VoiceOver
from generator.services.finishing import voice_overs
from generator.services.library.references import MAX_UPLOAD_BYTES

router = Router(tags=["Library"])
Upload = File(..., description=f"MP3, M4A, WAV, FLAC or OGG, at most {MAX_UPLOAD_BYTES // 1_000_000} MB.")


class VoiceOverIn(Schema):
    project: str = Field("", max_length=16, description="Empty: the default project of the key.")


class VoiceOverOut(Schema):
    voice: str = Field(description="The `voice` of the step `duck`, for tracks of this project.")
    project: Ref
    name: str
    expires_at: dt.datetime = Field(description="Then it is deleted, with the mixes that contain it.")


def voice_over_out(row: VoiceOver) -> VoiceOverOut:
    return VoiceOverOut(
        voice=row.sha256,
        project=row.project.public_id,
        name=row.name,
        expires_at=row.created_at + voice_overs.KEPT_FOR,
    )


@router.post("/voice-overs", response=VoiceOverOut, summary="Upload a voice-over")
def create_voice_over(request: HttpRequest, ask: Form[VoiceOverIn], file: UploadedFile = Upload) -> VoiceOverOut:
    """Keep a recording for 24 hours. The same file again begins its day anew."""
    user = user_of(request)
    project = project_of(user, ask.project)
    must_edit(user, project)
    row = voice_overs.store(user, project, file.name or "", file.chunks(), field="file")
    return voice_over_out(row)
