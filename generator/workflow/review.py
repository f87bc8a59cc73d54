"""What people say about a track: approved for use, and comments pinned to a time.

draft ──approve──► approved for use ──withdraw──► draft        every step is kept, with who and when
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from generator import access
from generator.models import Approval, AuditLine, Comment, PrivateTrack, Track, User
from generator.workflow import news, throttle
from generator.workflow.audit import record
from generator.workflow.refused import Refused
from generator.workflow.webhooks import events

KIND = AuditLine.Kind.APPROVAL
MOST_TEXT = Comment._meta.get_field("text").max_length or 0
MOST_COMMENTS = 500
MOST_SAID = (60, 600)  # comments by a person in so many seconds


# --- approved for use ---


def approval_of(track: Track) -> Approval | None:
    """The approval that holds now; a track without one is a draft."""
    return track.approvals.filter(withdrawn_at=None).select_related("by").first()


def approve(track: Track, actor: User) -> None:
    """Approve a track for use. Doing it twice is doing it once: the first approval stays.

    Raises:
        Refused: not theirs to say, or the track is private, in the bin or part of a blind comparison.
    """
    _check_approver(track, actor)
    if track.binned_at:
        raise Refused("It is in the bin. Restore it first.")
    if track.generation.is_blind:
        raise Refused("It is part of a blind comparison. Pick there first, or have it shown which is which.")
    try:
        with transaction.atomic():
            Track.objects.select_for_update().get(pk=track.pk)
            if PrivateTrack.objects.filter(track=track).exists():
                raise Refused("It is private. Show it to the project first.")
            Approval.objects.create(track=track, by=actor)
            record(track.project, actor, KIND, f"Approved “{track.title}” for use")
            events.tell(track.project, "track.approved", track.generation, track=track.ref, by=actor.label)
    except IntegrityError:
        if not approval_of(track):
            raise


def withdraw(track: Track, actor: User) -> None:
    """Make an approved track a draft again.

    Raises:
        Refused: not theirs to say.
    """
    _check_approver(track, actor)
    end(track, actor, f"Withdrew the approval of “{track.title}”")


def end(track: Track, actor: User, text: str) -> None:
    """End the approval that holds, for a reason; call it where the right to do so has been asked."""
    with transaction.atomic():
        mine = Approval.objects.filter(track=track, withdrawn_at=None)
        if mine.update(withdrawn_at=timezone.now(), withdrawn_by=actor):
            record(track.project, actor, KIND, text)
            events.tell(track.project, "track.withdrawn", track.generation, track=track.ref, by=actor.label)


def _check_approver(track: Track, actor: User) -> None:
    if not access.can_approve(actor, track.project):
        raise Refused(f"{access.approvers_in_words(track.project)} tracks here.")


# --- comments ---


def comment(track: Track, actor: User, at_ms: int, text: str) -> Comment:
    """Pin a comment to a time. Whoever hears a track may say something about it.

    Raises:
        Refused: nothing said, too much of it, or a time the track does not have.
    """
    if track.comments.count() >= MOST_COMMENTS:
        raise Refused(f"There are {MOST_COMMENTS} comments on this track already. Delete some first.")
    text = _text(text)
    throttle.count(f"comment/{actor.pk}", *MOST_SAID, "That were many comments in a few minutes. Go on a little later.")
    with transaction.atomic():
        said = Comment.objects.create(track=track, author=actor, at_ms=_time(track, at_ms), text=text)
        news.commented(said)
    return said


def edit(said: Comment, text: str) -> None:
    """Raises Refused: nothing said, or too much of it."""
    text = _text(text)
    if text != said.text:
        Comment.objects.filter(pk=said.pk).update(text=text, edited_at=timezone.now())
        said.text = text


def resolve(said: Comment, actor: User, on: bool) -> None:
    """Mark a comment as dealt with, or open it again. Doing it twice is doing it once."""
    mine = Comment.objects.filter(pk=said.pk, resolved_at__isnull=on)
    mine.update(resolved_at=timezone.now() if on else None, resolved_by=actor if on else None)


def delete(said: Comment) -> None:
    said.delete()


def _time(track: Track, at_ms: int) -> int:
    if not 0 <= at_ms <= track.length_ms + 999:  # a clock shows whole seconds
        raise Refused(f"The track is {track.length_ms / 1000:.0f} seconds long: choose a time within it.", "at")
    return min(at_ms, track.length_ms)


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise Refused("Say something first.", "text")
    if len(text) > MOST_TEXT:
        raise Refused(f"At most {MOST_TEXT:,} characters; these are {len(text):,}.", "text")
    return text
