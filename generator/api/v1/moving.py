"""Tracks between projects: moved and copied."""

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import ConfigDict, Field

from generator import workflow
from generator.api.v1 import schemas
from generator.api.v1.caller import caller, must_edit, project_of
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Strict
from generator.api.v1.tracks import mine, show_track
from generator.models import Project, Track, TrackCopy
from generator.models.track import TrackQuerySet

router = Router(tags=["Library"])


class TargetAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"project": "4n8Kk2f0Qw3xZb1R"}]})
    project: str = Field(min_length=1, max_length=16, description="Where to; one you may make music in.")


def _both(request: HttpRequest, track_id: str, ask: TargetAsk) -> tuple[Track, TrackQuerySet, Project]:
    """The track and where it is to go, both of them this key's to change."""
    track, one = mine(request, track_id)
    target = project_of(caller(request), ask.project)
    must_edit(caller(request), target)
    if track.project_id == target.pk:
        raise Problem(422, "It is in that project already.", "project")
    if track.binned_at:
        raise Problem(409, "It is in the bin. Restore it first.")
    return track, one, target


@router.post("/tracks/{track_id}/move", response=schemas.TrackOut, summary="Into another project")
def move_track(request: HttpRequest, track_id: str, ask: TargetAsk):
    """It goes with its tags, comments and links, as a draft. What it cost stays with the project that paid."""
    _, one, target = _both(request, track_id, ask)
    workflow.moving.move(one, target, caller(request))
    return show_track(request, track_id)


@router.post("/tracks/{track_id}/copy", response={201: schemas.TrackOut}, summary="A copy in another project")
def copy_track(request: HttpRequest, track_id: str, ask: TargetAsk):
    """A second track over the same files; free."""
    user = caller(request)
    track, one, target = _both(request, track_id, ask)
    with transaction.atomic():
        workflow.moving.copy(one, target, user)
        made = TrackCopy.objects.filter(source=track, track__project=target, copied_by=user).latest("track_id")
    return Status(201, show_track(request, made.track.ref))
