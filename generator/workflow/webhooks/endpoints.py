"""A project's webhooks: made, changed, paused, deleted; their secrets; and their messages sent again. Owners do it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from generator.models import AuditLine, Project, User, Webhook, WebhookMessage
from generator.workflow.audit import record
from generator.workflow.lines import one_line
from generator.workflow.refused import Refused
from generator.workflow.webhooks import events, signing

KIND = AuditLine.Kind.SETTINGS
MOST_WEBHOOKS = 20
OVERLAP = dt.timedelta(days=1)  # both secrets sign for so long after a change
KEPT = dt.timedelta(days=30)  # the log


def make(project: Project, actor: User, name: str, url: str, wanted: Sequence[str] = (), *, base: str = "") -> Webhook:
    """Have an address told of what happens in a project from now on.

    `wanted`: the kinds of events; none: all. `base`: the studio's address as the actor knows it, for links.

    Raises:
        Refused: no name, an address that cannot be told, an event nobody knows, or too many webhooks.
    """
    checked = _check(name, url, wanted)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if Webhook.objects.filter(project=project).count() >= MOST_WEBHOOKS:
            raise Refused(f"A project has at most {MOST_WEBHOOKS} webhooks. Delete one that is not used any more.")
        made = Webhook.objects.create(
            project=project, made_by=actor, secret=signing.new_secret(), base=base.rstrip("/"), **checked
        )
        record(project, actor, KIND, f"Made the {made}, which tells {made.url}")
    return made


def change(hook: Webhook, actor: User, name: str, url: str, wanted: Sequence[str] = ()) -> None:
    """Change what a webhook is called, where it goes and what it is told.

    Raises:
        Refused: as `make`.
    """
    checked = _check(name, url, wanted)
    if all(getattr(hook, column) == value for column, value in checked.items()):
        return
    with transaction.atomic():
        Webhook.objects.filter(pk=hook.pk).update(**checked)
        moved = f", which now tells {checked['url']}" if checked["url"] != hook.url else ""
        record(hook.project, actor, KIND, f"Changed the {hook}{moved}")
    hook.refresh_from_db()


def delete(hook: Webhook, actor: User) -> None:
    """Delete a webhook with its log; what it was to be told is not sent any more."""
    with transaction.atomic():
        record(hook.project, actor, KIND, f"Deleted the {hook}, which told {hook.url}")
        hook.delete()


def rotate(hook: Webhook, actor: User) -> None:
    """Give a webhook a new secret; for a day messages are signed with both, so that nothing is missed meanwhile."""
    with transaction.atomic():
        row = Webhook.objects.select_for_update().get(pk=hook.pk)
        row.former_secret, row.former_until = row.secret, timezone.now() + OVERLAP
        row.secret = signing.new_secret()
        row.save(update_fields=["secret", "former_secret", "former_until"])
        record(hook.project, actor, KIND, f"Changed the secret of the {hook}")
    hook.refresh_from_db()


def pause(hook: Webhook, actor: User) -> None:
    """Keep what there is to tell until somebody resumes it. Doing it twice is doing it once."""
    with transaction.atomic():
        if set_aside(hook, f"{actor.label} paused it."):
            record(hook.project, actor, KIND, f"Paused the {hook}")


def set_aside(hook: Webhook, why: str) -> bool:
    """Pause, for a reason; call it in a transaction. False: it was paused already."""
    now = timezone.now()
    if not Webhook.objects.filter(pk=hook.pk, paused_at=None).update(paused_at=now, paused_why=why[:300]):
        return False
    WebhookMessage.objects.filter(webhook=hook, due_at__isnull=False).exclude(event=events.TEST).update(due_at=None)
    return True


def resume(hook: Webhook, actor: User) -> None:
    """Send again, what was kept first. Doing it twice is doing it once."""
    fresh: dict[str, Any] = {"paused_at": None, "paused_why": "", "failures_in_a_row": 0, "failing_since": None}
    with transaction.atomic():
        if Webhook.objects.filter(pk=hook.pk, paused_at__isnull=False).update(**fresh):
            kept = WebhookMessage.objects.filter(webhook=hook, due_at=None, delivered_at=None, given_up_at=None)
            if kept.update(due_at=timezone.now(), attempts=0):
                events.wake()
            record(hook.project, actor, KIND, f"Resumed the {hook}")


def resend(message: WebhookMessage) -> None:
    """Send a message again, now, under its own id; what was to be tried later anyway is tried now.

    Raises:
        Refused: it is on its way, or waits for the work it tells of.
    """
    again = {"due_at": timezone.now(), "attempts": 0, "given_up_at": None}
    with transaction.atomic():
        if not WebhookMessage.objects.filter(pk=message.pk, attempts__gt=0).update(**again):
            raise Refused("It has not been sent for the first time yet.")
        events.wake()


def send_test(hook: Webhook) -> WebhookMessage:
    """Send a message that means nothing, once, whether the webhook is paused or not."""
    with transaction.atomic():
        made = WebhookMessage.objects.create(
            project=hook.project,
            webhook=hook,
            event=events.TEST,
            due_at=timezone.now(),
            facts={"hello": "from BGM Studio"},
        )
        events.wake()
    return made


def pick_up_kept() -> None:
    """Send what was kept for webhooks that are not paused any more: written just while somebody resumed them."""
    kept = WebhookMessage.objects.filter(webhook__paused_at=None, webhook__isnull=False)
    if kept.filter(due_at=None, delivered_at=None, given_up_at=None).update(due_at=timezone.now()):
        events.wake()


def forget() -> int:
    """Delete log lines older than KEPT, except what is still to be sent; return how many messages went."""
    old = WebhookMessage.objects.filter(at__lt=timezone.now() - KEPT, due_at=None)
    gone, _ = old.delete()
    return gone


def _check(name: str, url: str, wanted: Sequence[str]) -> dict[str, Any]:
    name, url = one_line(name, "name"), url.strip()
    if not name or len(name) > 60:
        raise Refused("Give the webhook a name of at most 60 characters, such as “edit suite”.", "name")
    events.check_url(url, "url")
    if unknown := [one for one in wanted if one not in events.EVENTS]:
        raise Refused(f"There is no event “{unknown[0][:40]}”.", "events")
    chosen = [one for one in events.EVENTS if one in wanted]
    return {"name": name, "url": url, "events": [] if len(chosen) == len(events.EVENTS) else chosen}
