"""Local jobs: claim a generation, make its takes on this machine, and store each in the library as soon as it is done.

What if the process dies here? The claim is no longer renewed (`heartbeat`) and expires. `cancellation.rescue` wakes a
compose task within a beat, and that task makes only the missing takes. The attempt is counted before the work, so a
generation that kills its worker is given up after MAX_ATTEMPTS. What if the machine is merely slow? The claim is
renewed for as long as the worker lives. A worker that was paused and finds its work taken over stops and takes its
attempt back.
"""

import logging
import time
from collections import Counter
from contextlib import suppress
from functools import lru_cache, partial

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from generator.currency import Micros
from generator.messages import Message, gettext_noop, join_texts
from generator.models import Generation, State
from generator.models.generation import GenerationQuerySet
from generator.providers.base import LocalProvider, LocalTake, Request
from generator.providers.errors import Failed, ProviderError
from generator.services.background import claims, job_queue, local_slots, received_files
from generator.services.errors import NOT_CHARGED
from generator.services.generation import completion, eta, ingest, states
from generator.services.library import media, version_history
from generator.services.provider_jobs import catalog
from generator.services.vendor_catalog import imported

log = logging.getLogger(__name__)

REPORT_INTERVAL_S = 0.4  # seconds between progress writes
MAX_ATTEMPTS = 4
RETRY_DELAY_S = 5.0
MAX_CONSIDERED_ROWS = 1000  # number of queued rows that the fair ordering considers


def work() -> bool:
    """Make one due generation for which a slot is free; return False if there is none."""
    with local_slots.place(local_slots.LONG) as is_roomy:
        if is_roomy:
            return _work(claim())
    with local_slots.place(local_slots.QUICK) as is_free:
        return is_free and _work(claim(short_only=True))


def _work(generation: Generation | None) -> bool:
    if generation is None:
        return False
    if generation.attempts > MAX_ATTEMPTS:
        completion.fail(
            generation,
            Failed(
                join_texts(
                    Message(
                        "The composer stopped unexpectedly {count} times while making this.",
                        count=MAX_ATTEMPTS,
                    ),
                    NOT_CHARGED,
                )
            ),
        )
    else:
        _make_under_claim(generation)
    return True


def wake_successor() -> None:
    """Start another compose task if local work is due, once the slot is free."""
    if _due().exists():
        job_queue.start(job_queue.COMPOSE)


def _due() -> GenerationQuerySet:
    return Generation.objects.due(timezone.now()).filter(model__provider__key__in=catalog.local_keys())


def claim(*, short_only: bool = False) -> Generation | None:
    """Claim the next due local generation, favoring authors with the fewest running."""
    running = Counter(
        Generation.objects.filter(state=State.RUNNING, due_at__gt=timezone.now()).values_list("author", flat=True)
    )
    rows = list(_due().values_list("pk", "author", "due_at")[:MAX_CONSIDERED_ROWS])
    for pk, _, due_at in sorted(rows, key=lambda row: running[row[1]]):
        if short_only and not _is_short(pk):
            continue
        row = Generation.objects.active().filter(pk=pk, due_at=due_at)
        if claims.acquire(row, attempts=F("attempts") + 1):
            return Generation.objects.select_related("model__provider", "project", "author", "price", "prompt").get(
                pk=pk
            )
    return None


@lru_cache(maxsize=4096)
def _is_short(pk: int) -> bool:
    """Return whether the requested audio is short enough to be made beside long pieces."""
    try:
        seconds = eta.audio_seconds(Generation.objects.select_related("model", "prompt").get(pk=pk))
    except (ProviderError, KeyError):
        return True  # it will fail on start
    return seconds <= local_slots.MAX_SHORT_S


def _make_under_claim(generation: Generation) -> None:
    row = Generation.objects.filter(pk=generation.pk)
    try:
        with claims.renew_all(row.filter(state__in=State.active()), generation.claim or 0) as claim:
            _make(generation, claim)
    except claims.ClaimLost:
        log.info("the work on generation %s was stopped or taken over", generation.public_id)
        # This process is alive, so the claim expired because of a pause, not a crash.
        row.exclude(claim=generation.claim).filter(attempts__gt=1).update(attempts=F("attempts") - 1)


