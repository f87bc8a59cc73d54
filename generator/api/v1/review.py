"""What people say about a track: comments pinned to a time, and whether it is approved for use."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import access, workflow
from generator.api.v1 import schemas
from generator.api.v1.caller import caller
from generator.api.v1.pages import Page, Wanted, page
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.api.v1.tracks import find, show_track
from generator.models import Comment

router = Router(tags=["Review"])
DAY = 86_400


class CommentAsk(Strict):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"at_s": 12.5, "text": "Louder here"}]})
    at_s: float = Field(0, ge=0, le=DAY, description="Where in the track, in seconds.")
    text: str = Field(max_length=20_000)


class CommentChange(Strict):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"resolved": True}]})
    text: str | None = Field(None, max_length=20_000, description="Its author's to change.")
    resolved: bool | None = Field(None, description="Dealt with; its author's and every editor's to say.")


class CommentOut(Schema):
    id: Ref
    track: Ref
    author: str
    at_s: float
    text: str
    created_at: dt.datetime
    edited_at: dt.datetime | None
    resolved_at: dt.datetime | None
    resolved_by: str | None


def _shown(row: Comment) -> CommentOut:
    return CommentOut(
        id=row.ref,
        track=row.track.ref,
        author=row.author.label,
        at_s=row.at_ms / 1000,
        text=row.text,
        created_at=row.created_at,
        edited_at=row.edited_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by.label if row.resolved_by else None,
    )


def _one(request: HttpRequest, ref: str, theirs: QuerySet[Comment] | None = None) -> Comment:
    """A comment this key sees, or one of `theirs`.

    Raises:
        Problem: there is none, or it is somebody else's to change.
    """
    rows = access.comments(caller(request)).select_related("track__project", "author", "resolved_by")
    found = rows.filter(ref=ref).first()
    if found is None:
        raise Problem(404, "There is no such comment for this key.")
    if theirs is not None and not theirs.filter(pk=found.pk).exists():
        raise Problem(403, f"This comment is {found.author.label}’s.")
    return found


@router.get("/tracks/{track_id}/comments", response=Page[CommentOut], summary="Comments on a track, the newest first")
def list_comments(request: HttpRequest, track_id: str, wanted: Query[Wanted]):
    rows = find(request, track_id).comments.select_related("track", "author", "resolved_by")
    return page(rows, wanted, _shown)


@router.post("/tracks/{track_id}/comments", response={201: CommentOut}, summary="Say something about a moment")
def create_comment(request: HttpRequest, track_id: str, ask: CommentAsk):
    """Whoever hears a track may comment on it, with any key."""
    track = find(request, track_id)
    try:
        said = workflow.review.comment(track, caller(request), round(ask.at_s * 1000), ask.text)
    except workflow.Refused as refused:
        raise Problem(422, refused.sentence, "at_s" if refused.field == "at" else refused.field) from refused
    return Status(201, _shown(said))


@router.get("/comments/{comment_id}", response=CommentOut, summary="One comment")
def get_comment(request: HttpRequest, comment_id: str):
    return _shown(_one(request, comment_id))


@router.patch("/comments/{comment_id}", response=CommentOut, summary="Reword, resolve, open again")
def change_comment(request: HttpRequest, comment_id: str, ask: CommentChange):
    user = caller(request)
    _one(request, comment_id)
    with transaction.atomic():
        if ask.text is not None:
            workflow.review.edit(_one(request, comment_id, access.own_comments(user)), ask.text)
        if ask.resolved is not None:
            said = _one(request, comment_id, access.resolvable_comments(user))
            workflow.review.resolve(said, user, ask.resolved)
    return _shown(_one(request, comment_id))


@router.delete("/comments/{comment_id}", response={204: None}, summary="Delete a comment")
def delete_comment(request: HttpRequest, comment_id: str):
    workflow.review.delete(_one(request, comment_id, access.deletable_comments(caller(request))))
    return Status(204, None)


# --- approved for use ---


def _must_approve(request: HttpRequest, track_id: str):
    track, user = find(request, track_id), caller(request)
    if not access.can_approve(user, track.project):
        raise Problem(403, f"{access.approvers_in_words(track.project)} tracks here, with a key that may manage.")
    return track


@router.post("/tracks/{track_id}/approval", response=schemas.TrackOut, summary="Approve for use")
def approve(request: HttpRequest, track_id: str):
    workflow.review.approve(_must_approve(request, track_id), caller(request))
    return show_track(request, track_id)


@router.delete("/tracks/{track_id}/approval", response=schemas.TrackOut, summary="Make it a draft again")
def withdraw_approval(request: HttpRequest, track_id: str):
    workflow.review.withdraw(_must_approve(request, track_id), caller(request))
    return show_track(request, track_id)
