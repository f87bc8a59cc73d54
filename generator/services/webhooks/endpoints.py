"""Management of a project's webhooks by its owners: create, change, pause and delete them, rotate secrets, resend."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.models import AuditLogEntry, Project, User, Webhook, WebhookDelivery
from generator.services.audit_log import record
from generator.services.errors import UserError
from generator.services.text_input import one_line
from generator.services.webhooks import events, signing

KIND = AuditLogEntry.Action.SETTINGS
MAX_WEBHOOKS = 20
SECRET_OVERLAP = dt.timedelta(days=1)  # how long both secrets sign after a change
MAX_DELIVERY_AGE = dt.timedelta(days=30)  # retention of the log


def make(
    project: Project, actor: User, name: str, url: str, event_names: Sequence[str] = (), *, base: str = ""
) -> Webhook:
    """Create a webhook that sends the events of a project to a URL.

    `event_names`: the events to send; empty means all. `base` is the studio's address as the actor knows it, for links.

    Raises:
        UserError: no valid name, an unusable URL, an unknown event, or too many webhooks.
    """
    checked = _check(name, url, event_names)
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)
        if Webhook.objects.filter(project=project).count() >= MAX_WEBHOOKS:
            sentence = _("This project already has {count} webhooks, the maximum. Delete one that is no longer used.")
            raise UserError(sentence.format(count=MAX_WEBHOOKS), code="limit_reached")
        webhook = Webhook.objects.create(
            project=project, made_by=actor, secret=signing.new_secret(), base=base.rstrip("/"), **checked
        )
        record(actor, KIND, f"Created {webhook}, which sends to {webhook.url}", project=project)
    return webhook


def change(webhook: Webhook, actor: User, name: str, url: str, event_names: Sequence[str] = ()) -> None:
    """Change the name, URL and events of a webhook.

    Raises:
        UserError: as for `make`, except the number of webhooks.
    """
    checked = _check(name, url, event_names)
    if all(getattr(webhook, column) == value for column, value in checked.items()):
        return
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(**checked)
        url_change = f", which now sends to {checked['url']}" if checked["url"] != webhook.url else ""
        record(actor, KIND, f"Changed {webhook}{url_change}", project=webhook.project)
    webhook.refresh_from_db()


def delete(webhook: Webhook, actor: User) -> None:
    """Delete a webhook with its log. Pending messages are no longer sent."""
    with transaction.atomic():
        record(actor, KIND, f"Deleted {webhook}, which sent to {webhook.url}", project=webhook.project)
        webhook.delete()


def rotate(webhook: Webhook, actor: User) -> None:
    """Replace a webhook's secret. For a day, messages are signed with both, so that the receiver can switch over."""
    with transaction.atomic():
        row = Webhook.objects.select_for_update().get(pk=webhook.pk)
        row.former_secret, row.former_until = row.secret, timezone.now() + SECRET_OVERLAP
        row.secret = signing.new_secret()
        row.save(update_fields=["secret", "former_secret", "former_until"])
        record(actor, KIND, f"Changed the secret of {webhook}", project=webhook.project)
    webhook.refresh_from_db()


def pause(webhook: Webhook, actor: User) -> None:
    """Pause a webhook; its messages are kept until it is resumed. Idempotent."""
    with transaction.atomic():
        if set_aside(webhook, f"Paused by {actor.label}."):
            record(actor, KIND, f"Paused {webhook}", project=webhook.project)


def set_aside(webhook: Webhook, reason: str) -> bool:
    """Pause a webhook for a reason, in the caller's transaction. Return False if it was already paused."""
    now = timezone.now()
    if not Webhook.objects.filter(pk=webhook.pk, paused_at=None).update(paused_at=now, paused_why=reason[:300]):
        return False
    WebhookDelivery.objects.filter(webhook=webhook, due_at__isnull=False).exclude(event=events.TEST).update(due_at=None)
    return True


def resume(webhook: Webhook, actor: User) -> None:
    """Resume a webhook, and send the kept messages. Idempotent."""
    columns: dict[str, Any] = {"paused_at": None, "paused_why": "", "failures_in_a_row": 0, "failing_since": None}
    with transaction.atomic():
        if Webhook.objects.filter(pk=webhook.pk, paused_at__isnull=False).update(**columns):
            held_messages = WebhookDelivery.objects.filter(
                webhook=webhook, due_at=None, delivered_at=None, given_up_at=None
            )
            if held_messages.update(due_at=timezone.now(), attempts=0):
                events.wake()
            record(actor, KIND, f"Resumed {webhook}", project=webhook.project)


def resend(message: WebhookDelivery) -> None:
    """Send a message again now, under the same id. A scheduled retry is brought forward.

    Raises:
        UserError: the message has not been attempted yet.
    """
    again = {"due_at": timezone.now(), "attempts": 0, "given_up_at": None}
    with transaction.atomic():
        if not WebhookDelivery.objects.filter(pk=message.pk, attempts__gt=0).update(**again):
            sentence = _("This message has not been sent yet. Wait for the first attempt.")
            raise UserError(sentence, code="not_sent")
        events.wake()


def send_test(webhook: Webhook) -> WebhookDelivery:
    """Send a test message once, even if the webhook is paused."""
    with transaction.atomic():
        delivery = WebhookDelivery.objects.create(
            project=webhook.project,
            webhook=webhook,
            event=events.TEST,
            due_at=timezone.now(),
            facts={"hello": "from BGM Studio"},
        )
        events.wake()
    return delivery


def pick_up_kept() -> None:
    """Send messages kept for webhooks that are no longer paused, because they were written during a resume."""
    held_messages = WebhookDelivery.objects.filter(webhook__paused_at=None, webhook__isnull=False)
    if held_messages.filter(due_at=None, delivered_at=None, given_up_at=None).update(due_at=timezone.now()):
        events.wake()


def delete_expired() -> int:
    """Delete deliveries older than MAX_DELIVERY_AGE that are not due to be sent; return the number of deleted rows."""
    old = WebhookDelivery.objects.filter(at__lt=timezone.now() - MAX_DELIVERY_AGE, due_at=None)
    return old.delete()[0]


def _check(name: str, url: str, event_names: Sequence[str]) -> dict[str, Any]:
    name, url = one_line(name, "name"), url.strip()
    if not name or len(name) > 60:
        sentence = _("Enter a name for the webhook, up to 60 characters, such as “Edit suite”.")
        raise UserError(sentence, "name", code="invalid_name")
    events.check_url(url, "url")
    if unknown := [event for event in event_names if event not in events.EVENTS]:
        sentence = _("There is no event “{event}”. Choose one of the listed events.")
        raise UserError(sentence.format(event=unknown[0][:40]), "events", code="invalid_choice")
    chosen = [event for event in events.EVENTS if event in event_names]
    return {"name": name, "url": url, "events": [] if len(chosen) == len(events.EVENTS) else chosen}
