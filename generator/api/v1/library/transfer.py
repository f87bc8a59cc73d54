"""Moving and copying tracks between projects."""

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import ConfigDict, Field

from generator.api.v1 import schemas
from generator.api.v1.auth import must_edit, project_of, user_of
from generator.api.v1.library.tracks import editable_track, show_track
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.models import Project, Track, TrackCopy
from generator.models.track import TrackQuerySet
from generator.services.library import transfer

router = Router(tags=["Library"])


class TargetProjectIn(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"project": "4n8Kk2f0Qw3xZb1R"}]})
    project: str = Field(min_length=1, max_length=16, description="The target project; you must be able to edit it.")


def _track_and_target(
    request: HttpRequest, track_id: str, ask: TargetProjectIn
) -> tuple[Track, TrackQuerySet, Project]:
    """Return the track and the target project, both of which this key may change."""
    track, track_rows = editable_track(request, track_id)
    target = project_of(user_of(request), ask.project)
    must_edit(user_of(request), target)
    if track.project_id == target.pk:
        raise Problem(422, "The track is already in that project.", "project")
    if track.trashed_at:
        raise Problem(409, "The track is in the trash. Restore it first.")
    return track, track_rows, target


@router.post("/tracks/{track_id}/move", response=schemas.TrackOut, summary="Move a track to another project")
def move_track(request: HttpRequest, track_id: str, ask: TargetProjectIn) -> schemas.TrackOut:
    """It keeps its tags, comments and share links, and becomes a draft. Its cost stays with the project that paid."""
    _, track_rows, target = _track_and_target(request, track_id, ask)
    transfer.move(track_rows, target, user_of(request))
    return show_track(request, track_id)


@router.post("/tracks/{track_id}/copy", response={201: schemas.TrackOut}, summary="Copy a track to another project")
def copy_track(request: HttpRequest, track_id: str, ask: TargetProjectIn) -> Status[schemas.TrackOut]:
    """A second track with the same files; free."""
    user = user_of(request)
    track, track_rows, target = _track_and_target(request, track_id, ask)
    with transaction.atomic():
        transfer.copy(track_rows, target, user)
        track_copy = TrackCopy.objects.filter(source=track, track__project=target, copied_by=user).latest("track_id")
    return Status(201, show_track(request, track_copy.track.public_id))
