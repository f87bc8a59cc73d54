"""Local work: claim a generation, make its takes on this machine, put each in the library the moment it is done.

What if the process dies here? The claim is no longer renewed (`heartbeat`) and runs out, `control.rescue` wakes a
compose task within a beat, and that task makes only the takes that are missing. The attempt was counted before the
work, so a generation that kills its worker is given up after MOST_ATTEMPTS. What if the machine is merely slow? The
claim is renewed for as long as the worker lives; one that stood still and finds its work taken over leaves it, and
takes its attempt back.
"""

import logging
import time
from collections import Counter
from contextlib import suppress
from functools import lru_cache, partial

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from generator.models import Generation, State
from generator.models.generation import GenerationQuerySet
from generator.money import Micros
from generator.providers.base import LocalProvider, LocalTake, Request
from generator.providers.errors import Failed, ProviderError
from generator.workflow import catalogue, ending, heartbeat, history, ingest, lineage, media, places, queue, states

log = logging.getLogger(__name__)

REPORT_EVERY = 0.4  # seconds between progress writes
MOST_ATTEMPTS = 4
AGAIN_AFTER = 5.0  # seconds
AHEAD = 1000  # how far down the queue fairness looks


def work() -> bool:
    """Make one due generation that there is a place for; False when there is none. Wakes a successor for the next."""
    with places.place(places.LONG) as is_roomy:
        if is_roomy:
            return _work(claim())
    with places.place(places.QUICK) as is_free:
        return is_free and _work(claim(short_only=True))


def _work(generation: Generation | None) -> bool:
    if generation is None:
        return False
    if generation.attempts > MOST_ATTEMPTS:
        ending.fail(
            generation,
            Failed(f"The composer stopped unexpectedly {MOST_ATTEMPTS} times on this one. It cost nothing."),
        )
    else:
        _kept(generation)
    return True


def wake_successor() -> None:
    """Have the next one begun, once the place is free again."""
    if _due().exists():
        queue.start(queue.COMPOSE)


def _due() -> GenerationQuerySet:
    return Generation.objects.due(timezone.now()).filter(model__provider__key__in=catalogue.local_keys())


def claim(*, short_only: bool = False) -> Generation | None:
    """Take the next due local generation, people with the least running first."""
    running = Counter(
        Generation.objects.filter(state=State.RUNNING, due_at__gt=timezone.now()).values_list("author", flat=True)
    )
    rows = list(_due().values_list("pk", "author", "due_at")[:AHEAD])
    for pk, _, due_at in sorted(rows, key=lambda row: running[row[1]]):
        if short_only and not _is_short(pk):
            continue
        row = Generation.objects.active().filter(pk=pk, due_at=due_at)
        if heartbeat.take(row, attempts=F("attempts") + 1):
            return Generation.objects.select_related("model__provider", "project", "author", "price", "prompt").get(
                pk=pk
            )
    return None


@lru_cache(maxsize=4096)
def _is_short(pk: int) -> bool:
    """Whether little enough audio is asked for to be made beside the long pieces."""
    try:
        asked = history.audio_seconds(Generation.objects.select_related("model", "prompt").get(pk=pk))
    except (ProviderError, KeyError):
        return True  # it fails as soon as it is begun
    return asked <= places.SHORT


def _kept(generation: Generation) -> None:
    row = Generation.objects.filter(pk=generation.pk)
    try:
        with heartbeat.keep(row.filter(state__in=State.active()), generation.claim or 0) as held:
            _make(generation, held)
    except heartbeat.Lost:
        log.info("the work on generation %s was stopped or taken over", generation.ref)
        # Whoever can write this is alive: the claim that ran out was a pause and not a death.
        row.exclude(claim=generation.claim).filter(attempts__gt=1).update(attempts=F("attempts") - 1)


