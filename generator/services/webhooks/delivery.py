"""Delivery of due webhook messages: one asyncio loop, for at most about 45 s while any are due or in flight.

    claim   move `due_at` ahead, count the attempt and record it, before anything is sent
    send    one POST within TIMEOUT_S in total, no redirects, public addresses only, at most MAX_REPLY_BYTES bytes read
    note    2xx: delivered. Anything else: retry after RETRY_DELAYS_S or `Retry-After`; give up after the last attempt

What if the process dies here? Before the claim commits, nothing has happened. After that, the claim expires and the
message is sent again under the same id: at least once, with no promise of exactly once or of order. The log shows an
attempt without an outcome as such. One loop holds the lease; a second one exits at once.
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
from django.utils.translation import gettext as _
from django_q.tasks import async_task

from generator.models import DeliveryAttempt, NotificationKind, Webhook, WebhookDelivery
from generator.providers import http, ssrf_guard
from generator.providers.base import Patience
from generator.providers.sanitize import plain
from generator.services.background import claims
from generator.services.billing.budget_alerts import owners
from generator.services.errors import UserError
from generator.services.team import notifications
from generator.services.webhooks import payloads, signing
from generator.services.webhooks.endpoints import set_aside
from generator.services.webhooks.events import LEASE, MAX_REQUEST_URL_CHARS, SENDER, TASK, TEST, check_url

log = logging.getLogger(__name__)

RUN_TIME_S = 45.0
TICK_S = 0.3
MAX_CONCURRENT_DELIVERIES = 40
MAX_CONCURRENT_PER_PROJECT = 10  # per project, so that a slow receiver of one project does not delay the others
TIMEOUT_S = 10.0
CLAIM_TIMEOUT = dt.timedelta(seconds=60)  # longer than any send
MAX_REPLY_BYTES = 2_000  # bytes of a response that are read and stored
RETRY_DELAYS_S = (5, 60, 300, 1_800, 7_200, 18_000, 28_800, 28_800)  # seconds between attempts: almost a day in total
MAX_ATTEMPTS = len(RETRY_DELAYS_S) + 1
JITTER = 0.2  # random share of each wait that is added to it, at most
MAX_RETRY_AFTER_S = 6 * 3600.0  # the longest Retry-After that is honored
MAX_FAILING_TIME = dt.timedelta(days=3)  # a webhook that fails for this long,
MAX_FAILURES = 10  # and this many times in a row, is paused
HTTP_GONE = 410


PRIVATE = "The host is in a private network; webhooks are sent only to public addresses."
UNSIGNED = (
    "Not sent: the secret cannot be read, because SECRET_KEY has changed. Add the old key to SECRET_KEY_FALLBACKS, "
    "or give the webhook a new secret."
)


@dataclass(frozen=True)
class PreparedDelivery:
    """A claimed delivery, ready to be sent."""

    delivery: WebhookDelivery
    attempt: DeliveryAttempt
    url: str
    body: bytes
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt: HTTP status or error, start of the response, requested wait (s), duration (`ms`)."""

    status: int | None = None
    error: str = ""
    reply: str = ""
    wait: float = 0.0
    ms: int = 0

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def run(seconds: float = RUN_TIME_S) -> None:
    """Send due messages, unless another loop is running. Enqueue a successor if more are due afterwards."""
    is_alone = False
    try:
        with claims.exclusive(SENDER, lease=LEASE) as claim:
            if is_alone := claim is not None:
                async_to_sync(_loop)(seconds, claim)  # its database work runs in this thread, with its connection
    finally:
        if is_alone and _due().exists():
            async_task(TASK)


def _due() -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(due_at__lte=timezone.now())


def is_waited_for(since: dt.datetime) -> bool:
    """Return whether a message has been due since that moment, which means that no loop is sending it."""
    return WebhookDelivery.objects.filter(due_at__lte=since).exists()


