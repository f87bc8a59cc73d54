"""Remote work: one asyncio loop submits, polls and reads streams for everything that is due, for about 45 seconds.

    claim       move `due_at` ahead; whoever moved it has the row until then. A running job's next look is its claim,
                so a poll that brings no news writes nothing
    queued      write the attempt, then submit: at most once, whatever happens after
    submitting  someone died between the attempt and the answer: in doubt
    running     poll, or ask after a lost stream
    in doubt    look for it at the provider, or ask by its id; slower and slower, for a week; else a person decides

One loop holds the name `sweep` (`heartbeat`); a second one started by mistake leaves at once. While a submit or a
stream is open the loop goes on, up to LONGEST; then it hands everything else over to a successor and only hears its
streams out, so that nobody waits for somebody else's stream. What if the process dies here? Claims run out (a poll's
within seconds, a submit's within STREAM_CLAIM) and the next sweep goes on; a submit under way is the one thing that is
never repeated, and its claim is renewed for as long as this process lives.
"""

import asyncio
import datetime as dt
import logging
import time
from collections import Counter, defaultdict
from contextlib import ExitStack

import httpx
from asgiref.sync import async_to_sync, sync_to_async
from django.db.models import Q, prefetch_related_objects
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import Generation, MusicModel, State
from generator.models.generation import GenerationQuerySet
from generator.providers import http
from generator.workflow import attend, breaker, catalogue, heartbeat, queue, states, waiting

log = logging.getLogger(__name__)

SECONDS = 45.0
LONGEST = 240.0  # with the longest stream (900 s) still within queue.SWEEP_TIMEOUT
TICK = 0.2
AT_ONCE = 96  # coroutines, each with its own connection
SENDING = 48  # of them at most with a submit or an open stream: polls never wait for streams
CLAIM = 40.0  # seconds a claim lasts that is not a poll's
IDLE = 70.0  # seconds: a loop does not stay for what is looked at later than that
LOOK = 500  # how far down the queue fairness looks


def run(seconds: float = SECONDS) -> None:
    """Run the loop while there is remote work, then wake a successor if some is left."""
    with ExitStack() as lease:
        if lease.enter_context(heartbeat.only_one(queue.SWEEPER, lease=queue.SWEEP_LEASE)):
            async_to_sync(_loop)(seconds, lease)  # its database work runs in this thread, on this worker's connection


def _hand_over(lease: ExitStack) -> None:
    lease.close()
    if _is_needed():
        async_task(queue.SWEEP, timeout=queue.SWEEP_TIMEOUT)


def _keep_sending(busy: dict[int, str]) -> bool:
    """Renew the claims of requests and streams that are under way: slow is not dead, and not in doubt."""
    now = timezone.now()
    ours = list(busy.items())
    sent = [pk for pk, state in ours if state == State.QUEUED]
    sending = Q(pk__in=[pk for pk, _ in ours], state=State.SUBMITTING) | Q(pk__in=sent, state=State.RUNNING)
    rows = Generation.objects.filter(sending, due_at__lt=states.later(now, CLAIM))
    rows.update(due_at=states.later(now, CLAIM))
    return True


def _under_way() -> GenerationQuerySet:
    """Remote work that this loop is for: in the sweep's hands, or to be looked for; all of it has a `due_at`."""
    return Generation.objects.filter(
        due_at__isnull=False, state__in=(State.QUEUED, State.SUBMITTING, State.RUNNING, State.IN_DOUBT)
    ).exclude(model__provider__key__in=catalogue.local_keys())


def _is_needed() -> bool:
    """Whether a loop has to stay: what is not looked at for a while wakes one by itself (`control.rescue`)."""
    now = timezone.now()
    soon, later = states.later(now, 5), states.later(now, IDLE)
    waits = Q(state=State.QUEUED) & (Q(model__provider__in=breaker.resting()) | Q(model__in=waiting.disputed_models()))
    near = Q(due_at__lte=soon) | (~Q(state=State.IN_DOUBT) & Q(due_at__lte=later))
    return _under_way().filter(near).exclude(waits).exists()


async def _loop(seconds: float, lease: ExitStack) -> None:
    todo: asyncio.Queue[Generation] = asyncio.Queue()
    busy: dict[int, str] = {}
    with heartbeat.beating(lambda: _keep_sending(busy), dt.timedelta(seconds=CLAIM)):
        await _work(todo, busy, seconds, lease)


