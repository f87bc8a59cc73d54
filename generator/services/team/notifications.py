"""Notifications in the studio, in the browser and by mail, according to each person's preferences.

`notify` creates every notification. Those about money are mailed at once; all others wait for the daily mail
(`notification_digest`).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from generator import permissions
from generator.models import (
    ApprovalRequest,
    Comment,
    Edit,
    Generation,
    Invitation,
    Notification,
    NotificationKind,
    NotificationPreference,
    Pack,
    Project,
    Track,
    User,
)
from generator.services.team import outgoing_mail

MAX_NOTIFICATION_AGE = dt.timedelta(days=180)
PRESENCE_TIME = dt.timedelta(seconds=15)  # people are assumed to watch the page this long after a request
_MAX_TEXT_CHARS = Notification._meta.get_field("text").max_length or 0


@dataclass(frozen=True)
class Ways:
    in_app: bool
    browser: bool
    mail: bool


DEFAULT_CHANNELS: Mapping[NotificationKind, Ways] = {
    NotificationKind.DONE: Ways(in_app=True, browser=True, mail=False),
    NotificationKind.FAILED: Ways(in_app=True, browser=True, mail=False),
    NotificationKind.COMMENT: Ways(in_app=True, browser=True, mail=True),
    NotificationKind.INVITATION: Ways(in_app=True, browser=True, mail=False),  # the invitation itself is mailed at once
    NotificationKind.JOINED: Ways(in_app=True, browser=True, mail=False),
    NotificationKind.APPROVAL: Ways(in_app=True, browser=True, mail=True),
    NotificationKind.BUDGET: Ways(in_app=True, browser=True, mail=True),
    NotificationKind.WEBHOOK: Ways(in_app=True, browser=False, mail=True),
    NotificationKind.FILES: Ways(in_app=True, browser=True, mail=False),
}


def notify(
    user: User, kind: NotificationKind, text: str, link: str = "", *, subject: str = "", project: Project | None = None
) -> None:
    """Notify a person through the channels they chose for this kind; `link` is a path in the studio.

    `project`: notify only its members and invitees.

    `subject`: send the mail now instead of in the daily digest; use it only in a task. If sending fails, the digest
    includes it.
    """
    if project and kind != NotificationKind.INVITATION and not project.memberships.filter(user=user).exists():
        return
    ways = preferences_of(user)[NotificationKind(kind)]
    if ways.in_app or ways.browser or ways.mail:
        notification = Notification.objects.create(
            recipient=user,
            kind=kind,
            project=project,
            text=shortened(text, _MAX_TEXT_CHARS),
            link=link,
            in_app=ways.in_app,
            browser=ways.browser,
            mail=ways.mail,
        )
        if subject and ways.mail and settings.EMAIL_CONFIGURED:
            _mail_now(notification, subject, text)


def _mail_now(notification: Notification, subject: str, text: str) -> None:
    link = f"{settings.STUDIO_URL.rstrip('/')}{notification.link}" if settings.STUDIO_URL and notification.link else ""
    if outgoing_mail.send(subject, f"{text}\n\n{link}".strip(), notification.recipient.email):
        Notification.objects.filter(pk=notification.pk).update(mailed_at=timezone.now())


def shortened(text: str, max_chars: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"


# --- preferences ---


def preferences_of(user: User) -> dict[NotificationKind, Ways]:
    """Return a person's channels for each kind of notification."""
    rows = {row.kind: row for row in NotificationPreference.objects.filter(user=user)}
    return {
        kind: Ways(rows[kind].in_app, rows[kind].browser, rows[kind].mail) if kind in rows else default
        for kind, default in DEFAULT_CHANNELS.items()
    }


def set_preferences(user: User, ways: Mapping[NotificationKind, Ways]) -> None:
    for kind, channels in ways.items():
        NotificationPreference.objects.update_or_create(
            user=user,
            kind=kind,
            defaults={"in_app": channels.in_app, "browser": channels.browser, "mail": channels.mail},
        )


def mark_read(user: User, pks: Iterable[int] | None = None) -> int:
    """Mark some or all of a person's notifications as read; return how many were unread.

    `pks`: an iterable or a single-column queryset; None: all.
    """
    rows = Notification.objects.filter(recipient=user, read_at=None)
    return (rows if pks is None else rows.filter(pk__in=pks)).update(read_at=timezone.now())


# --- events ---