async def _loop(seconds: float, sender_claim: claims.Claim) -> None:
    began = time.monotonic()
    in_flight: dict[asyncio.Task[None], int] = {}
    while True:
        if time.monotonic() - began < seconds and not sender_claim.is_lost:
            for prepared in await sync_to_async(claim)(
                MAX_CONCURRENT_DELIVERIES - len(in_flight), Counter(in_flight.values())
            ):
                in_flight[asyncio.create_task(_deliver(prepared))] = prepared.delivery.project_id
        if not in_flight:
            return
        done, _ = await asyncio.wait(in_flight, timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            del in_flight[task]


async def _deliver(prepared: PreparedDelivery) -> None:
    try:
        outcome = await send(prepared)
        await sync_to_async(note)(prepared.delivery, prepared.attempt, outcome)
    except Exception:
        # A bug must not stop the loop. The message is claimed again when its claim expires.
        log.exception("sending %s failed", prepared.delivery)


# --- claim ---


def claim(limit: int, in_flight: Counter[int]) -> list[PreparedDelivery]:
    """Claim at most `limit` due deliveries, the longest-waiting first, MAX_CONCURRENT_PER_PROJECT in flight at most."""
    busy = Counter(in_flight)
    claimed: list[PreparedDelivery] = []
    full = [project for project, count in busy.items() if count >= MAX_CONCURRENT_PER_PROJECT]
    rows = _due().exclude(project__in=full).order_by("due_at", "id").values_list("pk", "project", "due_at")
    for pk, project, due_at in rows[: 4 * max(limit, 0)]:
        if (
            len(claimed) < limit
            and busy[project] < MAX_CONCURRENT_PER_PROJECT
            and (prepared := _claim_delivery(pk, due_at))
        ):
            claimed.append(prepared)
            busy[project] += 1
    return claimed


def _claim_delivery(pk: int, due_at: dt.datetime | None) -> PreparedDelivery | None:
    now = timezone.now()
    with transaction.atomic():
        row = WebhookDelivery.objects.filter(pk=pk, due_at=due_at)
        if not row.update(due_at=now + CLAIM_TIMEOUT, attempts=F("attempts") + 1):
            return None
        attempt = DeliveryAttempt.objects.create(delivery_id=pk, at=now)
    related = ("project", "webhook", "generation__key", "generation__author", "generation__model__provider")
    delivery = WebhookDelivery.objects.select_related(*related).get(pk=pk)
    if delivery.attempts > MAX_ATTEMPTS:  # the process died before it recorded the last outcome
        note(delivery, attempt, Outcome(error="The studio stopped during every attempt. There are no more attempts."))
        return None
    try:
        return _prepare(delivery, attempt)
    except signing.NoSecret:
        note(delivery, attempt, Outcome(error=UNSIGNED))
        return None
    except Exception:  # one message that cannot be built must not block the others
        log.exception("writing %s failed", delivery)
        note(delivery, attempt, Outcome(error="The studio could not create this message; the reason is in its log."))
        return None


def _prepare(delivery: WebhookDelivery, attempt: DeliveryAttempt) -> PreparedDelivery:
    if not delivery.body:
        delivery.body = payloads.body_of(delivery)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(body=delivery.body)
    body, timestamp = delivery.body.encode(), int(attempt.at.timestamp())
    if delivery.webhook:
        signature = signing.standard(delivery.message_id, timestamp, body, delivery.webhook.secrets)
    else:
        key = delivery.generation and delivery.generation.key
        signature = signing.wavespeed(delivery.message_id, timestamp, body, key.webhook_secret if key else "")
    return PreparedDelivery(
        delivery, attempt, delivery.target, body, signing.headers(delivery.message_id, timestamp, signature)
    )


# --- send ---


async def send(prepared: PreparedDelivery) -> Outcome:
    """POST a message once. Every failure is returned as an outcome."""
    try:
        check_url(prepared.url, "url", MAX_REQUEST_URL_CHARS)  # the rules may have become stricter since
    except UserError as invalid:
        return Outcome(error=invalid.sentence)
    began = time.monotonic()
    status, wait, error = None, 0.0, ""
    read = bytearray()
    try:
        async with asyncio.timeout(TIMEOUT_S), http.client(public_only=not settings.STUDIO_PRIVATE_WEBHOOKS) as client:
            patience = Patience(connect=TIMEOUT_S)
            content: dict[str, Any] = {"headers": prepared.headers, "content": prepared.body}
            async with http.open_request(
                client, "POST", prepared.url, patience=patience, seconds=TIMEOUT_S, **content
            ) as answer:
                status, wait = answer.status_code, _retry_after(answer)
                await _beginning(answer, read)
    except TimeoutError:
        error = f"No response within {TIMEOUT_S:.0f} seconds."
    except httpx.ConnectError as failed:
        error = _explain_failure(failed)
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError, UnicodeError) as failed:
        error = f"The connection ended without a response ({type(failed).__name__})."
    if status is not None:  # the status decides, even if reading the body failed
        error = "" if 200 <= status < 300 else _refusal(status)
    reply = plain(read[:MAX_REPLY_BYTES].decode("utf-8", "replace"))
    return Outcome(status, error, reply, wait, round((time.monotonic() - began) * 1000))


