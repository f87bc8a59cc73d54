"""Sending what is due: one asyncio loop, for as long as something is due or on its way, at most about 45 seconds.

    claim   move `due_at` ahead, count the attempt and write the try down: before anything leaves
    send    one POST, TIMEOUT altogether, no redirect followed, public addresses only, at most MOST_REPLY read
    note    2xx: delivered. Anything else: again after WAITS, or when `Retry-After` says; after the last try given up

What if the process dies here? Before the claim's commit nothing has happened. After it the claim runs out and the
message goes out again, under the same id: delivered at least once, never promised to be once, nor in order. A try whose
end nobody noted says so in the log. One loop holds the lease; a second one leaves at once.
"""

import asyncio
import datetime as dt
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import NewsKind, Webhook, WebhookMessage, WebhookTry
from generator.providers import guarded, http
from generator.providers.base import Patience
from generator.providers.outside import plain
from generator.workflow import heartbeat, news
from generator.workflow.refused import Refused
from generator.workflow.warnings import owners
from generator.workflow.webhooks import bodies, signing
from generator.workflow.webhooks.endpoints import set_aside
from generator.workflow.webhooks.events import LEASE, MOST_ASKED_URL, SENDER, TASK, TEST, check_url

log = logging.getLogger(__name__)

SECONDS = 45.0
TICK = 0.3
AT_ONCE = 40
AT_ONCE_EACH = 10  # of them for one project, so that nobody waits for somebody else's slow receiver
TIMEOUT = 10.0
CLAIM = dt.timedelta(seconds=60)  # longer than any send
MOST_REPLY = 2_000  # bytes of an answer that are read and kept
WAITS = (5, 60, 300, 1_800, 7_200, 18_000, 28_800, 28_800)  # seconds between tries: almost a day altogether
MOST_ATTEMPTS = len(WAITS) + 1
JITTER = 0.2  # of each wait is added by chance
MOST_WAIT = 6 * 3600.0  # the longest Retry-After that is heeded
PATIENCE = dt.timedelta(days=3)  # a webhook that fails for so long,
FAILURES = 10  # and so many times in a row, is paused
GONE = 410


UNSIGNED = (
    "Its secret cannot be read, so it was not sent: SECRET_KEY has changed. Put the old one into SECRET_KEY_FALLBACKS, "
    "or give the webhook a new secret."
)