def _make(generation: Generation, held: heartbeat.Claim) -> None:
    try:
        _begin(generation, held)
        provider = catalogue.provider_of(generation.model.key)
        if not isinstance(provider, LocalProvider):
            raise Failed("This model is no longer made on this machine. It cost nothing.")
        with media.workshop() as folder:
            missing = _missing(generation)
            report = _Reporter(generation, missing, held)
            for made in provider.make(request_of(generation), folder, missing, report):
                _store(generation, made, held)
        _collected(generation, held)
    except heartbeat.Lost:
        raise
    except (OperationalError, InterfaceError) as error:
        _put_off(generation, held, error)
    except ProviderError as error:
        _fail(generation, error, held)
    except KeyError:
        _fail(generation, Failed("The model this was asked of is no longer installed. It cost nothing."), held)
    except Exception as error:
        # A defect of ours: say so plainly, keep the trace in the log, and leave no hold behind.
        log.exception("composing %s failed", generation.ref)
        words = f"{type(error).__name__}: {error}"
        _fail(generation, Failed("The composer hit a defect of its own. It cost nothing.", words=words), held)


def _collected(generation: Generation, held: heartbeat.Claim) -> None:
    with transaction.atomic():
        held.lock()
        if generation.state == State.RUNNING:
            states.advance(generation, State.COLLECTING, "Every take is made")
    ending.finish_if_complete(generation)


def _put_off(generation: Generation, held: heartbeat.Claim, error: Exception) -> None:
    """The database is slow or away, and the run is not at fault: it is taken up again, and no attempt is counted."""
    log.warning("the work on generation %s is put off, for the database did not answer: %s", generation.ref, error)
    with suppress(DatabaseError):  # its claim runs out instead
        if not connection.in_atomic_block:  # as in tests; Django would close it there, whatever its state
            connection.close_if_unusable_or_obsolete()
        held.release(due_at=states.later(timezone.now(), AGAIN_AFTER), attempts=F("attempts") - 1)


def _fail(generation: Generation, error: ProviderError, held: heartbeat.Claim) -> None:
    with transaction.atomic():
        held.lock()
        ending.fail(generation, error)


def _begin(generation: Generation, held: heartbeat.Claim) -> None:
    if generation.state == State.QUEUED:
        now = timezone.now()
        if not states.advance(generation, State.RUNNING, "Started", started_at=now, stage="Reading the brief"):
            raise heartbeat.Lost
    else:
        states.note(generation, f"Taken up again, attempt {generation.attempts}")


def _missing(generation: Generation) -> tuple[int, ...]:
    stored = set(generation.tracks.values_list("take", flat=True))
    return tuple(take for take in range(1, generation.takes_asked + 1) if take not in stored)


def request_of(generation: Generation) -> Request:
    """The generation as its provider sees it."""
    settings = dict(generation.prompt.settings)
    settings.pop("takes")
    if generation.model.is_action:
        settings["audio"] = generation.action.address
    return Request(
        model=generation.model.key,
        prompt=generation.prompt.text,
        takes=generation.takes_asked,
        format=settings.pop("format"),
        settings=settings,
        user_ref=str(generation.author_id),
        project_ref=generation.project.ref,
        reference=generation.ref,
        price=Micros(generation.held),
        price_is_estimate=generation.price.is_estimate,
        corrections=generation.model.corrections,
    )


def _store(generation: Generation, made: LocalTake, held: heartbeat.Claim) -> None:
    held.write(stage=f"Checking take {made.take}")
    asked = made.known.get("asked_seconds")
    title = lineage.title_of(generation) or made.title
    store = partial(ingest.store, title=title, known=made.known, asked_seconds=asked, is_ours=True)
    if not store(generation, made.take, made.path, held=held):
        raise heartbeat.Lost


class _Reporter:
    """Writes progress now and then, and stops the work when the row has moved on."""

    def __init__(self, generation: Generation, takes: tuple[int, ...], held: heartbeat.Claim) -> None:
        self._generation = generation
        self._held = held
        self._takes = takes
        self._done = 0
        self._last_fraction = 0.0
        self._written = 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        if fraction < self._last_fraction - 0.2:  # the next take has begun
            self._done += 1
        self._last_fraction = fraction
        self._held.alive()
        now = time.monotonic()
        if now - self._written < REPORT_EVERY:
            return
        self._written = now
        before = self._generation.takes_asked - len(self._takes)
        percent = round(100 * min(0.99, (before + self._done + fraction) / self._generation.takes_asked))
        take = f"Take {before + self._done + 1}: " if self._generation.takes_asked > 1 else ""
        self._held.write(stage=f"{take}{stage}"[:80], percent=percent)
