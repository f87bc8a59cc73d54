"""Approvals of tracks for use, requests for them, and comments pinned to a time.

draft ──approve──► approved for use ──withdraw──► draft        every step is kept, with its actor and time
      └─request──► waiting ──approve──► approved for use
                          └─decline──► draft
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import permissions
from generator.models import Approval, ApprovalRequest, AuditLogEntry, Comment, PrivateTrack, Track, User
from generator.services import throttling
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.team import notifications
from generator.services.webhooks import events

KIND = AuditLogEntry.Action.APPROVAL
MAX_COMMENT_CHARS = Comment._meta.get_field("text").max_length or 0
MAX_ANSWER_CHARS = ApprovalRequest._meta.get_field("answer").max_length or 0
MAX_COMMENTS = 500
COMMENT_RATE_LIMIT = (60, 600)  # (comments, seconds) per person


# --- approved for use ---


def approval_of(track: Track) -> Approval | None:
    """Return the current approval; a track without one is a draft."""
    return track.approvals.filter(withdrawn_at=None).select_related("by").first()


def approve(track: Track, actor: User) -> None:
    """Approve a track for use; idempotent: the first approval stays.

    Raises:
        UserError: the actor may not approve, or the track is private, in the trash or in a blind comparison.
    """
    _check_approver(track, actor)
    try:
        with transaction.atomic():
            _check_approvable(track)
            Approval.objects.create(track=track, by=actor)
            _answer(track, actor)
            record(actor, KIND, f"Approved “{track.title}” for use", project=track.project)
            events.publish(track.project, "track.approved", track.generation, track=track.public_id, actor=actor.label)
    except IntegrityError:
        if not approval_of(track):
            raise


def withdraw(track: Track, actor: User) -> None:
    """Make an approved track a draft again.

    Raises:
        UserError: the actor may not approve tracks.
    """
    _check_approver(track, actor)
    end(track, actor, f"Withdrew the approval of “{track.title}”")


def end(track: Track, actor: User, text: str) -> None:
    """End the current approval with a log text; the caller checks permission."""
    with transaction.atomic():
        current = Approval.objects.filter(track=track, withdrawn_at=None)
        if current.update(withdrawn_at=timezone.now(), withdrawn_by=actor):
            record(actor, KIND, text, project=track.project)
            events.publish(
                track.project, "track.approval_withdrawn", track.generation, track=track.public_id, actor=actor.label
            )


def _check_approvable(track: Track) -> None:
    """Check that the project can see and use a track; lock its row until the transaction ends."""
    if track.trashed_at:
        raise UserError(_("This track is in the trash. Restore it first."), code="in_trash")
    if track.generation.is_blind:
        sentence = _("This track is part of a blind comparison. Pick a take or reveal the models first.")
        raise UserError(sentence, code="blind_comparison")
    Track.objects.select_for_update().get(pk=track.pk)
    if PrivateTrack.objects.filter(track=track).exists():
        sentence = _("This track is private. Make it visible to the project first.")
        raise UserError(sentence, code="private_track")


def _check_approver(track: Track, actor: User) -> None:
    if permissions.can_approve(actor, track.project):
        return
    approver = track.project.approver
    sentence = _("Only owners can approve tracks in this project.")
    if approver:
        sentence = _("Only {person} can approve tracks in this project.").format(person=approver.label)
    raise UserError(sentence, code="not_permitted")


# --- requests for approval ---


def open_request(track: Track) -> ApprovalRequest | None:
    """Return the request that waits for an answer."""
    return track.approval_requests.filter(answered_at=None).select_related("requested_by").first()


def last_refusal(track: Track) -> ApprovalRequest | None:
    """Return the latest request if it was declined."""
    last = track.approval_requests.select_related("answered_by").first()
    return last if last and last.is_declined else None


def request_approval(track: Track, actor: User) -> None:
    """Ask those who may approve tracks to approve one; idempotent while a request is open.

    Raises:
        UserError: the actor may not edit the track, or can approve it, or it cannot be approved as it is.
    """
    if not permissions.can_edit(actor, track.project):
        raise UserError(_("Only owners and editors can request approval."), code="not_permitted")
    if permissions.can_approve(actor, track.project):
        raise UserError(_("You can approve this track yourself."), code="can_approve")
    try:
        with transaction.atomic():
            _check_approvable(track)
            if approval_of(track):
                return
            request = ApprovalRequest.objects.create(track=track, requested_by=actor)
            record(actor, KIND, f"Requested approval of “{track.title}”", project=track.project)
            notifications.approval_requested(request)
    except IntegrityError:
        if not open_request(track):
            raise


def decline(track: Track, actor: User, answer: str) -> None:
    """Decline the open request, with an optional reason for the person who made it; idempotent.

    Raises:
        UserError: the actor may not approve tracks, or the reason is too long.
    """
    _check_approver(track, actor)
    answer = " ".join(answer.split())
    if len(answer) > MAX_ANSWER_CHARS:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        raise UserError(sentence.format(limit=MAX_ANSWER_CHARS, count=len(answer)), "answer", code="too_long")
    with transaction.atomic():
        if _answer(track, actor, is_declined=True, answer=answer):
            record(actor, KIND, f"Declined to approve “{track.title}”", project=track.project)


def _answer(track: Track, actor: User, *, is_declined: bool = False, answer: str = "") -> bool:
    """Close the open request, if there is one, and notify the person who made it."""
    request = open_request(track)
    if request is None:
        return False
    still_open = ApprovalRequest.objects.filter(pk=request.pk, answered_at=None)
    if not still_open.update(answered_at=timezone.now(), answered_by=actor, is_declined=is_declined, answer=answer):
        return False
    request.refresh_from_db()
    notifications.approval_answered(request)
    return True


# --- comments ---


def comment(track: Track, actor: User, at_ms: int, text: str) -> Comment:
    """Pin a comment to a time; everyone who can hear a track may comment on it.

    Raises:
        UserError: the text is empty or too long, the time is outside the track, or there are too many comments.
    """
    if track.comments.count() >= MAX_COMMENTS:
        sentence = _("This track already has {count} comments, the maximum. Delete some first.")
        raise UserError(sentence.format(count=MAX_COMMENTS), code="limit_reached")
    text = _text(text)
    throttling.count(f"comment/{actor.pk}", *COMMENT_RATE_LIMIT, _("Too many comments. Try again in a few minutes."))
    with transaction.atomic():
        new = Comment.objects.create(track=track, author=actor, at_ms=_time(track, at_ms), text=text)
        notifications.commented(new)
    return new


def edit(comment: Comment, text: str) -> None:
    """Change a comment's text. Raises UserError: the text is empty or too long."""
    text = _text(text)
    if text != comment.text:
        Comment.objects.filter(pk=comment.pk).update(text=text, edited_at=timezone.now())
        comment.text = text


def resolve(comment: Comment, actor: User, on: bool) -> None:
    """Mark a comment as resolved, or reopen it; idempotent."""
    row = Comment.objects.filter(pk=comment.pk, resolved_at__isnull=on)
    row.update(resolved_at=timezone.now() if on else None, resolved_by=actor if on else None)


def delete(comment: Comment) -> None:
    comment.delete()


def _time(track: Track, at_ms: int) -> int:
    if not 0 <= at_ms <= track.length_ms + 999:  # a clock shows whole seconds
        sentence = _("The track is {seconds} seconds long. Choose a time within it.")
        raise UserError(sentence.format(seconds=f"{track.length_ms / 1000:.0f}"), "at", code="out_of_range")
    return min(at_ms, track.length_ms)


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise UserError(_("Enter a comment."), "text", code="required")
    if len(text) > MAX_COMMENT_CHARS:
        sentence = _("Use at most {limit} characters; this text has {count}.")
        raise UserError(
            sentence.format(limit=f"{MAX_COMMENT_CHARS:,}", count=f"{len(text):,}"), "text", code="too_long"
        )
    return text