def ended(generation: Generation, text: str, *, is_good: bool) -> None:
    """Notify the author that their music is ready or has failed.

    Skip a success that comes while the author is probably still watching the page.
    """
    if is_good and timezone.now() - generation.created_at < PRESENCE_TIME:
        return
    if generation.is_blind and not is_good:  # the reason could identify the provider
        text = _("candidate {letter} could not be generated.").format(letter=generation.letter)
    message = _("“{prompt}”: {message}").format(prompt=shortened(generation.prompt.text, 80), message=text)
    link = reverse("studio", args=[generation.project.public_id])
    if generation.comparison:
        link = reverse("compare", args=[generation.comparison.public_id])
    kind = NotificationKind.DONE if is_good else NotificationKind.FAILED
    notify(generation.author, kind, message, link, project=generation.project)


def pack_ended(pack: Pack, failure: str) -> None:
    """Notify the person who requested a pack that it is ready, or why it failed; see `ended` for what is skipped."""
    if not failure and timezone.now() - pack.created_at < PRESENCE_TIME:
        return
    message = failure or _("the pack is ready.")
    text = _("“{title}”: {message}").format(title=shortened(pack.title, 80), message=message)
    link = reverse("pack", args=[pack.public_id])
    notify(pack.author, NotificationKind.FILES, text, link, project=pack.project)


def edit_ended(edit: Edit, failure: str) -> None:
    """Notify the person who requested the files of a saved edit, if they may still see it, as `pack_ended` does."""
    person, since = edit.requested_by, edit.requested_at or edit.created_at
    if person is None or (not failure and timezone.now() - since < PRESENCE_TIME):
        return
    if not permissions.edits(person).filter(pk=edit.pk).exists():
        return
    message = failure or _("the files are ready.")
    title = shortened(f"{edit.track.title} – {edit.title}", 80)
    text = _("“{title}”: {message}").format(title=title, message=message)
    link = f"{reverse('finish', args=[edit.track.public_id])}?edit={edit.public_id}"
    notify(person, NotificationKind.FILES, text, link, project=edit.track.project)


def commented(comment: Comment) -> None:
    """Notify the track's author and earlier commenters, if they can still hear the track."""
    track = comment.track
    participants = User.objects.filter(comments__track=track) | User.objects.filter(pk=track.author_id)
    sentence = _("{person} commented on {track}: {text}")
    text = sentence.format(person=comment.author.label, track=track.display_title, text=comment.text)
    for person in participants.exclude(pk=comment.author_id).distinct():
        if permissions.tracks(person).filter(pk=track.pk).exists():
            link = f"{track.get_absolute_url()}?tab=review#comment-{comment.public_id}"
            notify(person, NotificationKind.COMMENT, text, link, project=track.project)


def invited(email: str, actor: User, project: Project) -> None:
    """Notify an invitee who has an account with this proven address; others only have the link."""
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person and person.address_is_proven:
        text = _("{person} invited you to “{project}”.").format(person=actor.label, project=project.name)
        notify(person, NotificationKind.INVITATION, text, reverse("projects"), project=project)


def joined(invitation: Invitation, person: User) -> None:
    """Notify the inviter that a person has accepted their invitation."""
    inviter, project = invitation.invited_by, invitation.project
    if not inviter.is_active or inviter == person:
        return
    sentence = _("{person} has joined “{project}”.") if project else _("{person} has joined the studio.")
    text = sentence.format(person=person.label, project=project.name if project else "")
    link = reverse("project-members", args=[project.public_id]) if project else reverse("invite")
    notify(inviter, NotificationKind.JOINED, text, link, project=project)


def approval_requested(request: ApprovalRequest) -> None:
    """Notify those who may approve a track that they are asked to."""
    track, maker = request.track, request.requested_by
    sentence = _("{person} asked you to approve {track}.")
    text = sentence.format(person=maker.label, track=track.display_title)
    for person in permissions.approvers(track.project):
        if person != maker:
            notify(person, NotificationKind.APPROVAL, text, _to_approval(track), project=track.project)


def approval_answered(request: ApprovalRequest) -> None:
    """Notify the person who requested an approval of the answer."""
    track, approver = request.track, request.answered_by
    if approver is None or approver == request.requested_by:
        return
    sentence = _("{person} declined to approve {track}.") if request.is_declined else _("{person} approved {track}.")
    text = sentence.format(person=approver.label, track=track.display_title)
    text = f"{text} {request.answer}".strip()
    notify(request.requested_by, NotificationKind.APPROVAL, text, _to_approval(track), project=track.project)


def _to_approval(track: Track) -> str:
    return f"{track.get_absolute_url()}#approval"


def uninvited(email: str, project: Project) -> None:
    """Delete the notifications of a withdrawn invitation."""
    notifications = Notification.objects.filter(recipient__email__iexact=email, project=project)
    notifications.filter(kind=NotificationKind.INVITATION).delete()


def delete_expired() -> int:
    """Delete old notifications; return their number."""
    return Notification.objects.filter(created_at__lt=timezone.now() - MAX_NOTIFICATION_AGE).delete()[0]
