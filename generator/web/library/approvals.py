"""Approval of tracks, and comments at a time in a track."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from generator import permissions
from generator.durations import parse_duration
from generator.models import Comment, Track
from generator.services.errors import UserError
from generator.services.library import approvals
from generator.web.site.htmx import Request, client_event, wants_part


@dataclass(frozen=True)
class Shown:
    """A comment in the list, with the user's permissions for it."""

    comment: Comment
    number: int
    at: str  # position of its pin, in percent of the waveform
    may_edit: bool
    may_resolve: bool
    may_delete: bool


def context(request: Request, track: Track) -> dict[str, Any]:
    """Return the context of a track's approval and comments."""
    user, project = request.user, track.project
    may_edit, may_manage = permissions.can_edit(user, project), permissions.can_manage(user, project)
    rows = track.comments.select_related("author", "resolved_by")
    shown_comments = [
        Shown(row, number, f"{_percent(row.at_ms, track.length_ms):.2f}", row.author_id == user.pk,
              may_edit or row.author_id == user.pk, may_manage or row.author_id == user.pk)
        for number, row in enumerate(rows, start=1)
    ]  # fmt: skip
    return {
        "approval": approvals.approval_of(track),
        "may_approve": permissions.can_approve(user, project),
        "approvers": permissions.approvers_in_words(project),
        "approval_request": approvals.open_request(track),
        "refusal": approvals.last_refusal(track),
        "may_request": may_edit and not permissions.can_approve(user, project),
        "most_answer": approvals.MAX_ANSWER_CHARS,
        "comments": [shown_comment for shown_comment in shown_comments if not shown_comment.comment.resolved_at],
        "resolved": [shown_comment for shown_comment in shown_comments if shown_comment.comment.resolved_at],
        "most_comment": approvals.MAX_COMMENT_CHARS,
    }


def _percent(at_ms: int, length_ms: int) -> float:
    return min(100.0, 100 * at_ms / max(1, length_ms))


# --- approval ---


@login_required
@require_POST
def approve(request: Request, public_id: str) -> HttpResponse:
    """Approve a track for use; with on=0 withdraw the approval, with decline=1 decline a request for it."""
    track = _track_to_approve(request, public_id)
    try:
        if request.POST.get("decline") == "1":
            approvals.decline(track, request.user, request.POST.get("answer", ""))
            message = _("Declined.")
        elif request.POST.get("on") != "0":
            approvals.approve(track, request.user)
            message = _("Approved for use.")
        else:
            approvals.withdraw(track, request.user)
            message = _("Approval withdrawn. The track is a draft again.")
    except UserError as error:
        return _approval(request, track, error=error)
    return _approval(request, track, message)


@login_required
@require_POST
def request_approval(request: Request, public_id: str) -> HttpResponse:
    """Ask those who may approve tracks in the project to approve this one."""
    track = _track_to_approve(request, public_id)
    try:
        approvals.request_approval(track, request.user)
    except UserError as error:
        return _approval(request, track, error=error)
    return _approval(request, track, _("Approval requested. We’ll notify you when the track is approved or declined."))


def _track_to_approve(request: Request, public_id: str) -> Track:
    rows = permissions.tracks(request.user).select_related("project__approver", "generation__comparison")
    return get_object_or_404(rows, public_id=public_id)


def _approval(request: Request, track: Track, message: str = "", error: UserError | None = None) -> HttpResponse:
    if not wants_part(request) and error is None:
        messages.success(request, message)
        return redirect(f"{track.get_absolute_url()}?tab=review#approval")
    page_context = {"track": track, "project": track.project, "approval_error": error} | context(request, track)
    part = "tracks/_approve_action.html" if request.htmx.target == "approve-action" else "tracks/_approval.html"
    page = part if wants_part(request) else "tracks/approval.html"
    reply = render(request, page, page_context, status=422 if error else 200)
    return reply if error else client_event(reply, "library-changed", toast=message)


# --- comments ---


def time_of(text: str) -> int:
    """Return a time in milliseconds, from seconds or m:ss; an empty text is 0.

    Raises:
        UserError: the text is neither.
    """
    try:
        return round(1000 * parse_duration(text)) if text.strip() else 0
    except ValueError:
        raise UserError(
            _("Enter the time in seconds or as m:ss, such as 0:45."), "at", code="invalid_duration"
        ) from None


@login_required
@require_GET
def comments(request: Request, public_id: str) -> HttpResponse:
    return _comments(
        request, get_object_or_404(permissions.tracks(request.user).select_related("project"), public_id=public_id)
    )


def _comments(request: Request, track: Track, error: UserError | None = None) -> HttpResponse:
    """Render the comments of a track, as a fragment or as a page."""
    page_context = {"track": track, "project": track.project, "comment_error": error} | context(request, track)
    page_context["typed_comment"] = request.POST if error else {}
    page = "tracks/_comments.html" if wants_part(request) else "tracks/comments.html"
    return render(request, page, page_context, status=422 if error else 200)


def _comment_saved(request: Request, track: Track) -> HttpResponse:
    return (
        _comments(request, track)
        if wants_part(request)
        else redirect(f"{track.get_absolute_url()}?tab=review#comments")
    )


def _get_comment(request: Request, public_id: str, rows: QuerySet[Comment]) -> Comment:
    return get_object_or_404(rows.select_related("track__project"), public_id=public_id)


@login_required
@require_POST
def comment(request: Request, public_id: str) -> HttpResponse:
    """Add a comment at a time in a track; viewers may comment too."""
    track = get_object_or_404(permissions.tracks(request.user).select_related("project"), public_id=public_id)
    try:
        at_ms = time_of(request.POST.get("at", ""))
        approvals.comment(track, request.user, at_ms, request.POST.get("text", ""))
    except UserError as error:
        return _comments(request, track, error)
    return _comment_saved(request, track)


@login_required
@require_POST
def edit(request: Request, public_id: str) -> HttpResponse:
    comment = _get_comment(request, public_id, permissions.own_comments(request.user))
    try:
        approvals.edit(comment, request.POST.get("text", ""))
    except UserError as error:
        return _comments(request, comment.track, error)
    return _comment_saved(request, comment.track)


@login_required
@require_POST
def resolve(request: Request, public_id: str) -> HttpResponse:
    """Resolve a comment, or reopen it with on=0."""
    comment = _get_comment(request, public_id, permissions.resolvable_comments(request.user))
    approvals.resolve(comment, request.user, request.POST.get("on") != "0")
    return _comment_saved(request, comment.track)


@login_required
@require_POST
def delete(request: Request, public_id: str) -> HttpResponse:
    comment = _get_comment(request, public_id, permissions.deletable_comments(request.user))
    approvals.delete(comment)
    return _comment_saved(request, comment.track)
