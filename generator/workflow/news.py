"""Telling people what happened: in the studio, by the browser, by mail; each of them as they chose.

`tell` is the one door. News about money is mailed at once; all else waits for `mail`, which runs hourly and sends each
person at most one mail a day, with what they have not read by then. What if the process dies there? What was taken for
a mail is marked first, so nobody gets it twice; it may be lost as a mail, and is still in the studio.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from generator import access
from generator.models import Comment, Generation, NewsKind, Notification, NotificationChoice, Project, User
from generator.workflow import mailing

BETWEEN_MAILS = dt.timedelta(hours=23)  # the hourly task is never quite on the hour
STALE = dt.timedelta(days=7)  # older than this, nothing is worth a mail any more
KEPT = dt.timedelta(days=180)
SEEN = dt.timedelta(seconds=15)  # after asking, people are still there
MOST_IN_MAIL = 40
_LONGEST = Notification._meta.get_field("text").max_length or 0


@dataclass(frozen=True)
class Ways:
    in_app: bool
    browser: bool
    mail: bool


USUAL: Mapping[NewsKind, Ways] = {
    NewsKind.DONE: Ways(in_app=True, browser=True, mail=False),
    NewsKind.FAILED: Ways(in_app=True, browser=True, mail=False),
    NewsKind.COMMENT: Ways(in_app=True, browser=True, mail=True),
    NewsKind.INVITATION: Ways(in_app=True, browser=True, mail=False),  # the invitation itself is mailed at once
    NewsKind.BUDGET: Ways(in_app=True, browser=True, mail=True),
    NewsKind.WEBHOOK: Ways(in_app=True, browser=False, mail=True),
}


def tell(
    user: User, kind: NewsKind, text: str, link: str = "", *, subject: str = "", project: Project | None = None
) -> None:
    """Tell a person something, by the ways they chose for this kind. `link` is a path of ours.

    About a `project`: only its members are told, and whoever is invited to it.

    With a `subject` the mail goes now, not with the day's others; call that from a task. A mail that cannot be sent is
    left to the digest.
    """
    if project and kind != NewsKind.INVITATION and not project.memberships.filter(user=user).exists():
        return
    ways = chosen(user)[NewsKind(kind)]
    if ways.in_app or ways.browser or ways.mail:
        told = Notification.objects.create(
            recipient=user,
            kind=kind,
            project=project,
            text=_short(text, _LONGEST),
            link=link,
            in_app=ways.in_app,
            browser=ways.browser,
            mail=ways.mail,
        )
        if subject and ways.mail and settings.EMAIL_CONFIGURED:
            _mail_now(told, subject, text)


def _mail_now(told: Notification, subject: str, text: str) -> None:
    where = f"{settings.STUDIO_URL.rstrip('/')}{told.link}" if settings.STUDIO_URL and told.link else ""
    if mailing.send(subject, f"{text}\n\n{where}".strip(), told.recipient.email):
        Notification.objects.filter(pk=told.pk).update(mailed_at=timezone.now())


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


# --- what people chose ---


def chosen(user: User) -> dict[NewsKind, Ways]:
    """How a person wants to be told of each kind."""
    rows = {row.kind: row for row in NotificationChoice.objects.filter(user=user)}
    return {
        kind: Ways(rows[kind].in_app, rows[kind].browser, rows[kind].mail) if kind in rows else usual
        for kind, usual in USUAL.items()
    }


def choose(user: User, ways: Mapping[NewsKind, Ways]) -> None:
    for kind, way in ways.items():
        NotificationChoice.objects.update_or_create(
            user=user, kind=kind, defaults={"in_app": way.in_app, "browser": way.browser, "mail": way.mail}
        )


def mark_read(user: User, pks: Iterable[int] | None = None) -> int:
    """Mark some of a person's news as read, or all of it; return how many pieces were unread.

    `pks`: may be a queryset of one column.
    """
    rows = Notification.objects.filter(recipient=user, read_at=None)
    return (rows if pks is None else rows.filter(pk__in=pks)).update(read_at=timezone.now())


# --- what there is to tell ---


def ended(generation: Generation, text: str, *, is_good: bool) -> None:
    """Tell whoever asked that their music is ready, or will not come.

    What is ready while they still look at the page is no news.
    """
    if is_good and timezone.now() - generation.created_at < SEEN:
        return
    if generation.is_blind and not is_good:  # the reason is in the words of its provider
        text = f"candidate {generation.letter} could not be made."
    what = f"“{_short(generation.prompt.text, 80)}”: {text}"
    link = reverse("studio", args=[generation.project.ref])
    if generation.comparison:
        link = reverse("compare", args=[generation.comparison.ref])
    kind = NewsKind.DONE if is_good else NewsKind.FAILED
    tell(generation.author, kind, what, link, project=generation.project)


def commented(said: Comment) -> None:
    """Tell the track's author, and those who spoke before, as long as they still hear the track."""
    track = said.track
    spoke = User.objects.filter(comments__track=track) | User.objects.filter(pk=track.author_id)
    text = f"{said.author.label} on {track.told_title}: {said.text}"
    for person in spoke.exclude(pk=said.author_id).distinct():
        if access.tracks(person).filter(pk=track.pk).exists():
            link = f"{track.get_absolute_url()}#comment-{said.ref}"
            tell(person, NewsKind.COMMENT, text, link, project=track.project)


