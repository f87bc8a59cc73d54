"""The poller: one asyncio loop submits, polls and reads streams for all due remote work, for about 45 seconds.

    claim       move `due_at` ahead; the worker that moved it owns the row until then. A running job's claim lasts
                until its next poll, so a poll without changes writes nothing
    queued      record the attempt, then submit: at most once, whatever happens afterwards
    submitting  a process died between the attempt and the answer: in doubt
    running     poll, or recover a lost stream
    in doubt    search for it at the provider, or poll by its id, at growing intervals for a week; then a person decides

One loop holds the name `sweep` (`heartbeat`); a second one started by mistake exits at once. While a submit or a
stream is open, the loop continues up to MAX_RUN_TIME_S. Then it hands all other work to a successor and only finishes
its streams, so no work waits for another's stream. What if the process dies here? Claims expire (a poll's within
seconds, a submit's within STREAM_CLAIM_S) and the next sweep continues. A started submit is never repeated; its
claim is renewed for as long as this process lives.
"""

import asyncio
import datetime as dt
import logging
import time
from collections import Counter, defaultdict
from contextlib import ExitStack

from asgiref.sync import async_to_sync, sync_to_async
from django.db.models import Q, prefetch_related_objects
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import Generation, MusicModel, ProviderAccount, State
from generator.models.generation import GenerationQuerySet
from generator.providers import http
from generator.providers.base import Limited
from generator.services.background import claims as background_claims
from generator.services.background import job_queue
from generator.services.connectors import pinning
from generator.services.generation import states
from generator.services.provider_jobs import backoff, catalog, circuit_breaker, job_runner, waiting_reasons

log = logging.getLogger(__name__)

RUN_TIME_S = 45.0
MAX_RUN_TIME_S = 240.0  # with the longest stream (900 s) still within job_queue.SWEEP_TIMEOUT_S
TICK_S = 0.2
MAX_CONCURRENT_POLLS = 96  # coroutines, each with its own connection
MAX_CONCURRENT_SUBMITS = 48  # at most this many with a submit or an open stream, so that polls never wait for streams
CLAIM_S = 40.0  # seconds that a claim lasts, except a poll's
CONNECTION_IDLE_S = 70.0  # the loop does not stay for work due later than this
MAX_CONSIDERED_ROWS = 500  # number of queued rows that the fair ordering considers
_Row = tuple[int, int, int]  # primary keys of a generation, its author and its account


def run(seconds: float = RUN_TIME_S) -> None:
    """Run the loop while there is remote work, then wake a successor if some is left."""
    with ExitStack() as lease:
        if lease.enter_context(background_claims.exclusive(job_queue.SWEEPER, lease=job_queue.SWEEP_LEASE)):
            async_to_sync(_loop)(seconds, lease)  # database work runs on this thread's connection


def _start_successor(lease: ExitStack) -> None:
    lease.close()
    if _is_needed():
        async_task(job_queue.SWEEP, timeout=job_queue.SWEEP_TIMEOUT_S)


def _renew_claims(busy: dict[int, str]) -> bool:
    """Renew the claims of open requests and streams: slow ones are neither dead nor in doubt."""
    now = timezone.now()
    open_requests = list(busy.items())
    streams = [pk for pk, state in open_requests if state == State.QUEUED]
    sending = Q(pk__in=[pk for pk, _ in open_requests], state=State.SUBMITTING) | Q(pk__in=streams, state=State.RUNNING)
    rows = Generation.objects.filter(sending, due_at__lt=states.later(now, CLAIM_S))
    rows.update(due_at=states.later(now, CLAIM_S))
    return True


def _under_way() -> GenerationQuerySet:
    """Return the remote work of this loop, including jobs to search for; each row has a `due_at`."""
    return Generation.objects.filter(
        due_at__isnull=False, state__in=(State.QUEUED, State.SUBMITTING, State.RUNNING, State.IN_DOUBT)
    ).exclude(model__provider__key__in=catalog.local_keys())


def _is_needed() -> bool:
    """Return whether a loop must stay; work that is due later wakes one by itself (`cancellation.rescue`)."""
    now = timezone.now()
    soon, later = states.later(now, 5), states.later(now, CONNECTION_IDLE_S)
    waits = Q(state=State.QUEUED) & (
        Q(model__provider__in=circuit_breaker.resting()) | Q(model__in=waiting_reasons.disputed_models())
    )
    is_due_soon = Q(due_at__lte=soon) | (~Q(state=State.IN_DOUBT) & Q(due_at__lte=later))
    return _under_way().filter(is_due_soon).exclude(waits).exists()


async def _loop(seconds: float, lease: ExitStack) -> None:
    todo: asyncio.Queue[Generation] = asyncio.Queue()
    busy: dict[int, str] = {}
    with background_claims.keep_heartbeat(lambda: _renew_claims(busy), dt.timedelta(seconds=CLAIM_S)):
        await _work(todo, busy, seconds, lease)


async def _work(todo: asyncio.Queue[Generation], busy: dict[int, str], seconds: float, lease: ExitStack) -> None:
    workers = [asyncio.create_task(_worker(todo, busy)) for _ in range(MAX_CONCURRENT_POLLS)]
    try:
        try:
            await _claim_in_turns(todo, busy, seconds)
        finally:
            await sync_to_async(_start_successor)(lease)
        await todo.join()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _claim_in_turns(todo: asyncio.Queue[Generation], busy: dict[int, str], seconds: float) -> None:
    """Claim due work in turns until the time is over or no work is left."""
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds or (
        elapsed < MAX_RUN_TIME_S and State.QUEUED in busy.values()
    ):
        claimed = await sync_to_async(_claim)(MAX_CONCURRENT_POLLS * 2 - todo.qsize(), busy)
        for generation in claimed:
            busy[generation.pk] = generation.state
            todo.put_nowait(generation)
        if not claimed and not busy and not await sync_to_async(_is_needed)():
            return
        await asyncio.sleep(TICK_S)


