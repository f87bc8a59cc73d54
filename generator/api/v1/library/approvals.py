"""Feedback on a track: comments at a time in the track, and its approval for use."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from generator import permissions
from generator.api.v1 import schemas
from generator.api.v1.auth import user_of
from generator.api.v1.library.tracks import find, show_track
from generator.api.v1.pagination import Page, PageContent, PageQuery, page
from generator.api.v1.parsing import field_names
from generator.api.v1.problems import Problem
from generator.api.v1.schemas import Ref, Strict
from generator.models import Comment, Track
from generator.services.library import approvals

router = Router(tags=["Feedback"])
MAX_POSITION_S = 86_400


class CommentIn(Strict):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"position_s": 12.5, "text": "Louder here"}]}
    )
    position_s: float = Field(0, ge=0, le=MAX_POSITION_S, description="Position in the track, in seconds.")
    text: str = Field(max_length=20_000)


class CommentPatch(Strict):
    """Omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"resolved": True}]})
    text: str | None = Field(None, max_length=20_000, description="Only its author can change it.")
    resolved: bool | None = Field(None, description="Its author and every editor can change it.")


class CommentOut(Schema):
    id: Ref
    track: Ref
    author: str
    position_s: float
    text: str
    created_at: dt.datetime
    edited_at: dt.datetime | None
    resolved_at: dt.datetime | None
    resolved_by: str | None


def _comment_out(row: Comment) -> CommentOut:
    return CommentOut(
        id=row.public_id,
        track=row.track.public_id,
        author=row.author.label,
        position_s=row.at_ms / 1000,
        text=row.text,
        created_at=row.created_at,
        edited_at=row.edited_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by.label if row.resolved_by else None,
    )


def _find_comment(request: HttpRequest, public_id: str, changeable: QuerySet[Comment] | None = None) -> Comment:
    """Return a comment that this key may see; `changeable`: the comments that it may change.

    Raises:
        Problem: there is none, or it is not among `changeable`.
    """
    rows = permissions.comments(user_of(request)).select_related("track__project", "author", "resolved_by")
    comment = rows.filter(public_id=public_id).first()
    if comment is None:
        raise Problem(404, "Comment not found, or not accessible with this key.")
    if changeable is not None and not changeable.filter(pk=comment.pk).exists():
        raise Problem(403, f"This comment belongs to {comment.author.label}.")
    return comment


@router.get("/tracks/{track_id}/comments", response=Page[CommentOut], summary="List comments on a track, newest first")
def list_comments(request: HttpRequest, track_id: str, query: Query[PageQuery]) -> PageContent[CommentOut]:
    rows = find(request, track_id).comments.select_related("track", "author", "resolved_by")
    return page(rows, query, _comment_out)


@router.post("/tracks/{track_id}/comments", response={201: CommentOut}, summary="Comment on a track")
def create_comment(request: HttpRequest, track_id: str, ask: CommentIn) -> Status[CommentOut]:
    """Anyone with access to a track may comment on it, with a key of any scope."""
    track = find(request, track_id)
    with field_names({"at": "position_s"}):
        comment = approvals.comment(track, user_of(request), round(ask.position_s * 1000), ask.text)
    return Status(201, _comment_out(comment))


@router.get("/comments/{comment_id}", response=CommentOut, summary="Get a comment")
def get_comment(request: HttpRequest, comment_id: str) -> CommentOut:
    return _comment_out(_find_comment(request, comment_id))


@router.patch("/comments/{comment_id}", response=CommentOut, summary="Edit, resolve or reopen a comment")
def update_comment(request: HttpRequest, comment_id: str, ask: CommentPatch) -> CommentOut:
    user = user_of(request)
    _find_comment(request, comment_id)
    with transaction.atomic():
        if ask.text is not None:
            approvals.edit(_find_comment(request, comment_id, permissions.own_comments(user)), ask.text)
        if ask.resolved is not None:
            comment = _find_comment(request, comment_id, permissions.resolvable_comments(user))
            approvals.resolve(comment, user, ask.resolved)
    return _comment_out(_find_comment(request, comment_id))


@router.delete("/comments/{comment_id}", response={204: None}, summary="Delete a comment")
def delete_comment(request: HttpRequest, comment_id: str) -> Status[None]:
    approvals.delete(_find_comment(request, comment_id, permissions.deletable_comments(user_of(request))))
    return Status(204, None)


# --- approval ---


def _must_approve(request: HttpRequest, track_id: str) -> Track:
    track, user = find(request, track_id), user_of(request)
    if not permissions.can_approve(user, track.project):
        approvers = permissions.approvers_in_words(track.project)
        raise Problem(403, f"{approvers} tracks here, with a key of scope “manage”.")
    return track


@router.post("/tracks/{track_id}/approval", response=schemas.TrackOut, summary="Approve a track for use")
def approve(request: HttpRequest, track_id: str) -> schemas.TrackOut:
    approvals.approve(_must_approve(request, track_id), user_of(request))
    return show_track(request, track_id)


@router.delete("/tracks/{track_id}/approval", response=schemas.TrackOut, summary="Withdraw the approval of a track")
def withdraw_approval(request: HttpRequest, track_id: str) -> schemas.TrackOut:
    approvals.withdraw(_must_approve(request, track_id), user_of(request))
    return show_track(request, track_id)
