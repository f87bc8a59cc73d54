"""Remote work: one asyncio loop submits, polls and reads streams for everything that is due, for about 45 seconds
(longer only while a submit or a stream it began is still open; nothing new is begun then).

    claim       move `due_at` ahead; whoever moved it has the row until then
    queued      write the attempt, then submit: at most once, whatever happens after
    submitting  someone died between the attempt and the answer: in doubt
    running     poll, or ask after a lost stream
    in doubt    look for it at the provider; adopt it if it is there; else it waits for a person

One loop holds the lease `sweep`; a second one started by mistake leaves at once. What if the process dies here? Claims
run out within CLAIM seconds and the next sweep goes on; a submit under way is the one thing that is never repeated.
"""

import asyncio
import datetime as dt
import logging
import time
from collections import Counter

import httpx
from asgiref.sync import async_to_sync, sync_to_async
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import Generation, Heartbeat, State
from generator.models.generation import GenerationQuerySet
from generator.providers import http
from generator.workflow import attend, catalogue, queue

log = logging.getLogger(__name__)

SECONDS = 45.0
TICK = 0.2
AT_ONCE = 64  # coroutines, each with its own connection
CLAIM = 40.0  # seconds a claim lasts; longer than the longest single request
LEASE = dt.timedelta(seconds=15)
RELATED = ("model__provider", "project", "author", "price", "prompt", "action__reference", "action__track")


def run(seconds: float = SECONDS) -> None:
    """Run the loop while there is remote work, then wake a successor if some is left."""
    if not _take_lease():
        return
    try:
        async_to_sync(_loop)(seconds)  # its database work runs in this thread, on this worker's connection
    finally:
        Heartbeat.objects.filter(name="sweep").update(at=timezone.now() - LEASE)
    if _under_way().exists():
        async_task(queue.SWEEP, timeout=queue.SWEEP_TIMEOUT)


def _take_lease() -> bool:
    now = timezone.now()
    Heartbeat.objects.get_or_create(name="sweep", defaults={"at": now - 2 * LEASE})
    return bool(Heartbeat.objects.filter(name="sweep", at__lte=now - LEASE).update(at=now))


def _renew_lease() -> None:
    Heartbeat.objects.filter(name="sweep").update(at=timezone.now())


def _under_way() -> GenerationQuerySet:
    """Remote work that this loop is for: active and in the sweep's hands, or to be looked for."""
    return Generation.objects.filter(
        Q(state__in=(State.QUEUED, State.SUBMITTING, State.RUNNING)) | Q(state=State.IN_DOUBT, due_at__isnull=False)
    ).exclude(model__provider__key__in=catalogue.local_keys())


async def _loop(seconds: float) -> None:
    todo: asyncio.Queue[Generation] = asyncio.Queue()
    busy: dict[int, str] = {}
    workers = [asyncio.create_task(_worker(todo, busy)) for _ in range(AT_ONCE)]
    ends = time.monotonic() + seconds
    renewed = 0.0
    try:
        while time.monotonic() < ends or State.QUEUED in busy.values():
            if time.monotonic() - renewed > LEASE.total_seconds() / 3:
                renewed = time.monotonic()
                await sync_to_async(_renew_lease)()
            new_work = time.monotonic() < ends
            claimed = await sync_to_async(_claim)(AT_ONCE * 2 - todo.qsize(), busy, new_work)
            for generation in claimed:
                busy[generation.pk] = generation.state
                todo.put_nowait(generation)
            if not claimed and not busy and not await sync_to_async(_under_way().exists)():
                break
            await asyncio.sleep(TICK)
        await todo.join()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


def _claim(room: int, busy: dict[int, str], new_work: bool) -> list[Generation]:
    """Take due rows: those under way first, then (if wanted) new ones, people with the least in flight first."""
    if room <= 0:
        return []
    now = timezone.now()
    due = _under_way().filter(due_at__lte=now).exclude(pk__in=busy)
    rows = list(due.order_by("due_at", "id").values_list("pk", "due_at", "state", "author", "model__provider")[:500])
    flying = Counter(_under_way().exclude(state=State.QUEUED).values_list("author", flat=True))
    resting = set(attend.resting())
    rows = [row for row in rows if row[2] != State.QUEUED or (new_work and row[4] not in resting)]
    rows.sort(key=lambda row: (row[2] == State.QUEUED, flying[row[3]]))
    until = now + dt.timedelta(seconds=CLAIM)
    mine = [
        pk for pk, due_at, *_ in rows[:room] if Generation.objects.filter(pk=pk, due_at=due_at).update(due_at=until)
    ]
    return list(Generation.objects.filter(pk__in=mine).select_related(*RELATED)) if mine else []


async def _worker(todo: asyncio.Queue[Generation], busy: dict[int, str]) -> None:
    connection: httpx.AsyncClient = http.client()
    async with connection:
        while True:
            generation = await todo.get()
            try:
                await attend.attend(generation, connection)
            except Exception:
                # A defect of ours must not stop the loop: the row is claimed again when its time comes.
                log.exception("attending to %s failed", generation.ref)
            finally:
                busy.pop(generation.pk, None)
                todo.task_done()