@dataclass(frozen=True)
class Parcel:
    """A claimed message, ready to leave."""

    message: WebhookMessage
    attempt: WebhookTry
    url: str
    body: bytes
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What came of a try: an HTTP status or a sentence, the beginning of the answer, and the wait it asks for."""

    status: int | None = None
    error: str = ""
    reply: str = ""
    wait: float = 0.0
    ms: int = 0

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def run(seconds: float = SECONDS) -> None:
    """Send what is due, unless somebody does already; then wake a successor if something is due again."""
    is_alone = False
    try:
        with heartbeat.only_one(SENDER, lease=LEASE) as held:
            if is_alone := held is not None:
                async_to_sync(_loop)(seconds, held)  # its database work runs in this thread, on its connection
    finally:
        if is_alone and _due().exists():
            async_task(TASK)


def _due() -> QuerySet[WebhookMessage]:
    return WebhookMessage.objects.filter(due_at__lte=timezone.now())


def is_waited_for(since: dt.datetime) -> bool:
    """Whether something has been due since then: nobody is on its way to it."""
    return WebhookMessage.objects.filter(due_at__lte=since).exists()


async def _loop(seconds: float, held: heartbeat.Claim) -> None:
    began = time.monotonic()
    flying: dict[asyncio.Task[None], int] = {}
    while True:
        if time.monotonic() - began < seconds and not held.is_lost:
            for parcel in await sync_to_async(claim)(AT_ONCE - len(flying), Counter(flying.values())):
                flying[asyncio.create_task(_deliver(parcel))] = parcel.message.project_id
        if not flying:
            return
        done, _ = await asyncio.wait(flying, timeout=TICK, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            del flying[one]


async def _deliver(parcel: Parcel) -> None:
    try:
        outcome = await send(parcel)
        await sync_to_async(note)(parcel.message, parcel.attempt, outcome)
    except Exception:
        # A defect of ours must not stop the loop: the message is claimed again when its claim has run out.
        log.exception("sending %s failed", parcel.message)


# --- claim ---


def claim(room: int, flying: Counter[int]) -> list[Parcel]:
    """Take due messages, the longest-waiting first, at most AT_ONCE_EACH of a project under way at once."""
    busy = Counter(flying)
    parcels: list[Parcel] = []
    full = [project for project, count in busy.items() if count >= AT_ONCE_EACH]
    rows = _due().exclude(project__in=full).order_by("due_at", "id").values_list("pk", "project", "due_at")
    for pk, project, due_at in rows[: 4 * max(room, 0)]:
        if len(parcels) < room and busy[project] < AT_ONCE_EACH and (parcel := _take(pk, due_at)):
            parcels.append(parcel)
            busy[project] += 1
    return parcels


def _take(pk: int, due_at: dt.datetime | None) -> Parcel | None:
    now = timezone.now()
    with transaction.atomic():
        mine = WebhookMessage.objects.filter(pk=pk, due_at=due_at)
        if not mine.update(due_at=now + CLAIM, attempts=F("attempts") + 1):
            return None
        attempt = WebhookTry.objects.create(message_id=pk, at=now)
    related = ("project", "webhook", "generation__key", "generation__author", "generation__model__provider")
    message = WebhookMessage.objects.select_related(*related).get(pk=pk)
    if message.attempts > MOST_ATTEMPTS:  # nobody lived to note what came of the others
        note(message, attempt, Outcome(error="The studio stopped at every try; given up."))
        return None
    try:
        return _parcel(message, attempt)
    except signing.NoSecret:
        note(message, attempt, Outcome(error=UNSIGNED))
        return None
    except Exception:  # one message that cannot be written must not keep the others
        log.exception("writing %s failed", message)
        note(message, attempt, Outcome(error="The studio could not write this message; its log says why."))
        return None


def _parcel(message: WebhookMessage, attempt: WebhookTry) -> Parcel:
    if not message.body:
        message.body = bodies.body_of(message)
        WebhookMessage.objects.filter(pk=message.pk).update(body=message.body)
    body, at = message.body.encode(), int(attempt.at.timestamp())
    if message.webhook:
        signature = signing.standard(message.message_id, at, body, message.webhook.secrets)
    else:
        key = message.generation and message.generation.key
        signature = signing.wavespeed(message.message_id, at, body, key.webhook_secret if key else "")
    return Parcel(message, attempt, message.target, body, signing.headers(message.message_id, at, signature))


# --- send ---


async def send(parcel: Parcel) -> Outcome:
    """POST a message once; every way it can go wrong is an outcome."""
    try:
        check_url(parcel.url, "url", MOST_ASKED_URL)  # what was allowed once need not be any more
    except Refused as refused:
        return Outcome(error=refused.sentence)
    began = time.monotonic()
    status, wait, error = None, 0.0, ""
    read = bytearray()
    try:
        async with asyncio.timeout(TIMEOUT), http.client(public_only=not settings.STUDIO_PRIVATE_WEBHOOKS) as client:
            patience = Patience(connect=TIMEOUT)
            sent: dict[str, Any] = {"headers": parcel.headers, "content": parcel.body}
            async with http.opened(client, "POST", parcel.url, patience=patience, seconds=TIMEOUT, **sent) as answer:
                status, wait = answer.status_code, _asked_wait(answer)
                await _beginning(answer, read)
    except TimeoutError:
        error = f"It did not answer within {TIMEOUT:.0f} seconds."
    except httpx.ConnectError as failed:
        error = _why_not(failed)
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, UnicodeError) as failed:
        error = f"The connection broke off before it answered ({type(failed).__name__})."
    if status is not None:  # the answer is its status, however the rest of it came
        error = "" if 200 <= status < 300 else _refusal(status)
    reply = plain(read[:MOST_REPLY].decode("utf-8", "replace"))
    return Outcome(status, error, reply, wait, round((time.monotonic() - began) * 1000))


def _asked_wait(answer: httpx.Response) -> float:
    return http.retry_after(answer.headers, 0.0, MOST_WAIT) if answer.status_code >= 300 else 0.0


async def _beginning(answer: httpx.Response, read: bytearray) -> None:
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= MOST_REPLY:
            return


def _why_not(failed: httpx.ConnectError) -> str:
    if isinstance(failed.__cause__, guarded.PrivateAddress):
        return "Its name leads into a private network; webhooks go to public addresses only."
    return "No connection could be made to it."


def _refusal(status: int) -> str:
    if status == GONE:
        return "It answered 410: it wants no more messages."
    if 300 <= status < 400:
        return f"It answered {status}; redirects are not followed."
    return f"It answered {status}; only 2xx counts as delivered."


# --- note ---


def note(message: WebhookMessage, attempt: WebhookTry, outcome: Outcome) -> None:
    """Write down what came of a try, and what is to come of the message and its webhook."""
    now = timezone.now()
    said = {"status": outcome.status, "error": outcome.error, "reply": outcome.reply, "ms": outcome.ms}
    row = WebhookMessage.objects.filter(pk=message.pk)
    with transaction.atomic():
        if not WebhookTry.objects.filter(pk=attempt.pk).update(ended_at=now, **said):
            return  # the webhook was deleted meanwhile, and all of it with it
        if outcome.is_good:
            row.update(delivered_at=now, due_at=None, given_up_at=None)
            _count_success(message)
            return
        mine = row.filter(attempts=message.attempts, due_at__isnull=False)
        if message.attempts >= MOST_ATTEMPTS or message.event == TEST or outcome.status == GONE:
            mine.update(due_at=None, given_up_at=now)
        else:
            mine.update(due_at=now + dt.timedelta(seconds=wait_after(message.attempts, outcome.wait)))
        if message.webhook_id and message.event != TEST:
            _count_failure(message.webhook_id, outcome, now)


def wait_after(attempts: int, asked: float = 0.0) -> float:
    """Seconds until the next try after so many: ever longer, by chance a little longer still, as long as was asked."""
    planned = WAITS[min(attempts, len(WAITS)) - 1]
    return max(planned * (1 + JITTER * random.random()), asked)


def _count_success(message: WebhookMessage) -> None:
    failing = Webhook.objects.filter(messages=message.pk, failures_in_a_row__gt=0)
    failing.update(failures_in_a_row=0, failing_since=None)


def _count_failure(webhook_id: int, outcome: Outcome, now: dt.datetime) -> None:
    hooks = Webhook.objects.filter(pk=webhook_id)
    hooks.update(failures_in_a_row=F("failures_in_a_row") + 1, failing_since=Coalesce("failing_since", now))
    hook = hooks.select_related("project").get()
    long_enough = hook.failing_since and hook.failing_since <= now - PATIENCE
    if outcome.status == GONE:
        why = outcome.error
    elif long_enough and hook.failures_in_a_row >= FAILURES:
        why = f"{hook.failures_in_a_row} tries in a row failed, since {hook.failing_since:%-d %B}. {outcome.error}"
    else:
        return
    if set_aside(hook, why):
        _tell_owners(hook, why)


def _tell_owners(hook: Webhook, why: str) -> None:
    """In the studio now, and with the next mail: nothing is mailed while a transaction is open."""
    text = f"The webhook “{hook.name}” of {hook.project.name} is paused: {why} What happens meanwhile is kept for it."
    for owner in owners(hook.project):
        news.tell(owner, NewsKind.WEBHOOK, text, reverse("webhook", args=[hook.ref]), project=hook.project)