async def _work(todo: asyncio.Queue[Generation], busy: dict[int, str], seconds: float, lease: ExitStack) -> None:
    workers = [asyncio.create_task(_worker(todo, busy)) for _ in range(AT_ONCE)]
    try:
        try:
            await _turns(todo, busy, seconds)
        finally:
            await sync_to_async(_hand_over)(lease)
        await todo.join()
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


async def _turns(todo: asyncio.Queue[Generation], busy: dict[int, str], seconds: float) -> None:
    """Claim what is due, turn by turn, until the time is over or nothing is under way any more."""
    began = time.monotonic()
    while (gone := time.monotonic() - began) < seconds or (gone < LONGEST and State.QUEUED in busy.values()):
        claimed = await sync_to_async(_claim)(AT_ONCE * 2 - todo.qsize(), busy)
        for generation in claimed:
            busy[generation.pk] = generation.state
            todo.put_nowait(generation)
        if not claimed and not busy and not await sync_to_async(_is_needed)():
            return
        await asyncio.sleep(TICK)


def _claim(room: int, busy: dict[int, str]) -> list[Generation]:
    """Take due rows: those under way first, then new ones."""
    if room <= 0:
        return []
    now = timezone.now()
    due = _under_way().filter(due_at__lte=now).exclude(pk__in=busy).order_by("due_at", "id")
    chosen = list(due.exclude(state=State.QUEUED)[:room])
    sends = [pk for pk, state in busy.items() if state == State.QUEUED]
    chosen += _next_to_send(due.filter(state=State.QUEUED), min(room - len(chosen), SENDING - len(sends)), sends)
    return _take(chosen, now) if chosen else []


def _next_to_send(queued: GenerationQuerySet, most: int, under_way: list[int]) -> list[Generation]:
    """New work of providers that do not rest, people with the least in flight first.

    A provider that has just rested gets one, and the others once that one was accepted.
    """
    if most <= 0:
        return []
    ready = queued.exclude(model__provider__in=breaker.resting()).exclude(model__in=waiting.disputed_models())
    rows = list(ready.values_list("pk", "author", "model__provider")[:LOOK])
    if len(rows) > most:
        flying = Counter(_under_way().exclude(state=State.QUEUED).values_list("author", flat=True))
        rows.sort(key=lambda row: flying[row[1]])
    careful = breaker.half_open() if rows else set()
    if careful:
        sending = set(Generation.objects.filter(pk__in=under_way).values_list("model__provider", flat=True))
        first = {provider: pk for pk, _, provider in reversed(rows) if provider not in sending}
        rows = [row for row in rows if row[2] not in careful or first.get(row[2]) == row[0]]
    return list(queued.filter(pk__in=[row[0] for row in rows[:most]]))


def _take(chosen: list[Generation], now: dt.datetime) -> list[Generation]:
    """Claim these rows unless somebody else has, and give them what attending to them reads.

    A statement for each claim, without a transaction around them: a lock held while Python works keeps every collector
    waiting on SQLite.
    """
    # A handful of models for many rows: fetched once, not joined to each.
    models = MusicModel.objects.select_related("provider").in_bulk({row.model_id for row in chosen})
    claims = defaultdict(list)
    for row in chosen:
        row.model = models[row.model_id]
        claims[_claim_of(row, now)].append(row)
    mine = [row for seconds, rows in claims.items() for row in _moved(rows, now, states.later(now, seconds))]
    others = [row for row in mine if row.state != State.RUNNING]
    prefetch_related_objects(others, "project", "author", "price", "prompt")
    prefetch_related_objects([row for row in others if row.model.is_action], "action__reference", "action__track")
    return mine


def _moved(rows: list[Generation], now: dt.datetime, until: dt.datetime) -> list[Generation]:
    """The rows whose `due_at` was moved by this call."""
    pks = [row.pk for row in rows]
    moved = Generation.objects.filter(pk__in=pks, due_at__lte=now).update(due_at=until)
    if moved == len(rows):
        return rows
    still = set(Generation.objects.filter(pk__in=pks, due_at=until).values_list("pk", flat=True))
    return [row for row in rows if row.pk in still]


def _claim_of(generation: Generation, now: dt.datetime) -> float:
    """Seconds until a row is due again, in whole turns, so that many rows are claimed by few statements."""
    wait = attend.next_look(generation, now) if generation.state == State.RUNNING else CLAIM
    return TICK * max(1, round(wait / TICK))


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