def _claim(limit: int, busy: dict[int, str]) -> list[Generation]:
    """Claim due rows: accepted work first, then new work."""
    if limit <= 0:
        return []
    now = timezone.now()
    due = _under_way().filter(due_at__lte=now).exclude(pk__in=busy).order_by("due_at", "id")
    chosen = list(due.exclude(state=State.QUEUED)[:limit])
    sends = [pk for pk, state in busy.items() if state == State.QUEUED]
    chosen += _next_to_send(
        due.filter(state=State.QUEUED), min(limit - len(chosen), MAX_CONCURRENT_SUBMITS - len(sends)), sends
    )
    return _load_claimed(chosen, now) if chosen else []


def _next_to_send(queued: GenerationQuerySet, limit: int, under_way: list[int]) -> list[Generation]:
    """Return new work of available providers, favoring authors with the least remote work in progress.

    A half-open provider gets one job, and further ones once that job is accepted.
    """
    if limit <= 0:
        return []
    ready = queued.exclude(model__provider__in=circuit_breaker.resting()).exclude(
        model__in=waiting_reasons.disputed_models()
    )
    rows = _within_limits(list(ready.values_list("pk", "author", "model__provider")[:MAX_CONSIDERED_ROWS]), under_way)
    if len(rows) > limit:
        in_progress = Counter(_under_way().exclude(state=State.QUEUED).values_list("author", flat=True))
        rows.sort(key=lambda row: in_progress[row[1]])
    careful = circuit_breaker.half_open() if rows else set()
    if careful:
        sending = set(Generation.objects.filter(pk__in=under_way).values_list("model__provider", flat=True))
        first_by_provider = {provider: pk for pk, _, provider in reversed(rows) if provider not in sending}
        rows = [row for row in rows if row[2] not in careful or first_by_provider.get(row[2]) == row[0]]
    return list(queued.filter(pk__in=[row[0] for row in rows[:limit]]))


def _within_limits(rows: list[_Row], under_way: list[int]) -> list[_Row]:
    """Leave out new work of accounts that have as many open requests as their plan allows."""
    for account in ProviderAccount.objects.filter(pk__in={row[2] for row in rows}):
        most = _max_concurrent(account)
        if not most:
            continue
        is_open = Q(state__in=(State.SUBMITTING, State.RUNNING)) | Q(pk__in=under_way)
        room = max(most - Generation.objects.filter(is_open, model__provider=account).count(), 0)
        sendable = [row[0] for row in rows if row[2] == account.pk][:room]
        rows = [row for row in rows if row[2] != account.pk or row[0] in sendable]
    return rows


def _max_concurrent(account: ProviderAccount) -> int:
    """Return how many open requests an account allows; 0: no limit."""
    try:
        provider = catalog.provider_of(account.key)
    except KeyError:
        return 0
    if not isinstance(provider, Limited):
        return 0
    configured = catalog.with_account(provider, account)
    return configured.max_concurrent if isinstance(configured, Limited) else 0


def _load_claimed(chosen: list[Generation], now: dt.datetime) -> list[Generation]:
    """Claim these rows unless another worker has, and load the related rows they need.

    Each claim is its own statement without a transaction: on SQLite, a lock held during Python work blocks every
    collector.
    """
    # Many rows share a few models, so models are fetched once instead of joined.
    models = MusicModel.objects.select_related("provider").in_bulk({row.model_id for row in chosen})
    claims = defaultdict(list)
    for row in chosen:
        row.model = models[row.model_id]
        claims[_claim_of(row, now)].append(row)
    claimed = [
        row for seconds, rows in claims.items() for row in _postpone_claimed(rows, now, states.later(now, seconds))
    ]
    pinning.load(claimed, catalog.connector_keys())
    others = [row for row in claimed if row.state != State.RUNNING]
    prefetch_related_objects(others, "project", "author", "price", "prompt")
    prefetch_related_objects(
        [row for row in others if row.model.is_action], "provider_action__reference", "provider_action__track"
    )
    return claimed


def _postpone_claimed(rows: list[Generation], now: dt.datetime, until: dt.datetime) -> list[Generation]:
    """Return the rows whose `due_at` was moved by this call."""
    pks = [row.pk for row in rows]
    count = Generation.objects.filter(pk__in=pks, due_at__lte=now).update(due_at=until)
    if count == len(rows):
        return rows
    claimed = set(Generation.objects.filter(pk__in=pks, due_at=until).values_list("pk", flat=True))
    return [row for row in rows if row.pk in claimed]


def _claim_of(generation: Generation, now: dt.datetime) -> float:
    """Return the seconds until a row is due again, in whole ticks, so that few statements claim many rows."""
    wait = backoff.next_poll(generation, now) if generation.state == State.RUNNING else CLAIM_S
    return TICK_S * max(1, round(wait / TICK_S))


async def _worker(todo: asyncio.Queue[Generation], busy: dict[int, str]) -> None:
    generation = await todo.get()
    async with http.client() as connection:  # opened for the first job: most loops have work for a few workers only
        while True:
            try:
                await job_runner.advance(generation, connection)
            except Exception:
                # A bug must not stop the loop; the row is claimed again when due.
                log.exception("attending to %s failed", generation.public_id)
            finally:
                busy.pop(generation.pk, None)
                todo.task_done()
            generation = await todo.get()