def _retry_after(answer: httpx.Response) -> float:
    return http.retry_after(answer.headers, 0.0, MAX_RETRY_AFTER_S) if answer.status_code >= 300 else 0.0


async def _beginning(answer: httpx.Response, read: bytearray) -> None:
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= MAX_REPLY_BYTES:
            return


def _explain_failure(failed: httpx.ConnectError) -> str:
    if isinstance(failed.__cause__, ssrf_guard.PrivateAddress):
        return PRIVATE
    return "Could not connect."


def _refusal(status: int) -> str:
    if status == HTTP_GONE:
        return "Response 410: the receiver wants no more messages."
    if 300 <= status < 400:
        return f"Response {status}: redirects are not followed."
    return f"Response {status}: only 2xx counts as delivered."


# --- note ---


def note(delivery: WebhookDelivery, attempt: DeliveryAttempt, outcome: Outcome) -> None:
    """Record the outcome of an attempt, and update the message and its webhook."""
    now = timezone.now()
    columns = {"status": outcome.status, "error": outcome.error, "reply": outcome.reply, "ms": outcome.ms}
    row = WebhookDelivery.objects.filter(pk=delivery.pk)
    with transaction.atomic():
        if not DeliveryAttempt.objects.filter(pk=attempt.pk).update(ended_at=now, **columns):
            return  # the webhook and its messages were deleted meanwhile
        if outcome.is_good:
            row.update(delivered_at=now, due_at=None, given_up_at=None)
            _count_success(delivery)
            return
        pending = row.filter(attempts=delivery.attempts, due_at__isnull=False)
        if delivery.attempts >= MAX_ATTEMPTS or delivery.event == TEST or outcome.status == HTTP_GONE:
            pending.update(due_at=None, given_up_at=now)
        else:
            pending.update(due_at=now + dt.timedelta(seconds=wait_after(delivery.attempts, outcome.wait)))
        if delivery.webhook_id and delivery.event != TEST:
            _count_failure(delivery.webhook_id, outcome, now)


def wait_after(attempts: int, requested: float = 0.0) -> float:
    """Return seconds until the next attempt: the planned wait with jitter, or `requested` if that is longer."""
    planned = RETRY_DELAYS_S[min(attempts, len(RETRY_DELAYS_S)) - 1]
    return max(planned * (1 + JITTER * random.random()), requested)


def _count_success(delivery: WebhookDelivery) -> None:
    failing = Webhook.objects.filter(deliveries=delivery.pk, failures_in_a_row__gt=0)
    failing.update(failures_in_a_row=0, failing_since=None)


def _count_failure(webhook_id: int, outcome: Outcome, now: dt.datetime) -> None:
    rows = Webhook.objects.filter(pk=webhook_id)
    rows.update(failures_in_a_row=F("failures_in_a_row") + 1, failing_since=Coalesce("failing_since", now))
    webhook = rows.select_related("project").get()
    long_enough = webhook.failing_since and webhook.failing_since <= now - MAX_FAILING_TIME
    if outcome.status == HTTP_GONE:
        reason = outcome.error
    elif long_enough and webhook.failures_in_a_row >= MAX_FAILURES:
        reason = (
            f"{webhook.failures_in_a_row} attempts in a row failed since {webhook.failing_since:%B %-d}. "
            f"{outcome.error}"
        )
    else:
        return
    if set_aside(webhook, reason):
        _notify_owners(webhook, reason)


def _notify_owners(webhook: Webhook, reason: str) -> None:
    """Notify the owners in the studio now and by the next mail: no mail is sent while a transaction is open."""
    sentence = _("The webhook “{name}” in {project} was paused: {reason} New events are kept until it is resumed.")
    text = sentence.format(name=webhook.name, project=webhook.project.name, reason=reason)
    for owner in owners(webhook.project):
        notifications.notify(
            owner, NotificationKind.WEBHOOK, text, reverse("webhook", args=[webhook.public_id]), project=webhook.project
        )
