"""What is told, and to whom: a row for each webhook that wants it, in the transaction of the change.

The row is the outbox: gone with a rollback, and there however the process dies after the commit.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import Generation, Project, State, Webhook, WebhookMessage
from generator.workflow import heartbeat
from generator.workflow.refused import Refused

TASK = "generator.workflow.tasks.send_webhooks"
SENDER, LEASE = "webhooks", dt.timedelta(seconds=30)
MOST_URL, MOST_ASKED_URL = 1000, 2000

EVENTS: Mapping[str, str] = {
    "generation.ready": "A generation has ended and its takes are there",
    "generation.failed": "A generation could not be made",
    "generation.cancelled": "A generation was cancelled",
    "generation.in_doubt": "It is unclear whether a provider makes it: a person decides",
    "track.created": "A take can be played, whether its siblings are done or not",
    "track.approved": "A track was approved for use",
    "track.withdrawn": "An approval was withdrawn",
    "budget.warning": "A cap on the project, or on a member in it, fills up",
}
TEST = "webhook.test"
ASKED = "prediction"  # a program's own ?webhook=, in the words of its vendor
TOLD_STATES = {
    State.READY: "generation.ready",
    State.FAILED: "generation.failed",
    State.CANCELLED: "generation.cancelled",
    State.IN_DOUBT: "generation.in_doubt",
}


def tell(project: Project, event: str, generation: Generation | None = None, **facts: Any) -> None:
    """Write down what a project's webhooks are to be told; call it in the transaction of the change."""
    now = timezone.now()
    rows = [
        WebhookMessage(
            project=project,
            webhook=hook,
            generation=generation,
            event=event,
            facts=facts,
            at=now,
            due_at=None if hook.paused_at else now,
        )
        for hook in Webhook.objects.filter(project=project)
        if hook.hears(event)
    ]
    WebhookMessage.objects.bulk_create(rows)
    if any(row.due_at for row in rows):
        wake()


def moved(generation: Generation, to: State) -> None:
    """Tell that a generation has come to a state; call it in the transaction that moved it."""
    if to in TOLD_STATES:
        tell(generation.project, TOLD_STATES[to], generation)
    if to in State.ended():
        waiting = WebhookMessage.objects.filter(generation=generation, webhook=None, attempts=0, due_at=None)
        if waiting.update(due_at=timezone.now()):
            wake()


def ask_for(generation: Generation, url: str, base: str = "") -> WebhookMessage:
    """Have one address told, once, how a generation ends, as WaveSpeed tells it; asking twice is asking once.

    Call it right after the submit, in its transaction or after it. It is signed with the secret of the key that asked.
    `base`: the studio's address as the program knows it, without a slash at its end; the links inside begin with it.

    Raises:
        Refused: not an address that can be told (`field` is "webhook"), or no key has asked for the generation.
    """
    check_url(url, "webhook", MOST_ASKED_URL)
    if generation.key is None:
        raise Refused("Only what was asked for with an API key can be told to a webhook.", "webhook")
    with transaction.atomic():
        # The lock makes it either before or after the end, which releases what waits.
        state = Generation.objects.select_for_update().values_list("state", flat=True).get(pk=generation.pk)
        due_at = timezone.now() if state in State.ended() else None
        found, is_new = WebhookMessage.objects.get_or_create(
            generation=generation,
            url=url,
            webhook=None,
            defaults={"project": generation.project, "event": ASKED, "base": base, "due_at": due_at},
        )
        if is_new and due_at:
            wake()
    return found


def check_url(url: str, field: str, most: int = MOST_URL) -> None:
    """Refuse what is no web address to tell; where its name leads is looked at when something is sent.

    Raises:
        Refused: too long, not https (http where private addresses are allowed), no host, a name and password in it.
    """
    schemes = ("http", "https") if settings.STUDIO_PRIVATE_WEBHOOKS else ("https",)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise Refused("Give a web address that begins with https://, such as https://example.com/hooks/bgm.", field)
    if len(url) > most:
        raise Refused(f"The address is too long: at most {most:,} characters.", field)


def wake() -> None:
    """Have somebody send what is due; a running sender looks again after it has let go of its lease."""
    if not heartbeat.is_claimed(SENDER, LEASE):
        async_task(TASK)
