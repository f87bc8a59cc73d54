"""Webhook events: one message row per subscribed webhook, written in the transaction of the change.

The rows are the outbox: a rollback removes them, and once committed they survive a crash.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_q.tasks import async_task

from generator.models import Generation, Project, State, Webhook, WebhookDelivery
from generator.services.background import claims
from generator.services.errors import UserError

TASK = "generator.services.background.tasks.send_webhooks"
SENDER, LEASE = "webhooks", dt.timedelta(seconds=30)
MAX_URL_CHARS, MAX_REQUEST_URL_CHARS = 1000, 2000

EVENTS: Mapping[str, Promise] = {
    "generation.ready": gettext_lazy("A generation has finished and its takes are available"),
    "generation.failed": gettext_lazy("A generation failed"),
    "generation.canceled": gettext_lazy("A generation was canceled"),
    "generation.in_doubt": gettext_lazy("The outcome of a generation is unknown and must be reviewed"),
    "track.created": gettext_lazy("A take is ready to play, even if other takes in the same generation are not"),
    "track.approved": gettext_lazy("A track was approved for use"),
    "track.approval_withdrawn": gettext_lazy("A track’s approval was withdrawn"),
    "pack.ready": gettext_lazy("A delivery pack is ready to download"),
    "pack.failed": gettext_lazy("A delivery pack could not be made"),
    "edit.ready": gettext_lazy("The requested files of an edit are ready"),
    "edit.failed": gettext_lazy("The requested files of an edit could not be made"),
    "budget.alert": gettext_lazy(
        "The project’s budget, or a member’s budget in the project, has reached 50%, 80%, or 95%"
    ),
}
TEST = "webhook.test"
REQUESTED = "prediction"  # a program's own ?webhook=, in its vendor's format
ANNOUNCED_STATES = {
    State.READY: "generation.ready",
    State.FAILED: "generation.failed",
    State.CANCELLED: "generation.canceled",
    State.IN_DOUBT: "generation.in_doubt",
}


def publish(project: Project, event: str, generation: Generation | None = None, **payload: Any) -> None:
    """Write an event's messages for a project's webhooks. Call it in the transaction of the change."""
    now = timezone.now()
    rows = [
        WebhookDelivery(
            project=project,
            webhook=webhook,
            generation=generation,
            event=event,
            facts=payload,
            at=now,
            due_at=None if webhook.paused_at else now,
        )
        for webhook in Webhook.objects.filter(project=project)
        if webhook.hears(event)
    ]
    WebhookDelivery.objects.bulk_create(rows)
    if any(row.due_at for row in rows):
        wake()


def publish_change(generation: Generation, state: State) -> None:
    """Announce a generation's new state. Call it in the transaction of the state change."""
    if state in ANNOUNCED_STATES:
        publish(generation.project, ANNOUNCED_STATES[state], generation)
    if state in State.ended():
        waiting = WebhookDelivery.objects.filter(generation=generation, webhook=None, attempts=0, due_at=None)
        if waiting.update(due_at=timezone.now()):
            wake()


def request_delivery(generation: Generation, url: str, base: str = "") -> WebhookDelivery:
    """Register a URL to receive the end of a generation once, in WaveSpeed's format; idempotent per URL.

    Call it right after the submission, in its transaction or later. The secret of the generation's API key signs the
    message. `base` is the studio's address as the program knows it, without a trailing slash; links begin with it.

    Raises:
        UserError: the URL is unusable, or the generation has no API key (`field` is "webhook").
    """
    check_url(url, "webhook", MAX_REQUEST_URL_CHARS)
    if generation.key is None:
        sentence = _("A webhook can be requested only for generations that were made with an API key.")
        raise UserError(sentence, "webhook", code="no_api_key")
    with transaction.atomic():
        # The lock orders this before or after the end of the generation, which makes waiting messages due.
        state = Generation.objects.select_for_update().values_list("state", flat=True).get(pk=generation.pk)
        due_at = timezone.now() if state in State.ended() else None
        delivery, is_new = WebhookDelivery.objects.get_or_create(
            generation=generation,
            url=url,
            webhook=None,
            defaults={"project": generation.project, "event": REQUESTED, "base": base, "due_at": due_at},
        )
        if is_new and due_at:
            wake()
    return delivery


def check_url(url: str, field: str, max_chars: int = MAX_URL_CHARS) -> None:
    """Validate a webhook URL. Its host name is resolved and checked when a message is sent.

    Raises:
        UserError: too long, not https (http is allowed with STUDIO_PRIVATE_WEBHOOKS), no host, port 0, a user name in
            it, spaces, or characters that are not printable ASCII.
    """
    schemes = ("http", "https") if settings.STUDIO_PRIVATE_WEBHOOKS else ("https",)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        sentence = _("Enter a web address that begins with https://, such as {example}.")
        raise UserError(sentence.format(example="https://example.com/hooks/bgm"), field, code="invalid_url")
    if len(url) > max_chars:
        sentence = _("The address is too long. Use at most {limit} characters.").format(limit=f"{max_chars:,}")
        raise UserError(sentence, field, code="too_long")


def wake() -> None:
    """Enqueue the sender. A running sender checks for due messages again after it has released its lease."""
    if not claims.is_claimed(SENDER, LEASE):
        async_task(TASK)