def _make(generation: Generation, claim: claims.Claim) -> None:
    try:
        _begin(generation, claim)
        provider = catalog.provider_of(generation.model.key)
        if not isinstance(provider, LocalProvider):
            raise Failed(join_texts(gettext_noop("This model no longer runs on this machine."), NOT_CHARGED))
        with media.workshop() as folder:
            missing = _missing(generation)
            report = _Reporter(generation, missing, claim)
            for take in provider.make(request_of(generation), folder, missing, report):
                _store(generation, take, claim)
        _collected(generation, claim)
    except claims.ClaimLost:
        raise
    except (OperationalError, InterfaceError) as error:
        _put_off(generation, claim, error)
    except ProviderError as error:
        _fail(generation, error, claim)
    except KeyError:
        _fail(
            generation,
            Failed(join_texts(gettext_noop("The requested model is no longer installed."), NOT_CHARGED)),
            claim,
        )
    except Exception as error:
        # A bug in the studio: report it, log the traceback and release the hold.
        log.exception("composing %s failed", generation.public_id)
        error_text = f"{type(error).__name__}: {error}"
        _fail(
            generation,
            Failed(
                join_texts(gettext_noop("The composer failed because of an internal error."), NOT_CHARGED),
                words=error_text,
            ),
            claim,
        )


def _collected(generation: Generation, claim: claims.Claim) -> None:
    with transaction.atomic():
        claim.lock()
        if generation.state == State.RUNNING:
            states.advance(generation, State.COLLECTING, gettext_noop("All takes are finished"))
    completion.finish_if_complete(generation)


def _put_off(generation: Generation, claim: claims.Claim, error: Exception) -> None:
    """Postpone the work without counting the attempt, because the database is slow or unavailable."""
    log.warning(
        "the work on generation %s is put off, for the database did not answer: %s", generation.public_id, error
    )
    with suppress(DatabaseError):  # on failure, the claim expires instead
        if not connection.in_atomic_block:  # inside a block, as in tests, Django would close it in any state
            connection.close_if_unusable_or_obsolete()
        claim.release(due_at=states.later(timezone.now(), RETRY_DELAY_S), attempts=F("attempts") - 1)


def _fail(generation: Generation, error: ProviderError, claim: claims.Claim) -> None:
    with transaction.atomic():
        claim.lock()
        completion.fail(generation, error)


def _begin(generation: Generation, claim: claims.Claim) -> None:
    if generation.state == State.QUEUED:
        now = timezone.now()
        if not states.advance(
            generation, State.RUNNING, gettext_noop("Started"), started_at=now, stage=gettext_noop("Reading the prompt")
        ):
            raise claims.ClaimLost
    else:
        states.note(generation, Message("Resumed, attempt {number}", number=generation.attempts))


def _missing(generation: Generation) -> tuple[int, ...]:
    stored = set(generation.tracks.values_list("take", flat=True))
    return tuple(take for take in range(1, generation.takes_requested + 1) if take not in stored)


def request_of(generation: Generation) -> Request:
    """Return the provider request for a generation."""
    settings = dict(generation.prompt.settings)
    settings.pop("takes")
    if generation.model.is_action:
        settings["audio"] = generation.provider_action.address
    return Request(
        model=generation.model.key,
        prompt=generation.prompt.text,
        takes=generation.takes_requested,
        format=settings.pop("format"),
        settings=settings,
        user_ref=str(generation.author_id),
        project_ref=generation.project.public_id,
        reference=generation.public_id,
        price=Micros(generation.price_total),
        price_is_estimate=generation.price.is_estimate,
        corrections=generation.model.corrections,
        received=received_files.folder_of(generation),
        entry=imported.entry_for(generation),
    )


def _store(generation: Generation, take: LocalTake, claim: claims.Claim) -> None:
    claim.write(stage=Message("Checking take {number}", number=take.take))
    seconds = take.known.get("asked_seconds")
    title = version_history.title_of(generation) or take.title
    store = partial(ingest.store, title=title, known=take.known, asked_seconds=seconds, is_ours=True)
    if not store(generation, take.take, take.path, claim=claim):
        raise claims.ClaimLost


class _Reporter:
    """A progress callback that writes at intervals and stops the work when the claim is lost."""

    def __init__(self, generation: Generation, takes: tuple[int, ...], claim: claims.Claim) -> None:
        self._generation = generation
        self._claim = claim
        self._takes = takes
        self._done = 0
        self._last_fraction = 0.0
        self._written = 0.0

    def __call__(self, stage: str, fraction: float) -> None:
        if fraction < self._last_fraction - 0.2:  # the next take has begun
            self._done += 1
        self._last_fraction = fraction
        self._claim.alive()
        now = time.monotonic()
        if now - self._written < REPORT_INTERVAL_S:
            return
        self._written = now
        before = self._generation.takes_requested - len(self._takes)
        percent = round(100 * min(0.99, (before + self._done + fraction) / self._generation.takes_requested))
        if self._generation.takes_requested > 1:
            stage = Message("Take {number}: {stage}", number=before + self._done + 1, stage=stage)
        self._claim.write(stage=stage[:80], percent=percent)