def invited(email: str, actor: User, project: Project) -> None:
    """Tell whoever has an account under this proven address; others have the link alone."""
    person = User.objects.filter(email__iexact=email, is_active=True).first()
    if person and person.address_is_proven:
        text = f"{actor.label} invites you to “{project.name}”"
        tell(person, NewsKind.INVITATION, text, reverse("projects"), project=project)


def uninvited(email: str, project: Project) -> None:
    """Take that news back: the invitation is withdrawn."""
    told = Notification.objects.filter(recipient__email__iexact=email, project=project)
    told.filter(kind=NewsKind.INVITATION).delete()


# --- by mail ---


def mail() -> int:
    """Send everyone what they wanted by mail and have not read; return how many mails went."""
    if not settings.EMAIL_CONFIGURED:
        return 0
    now = timezone.now()
    waiting = Notification.objects.filter(mail=True, mailed_at=None, read_at=None, created_at__gt=now - STALE)
    people = User.objects.filter(pk__in=waiting.values("recipient"), is_active=True)
    return sum(_mail_one(person, now) for person in people)


def _mail_one(person: User, now: dt.datetime) -> bool:
    mine = Notification.objects.filter(recipient=person)
    last = mine.aggregate(last=Max("mailed_at"))["last"]
    if last and last > now - BETWEEN_MAILS:
        return False
    waiting = access.current_news(person).filter(mail=True, mailed_at=None, read_at=None, created_at__gt=now - STALE)
    rows = list(waiting.order_by("id"))
    taken = mine.filter(pk__in=[row.pk for row in rows], mailed_at=None).update(mailed_at=now)
    if not rows or taken != len(rows):  # another worker is at it
        return False
    if not mailing.send(_subject(rows), _body(rows), person.email):  # tried again within the hour
        mine.filter(pk__in=[row.pk for row in rows]).update(mailed_at=None)
        return False
    return True


SUBJECTS: Mapping[NewsKind, str] = {  # ours: what people type stands in the mail, not on its envelope
    NewsKind.DONE: "music is ready",
    NewsKind.FAILED: "music that could not be made",
    NewsKind.COMMENT: "a comment on a track",
    NewsKind.INVITATION: "an invitation to a project",
}


def _subject(rows: list[Notification]) -> str:
    if len(rows) > 1:
        return f"BGM Studio: {len(rows)} pieces of news"
    ours = SUBJECTS.get(NewsKind(rows[0].kind))
    return f"BGM Studio: {ours}" if ours else _short(rows[0].text, 120)


def _body(rows: list[Notification]) -> str:
    base = settings.STUDIO_URL.rstrip("/")
    lines = [f"{row.text}\n  {base}{row.link}" if base and row.link else row.text for row in rows[:MOST_IN_MAIL]]
    if len(rows) > MOST_IN_MAIL:
        lines.append(f"… and {len(rows) - MOST_IN_MAIL} more in the studio.")
    lines.append("You choose what is mailed on your account page.")
    return "\n\n".join(lines)


def forget() -> int:
    """Delete old news; return how many pieces went."""
    gone, _ = Notification.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return gone
