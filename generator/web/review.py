"""What people say about a track: approving it for use, and comments pinned to a time."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from generator import access, workflow
from generator.durations import parse_duration
from generator.models import Comment, Track
from generator.web.htmx import Request, client_event, wants_part


@dataclass(frozen=True)
class Shown:
    """A comment as its list shows it, with what this person may do to it."""

    comment: Comment
    number: int
    at: str  # where its pin is, in percent of the waveform
    may_edit: bool
    may_resolve: bool
    may_delete: bool


def context(request: Request, track: Track) -> dict:
    """What the track's page says of approval and comments."""
    user, project = request.user, track.project
    edits, owns = access.can_edit(user, project), access.can_manage(user, project)
    rows = track.comments.select_related("author", "resolved_by")
    shown = [
        Shown(row, number, f"{_percent(row.at_ms, track.length_ms):.2f}", row.author_id == user.pk,
              edits or row.author_id == user.pk, owns or row.author_id == user.pk)
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip
    return {
        "approval": workflow.review.approval_of(track),
        "may_approve": access.can_approve(user, project),
        "approvers": access.approvers_in_words(project),
        "comments": [one for one in shown if not one.comment.resolved_at],
        "resolved": [one for one in shown if one.comment.resolved_at],
        "most_comment": workflow.review.MOST_TEXT,
    }


def _percent(at_ms: int, length_ms: int) -> float:
    return min(100.0, 100 * at_ms / max(1, length_ms))


# --- approval ---


@login_required
@require_POST
def approve(request: Request, ref: str) -> HttpResponse:
    """Approve for use, or (with on=0) make it a draft again."""
    rows = access.tracks(request.user).select_related("project__approver", "generation__comparison")
    track = get_object_or_404(rows, ref=ref)
    on = request.POST.get("on") != "0"
    try:
        if on:
            workflow.review.approve(track, request.user)
        else:
            workflow.review.withdraw(track, request.user)
    except workflow.Refused as refused:
        return _approval(request, track, refused=refused)
    return _approval(request, track, "Approved for use." if on else "It is a draft again.")


def _approval(request: Request, track: Track, said: str = "", refused=None) -> HttpResponse:
    if not wants_part(request) and refused is None:
        messages.success(request, said)
        return redirect(track.get_absolute_url())
    shown = {"track": track, "project": track.project, "refused_approval": refused} | context(request, track)
    page = "tracks/_approval.html" if wants_part(request) else "tracks/approval.html"
    reply = render(request, page, shown, status=422 if refused else 200)
    return reply if refused else client_event(reply, "library-changed", toast=said)


# --- comments ---


def time_of(text: str) -> int:
    """Read a time as milliseconds: seconds, or m:ss.

    Raises:
        Refused: neither.
    """
    try:
        return round(1000 * parse_duration(text)) if text.strip() else 0
    except ValueError:
        raise workflow.Refused("Write the time as m:ss, such as 0:45, or in seconds.", "at") from None


@login_required
@require_GET
def comments(request: Request, ref: str) -> HttpResponse:
    return _comments(request, get_object_or_404(access.tracks(request.user).select_related("project"), ref=ref))


def _comments(request: Request, track: Track, refused=None) -> HttpResponse:
    """The comments of a track, as a part of its page or alone."""
    found = {"track": track, "project": track.project, "refused_comment": refused} | context(request, track)
    found["typed_comment"] = request.POST if refused else {}
    page = "tracks/_comments.html" if wants_part(request) else "tracks/comments.html"
    return render(request, page, found, status=422 if refused else 200)


def _said(request: Request, track: Track) -> HttpResponse:
    return _comments(request, track) if wants_part(request) else redirect(f"{track.get_absolute_url()}#comments")


def _one(request: Request, ref: str, rows) -> Comment:
    return get_object_or_404(rows.select_related("track__project"), ref=ref)


@login_required
@require_POST
def comment(request: Request, ref: str) -> HttpResponse:
    """Say something about a moment of a track; viewers may too."""
    track = get_object_or_404(access.tracks(request.user).select_related("project"), ref=ref)
    try:
        at_ms = time_of(request.POST.get("at", ""))
        workflow.review.comment(track, request.user, at_ms, request.POST.get("text", ""))
    except workflow.Refused as refused:
        return _comments(request, track, refused)
    return _said(request, track)


@login_required
@require_POST
def edit(request: Request, ref: str) -> HttpResponse:
    said = _one(request, ref, access.own_comments(request.user))
    try:
        workflow.review.edit(said, request.POST.get("text", ""))
    except workflow.Refused as refused:
        return _comments(request, said.track, refused)
    return _said(request, said.track)


@login_required
@require_POST
def resolve(request: Request, ref: str) -> HttpResponse:
    """Dealt with (or, with on=0, open again)."""
    said = _one(request, ref, access.resolvable_comments(request.user))
    workflow.review.resolve(said, request.user, request.POST.get("on") != "0")
    return _said(request, said.track)


@login_required
@require_POST
def delete(request: Request, ref: str) -> HttpResponse:
    said = _one(request, ref, access.deletable_comments(request.user))
    workflow.review.delete(said)
    return _said(request, said.track)
