"""Local work: claim a generation, make its takes on this machine, put each in the library the moment it is done.

What if the process dies here? The claim is `due_at`, moved ahead with every report. When the reports stop it runs out,
`control.rescue` wakes a compose task within a beat, and that task makes only the takes that are missing. The attempt
was counted before the work, so a generation that kills its worker is given up after MOST_ATTEMPTS.
"""

import datetime as dt
import logging
import time
from collections import Counter

from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import Generation, State
from generator.models.generation import GenerationQuerySet
from generator.money import Micros
from generator.providers.base import LocalProvider, LocalTake, Request
from generator.providers.errors import Failed, ProviderError
from generator.workflow import catalogue, ending, ingest, lineage, media, queue, states

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=20)
INGEST_LEASE = dt.timedelta(seconds=90)  # no reports come while a long take is measured
REPORT_EVERY = 0.4  # seconds between progress writes
MOST_ATTEMPTS = 4
AHEAD = 200  # how far down the queue fairness looks


class Stopped(Exception):
    """The row was cancelled, or claimed by someone else: drop the work."""


def work() -> bool:
    """Make one due generation; False when none was due. Wakes a successor while more is waiting."""
    generation = claim()
    if generation is None:
        return False
    if generation.attempts > MOST_ATTEMPTS:
        ending.fail(
            generation,
            Failed(f"The composer stopped unexpectedly {MOST_ATTEMPTS} times on this one. It cost nothing."),
        )
    else:
        _make(generation)
    if _due().exists():
        async_task(queue.COMPOSE)
    return True


def _due() -> GenerationQuerySet:
    return Generation.objects.due(timezone.now()).filter(model__provider__key__in=catalogue.local_keys())


def claim() -> Generation | None:
    """Take the next due local generation, people with the least running first; whoever moves `due_at` has it."""
    running = Counter(
        Generation.objects.filter(state=State.RUNNING, due_at__gt=timezone.now()).values_list("author", flat=True)
    )
    rows = list(_due().values_list("pk", "author", "due_at")[:AHEAD])
    for pk, _, due_at in sorted(rows, key=lambda row: running[row[1]]):
        now = timezone.now()
        mine = Generation.objects.filter(pk=pk, due_at=due_at, state__in=State.active()).update(
            due_at=now + LEASE, attempts=F("attempts") + 1
        )
        if mine:
            return Generation.objects.select_related("model__provider", "project", "author", "price", "prompt").get(
                pk=pk
            )
    return None


def _make(generation: Generation) -> None:
    try:
        _begin(generation)
        provider = catalogue.provider_of(generation.model.key)
        if not isinstance(provider, LocalProvider):
            raise Failed("This model is no longer made on this machine. It cost nothing.")
        with media.workshop() as folder:
            missing = _missing(generation)
            for made in provider.make(request_of(generation), folder, missing, _Reporter(generation, missing)):
                _store(generation, made)
        if generation.state == State.RUNNING and not states.advance(generation, State.COLLECTING, "Every take is made"):
            raise Stopped
        ending.finish_if_complete(generation)
    except Stopped:
        log.info("generation %s was stopped", generation.ref)
    except ProviderError as error:
        ending.fail(generation, error)
    except KeyError:
        ending.fail(generation, Failed("The model this was asked of is no longer installed. It cost nothing."))
    except Exception as error:
        # A defect of ours: say so plainly, keep the trace in the log, and leave no hold behind.
        log.exception("composing %s failed", generation.ref)
        words = f"{type(error).__name__}: {error}"
        ending.fail(generation, Failed("The composer hit a defect of its own. It cost nothing.", words=words))


def _begin(generation: Generation) -> None:
    if generation.state == State.QUEUED:
        if not states.advance(
            generation, State.RUNNING, "Started", started_at=timezone.now(), stage="Reading the brief"
        ):
            raise Stopped
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


def _store(generation: Generation, made: LocalTake) -> None:
    _renew(generation, INGEST_LEASE, stage=f"Checking take {made.take}")
    asked = made.known.get("asked_seconds")
    title = lineage.title_of(generation) or made.title
    if not ingest.store(generation, made.take, made.path, title=title, known=made.known, asked_seconds=asked):
        raise Stopped


def _renew(generation: Generation, lease: dt.timedelta, **changes: object) -> None:
    mine = Generation.objects.filter(pk=generation.pk, state=State.RUNNING, attempts=generation.attempts)
    if not mine.update(due_at=timezone.now() + lease, **changes):
        raise Stopped


class _Reporter:
    """Writes progress now and then, which renews the claim, and stops the work when the row has moved on."""

    def __init__(self, generation: Generation, takes: tuple[int, ...]) -> None:
        self._generation = generation
        self._takes = takes
        self._done = 0
        self._last_fraction = 0.0
        self._written = 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        if fraction < self._last_fraction - 0.2:  # the next take has begun
            self._done += 1
        self._last_fraction = fraction
        now = time.monotonic()
        if now - self._written < REPORT_EVERY:
            return
        self._written = now
        before = self._generation.takes_asked - len(self._takes)
        percent = round(100 * min(0.99, (before + self._done + fraction) / self._generation.takes_asked))
        take = f"Take {before + self._done + 1}: " if self._generation.takes_asked > 1 else ""
        _renew(self._generation, LEASE, stage=f"{take}{stage}"[:80], percent=percent)
