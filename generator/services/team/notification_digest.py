"""The daily mail: each person's unread notifications that are due by mail, at most once a day.

`send_digests` runs hourly. What if the process dies there? Rows are marked as mailed first, so nothing is mailed twice;
a mail may be lost, but the notification stays in the studio.
"""

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.db.models import Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from generator import permissions
from generator.models import Notification, NotificationKind, User
from generator.services.team import outgoing_mail
from generator.services.team.notifications import shortened

MAIL_INTERVAL = dt.timedelta(hours=23)  # a little under a day, because the hourly task's times vary
MAX_UNSENT_AGE = dt.timedelta(days=7)  # older notifications are not mailed
MAX_LINES_IN_MAIL = 40


def send_digests() -> int:
    """Mail each person their unread notifications that are due by mail; return the number of mails sent."""
    if not settings.EMAIL_CONFIGURED:
        return 0
    now = timezone.now()
    waiting = Notification.objects.filter(mail=True, mailed_at=None, read_at=None, created_at__gt=now - MAX_UNSENT_AGE)
    people = User.objects.filter(pk__in=waiting.values("recipient"), is_active=True)
    return sum(_mail_one(person, now) for person in people)


def _mail_one(person: User, now: dt.datetime) -> bool:
    own = Notification.objects.filter(recipient=person)
    last_mailed_at = own.aggregate(last=Max("mailed_at"))["last"]
    if last_mailed_at and last_mailed_at > now - MAIL_INTERVAL:
        return False
    waiting = permissions.current_notifications(person).filter(
        mail=True, mailed_at=None, read_at=None, created_at__gt=now - MAX_UNSENT_AGE
    )
    rows = list(waiting.order_by("id"))
    taken = own.filter(pk__in=[row.pk for row in rows], mailed_at=None).update(mailed_at=now)
    if not rows or taken != len(rows):  # another worker is sending it
        return False
    if not outgoing_mail.send(_subject(rows), _body(rows), person.email):  # retried by the next hourly run
        own.filter(pk__in=[row.pk for row in rows]).update(mailed_at=None)
        return False
    return True


SUBJECTS: Mapping[NotificationKind, Promise] = {  # fixed subjects: user text belongs in the mail's body
    NotificationKind.DONE: gettext_lazy("your music is ready"),
    NotificationKind.FAILED: gettext_lazy("your music could not be generated"),
    NotificationKind.COMMENT: gettext_lazy("new comment on a track"),
    NotificationKind.INVITATION: gettext_lazy("invitation to a project"),
    NotificationKind.JOINED: gettext_lazy("someone you invited has joined"),
    NotificationKind.APPROVAL: gettext_lazy("approval of a track"),
    NotificationKind.FILES: gettext_lazy("your files"),
}


def _subject(rows: list[Notification]) -> str:
    if len(rows) > 1:
        subject = ngettext("BGM Studio: {count} new notification", "BGM Studio: {count} new notifications", len(rows))
        return subject.format(count=len(rows))
    fixed_subject = SUBJECTS.get(NotificationKind(rows[0].kind))
    return f"BGM Studio: {fixed_subject}" if fixed_subject else shortened(rows[0].text, 120)


def _body(rows: list[Notification]) -> str:
    base = settings.STUDIO_URL.rstrip("/")
    lines = [f"{row.text}\n  {base}{row.link}" if base and row.link else row.text for row in rows[:MAX_LINES_IN_MAIL]]
    if len(rows) > MAX_LINES_IN_MAIL:
        lines.append(_("… and {count} more in the studio.").format(count=len(rows) - MAX_LINES_IN_MAIL))
    lines.append(_("To choose which notifications are emailed, go to your account page."))
    return "\n\n".join(lines)
