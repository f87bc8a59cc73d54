"""Remote work comes home: claim a delivery, download it, hand it to ingest, end the generation when nothing is missing.

    not to be had     403, 404, a page instead of the file, half a file, a slow server: asked for again, slower and
                      slower, for as long as the provider keeps it; the card says so, and a cancel ends it
    whole, no audio   asked for again MOST_USELESS times, then given up, and so is what breaks the reading of it in
                      whatever way; the bytes are put aside for the operator
    very slow         one at a time in the whole studio, so that everybody else's takes find a worker

What if the process dies here? The claim on the delivery (`heartbeat`) runs out and the file is fetched again; an
attempt to read it is counted before the reading. Nothing is ever submitted again from here. A provider's cover is
fetched when the take is stored, once, in a few seconds; without it the drawn one stays.
"""

import datetime as dt
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.utils import timezone

from generator.audio import isolated
from generator.models import Delivery, Generation, State
from generator.providers import http
from generator.providers.base import Output
from generator.providers.errors import Failed
from generator.workflow import ending, heartbeat, ingest, media, queue, states, stems

log = logging.getLogger(__name__)

SECONDS = 1.0  # a task goes on to the next delivery for so long
KEPT_FOR = dt.timedelta(days=7)  # as long as providers keep files; trying longer cannot help
MOST_USELESS = 5  # files that were whole and could not be used; what did not come is not counted
SLOW_LANE = "slow download"
BACK_OFF = (2, 5, 15, 60, 300, 900, 3600)  # seconds
COVER_BYTES = 10_000_000


def work() -> bool:
    """Bring home due deliveries for about a second; False when none was due. Wakes a successor while more is waiting.

    A task for each would have each wait for the broker; much longer tasks would keep the watchdog's beat waiting.
    """
    ends = time.monotonic() + SECONDS
    brought = _one()
    while brought and time.monotonic() < ends and _one():
        pass
    if Delivery.objects.filter(due_at__lte=timezone.now()).exists():
        queue.collect()
    return brought


def _one() -> bool:
    delivery = _claim()
    if delivery is None:
        return False
    stored = False
    with media.workshop() as folder:
        try:
            with heartbeat.keep(Delivery.objects.filter(pk=delivery.pk), delivery.claim or 0) as held:
                stored = _bring(delivery, folder, held)
        except heartbeat.Lost:
            log.info("take %s of %s is fetched by somebody else", delivery.take, delivery.generation.ref)
        ending.finish_if_complete(delivery.generation)
        if stored and delivery.cover_url and not delivery.generation.model.is_action:
            _cover(delivery, folder / "cover")
    return True


def _claim() -> Delivery | None:
    now = timezone.now()
    for pk, due_at in (
        Delivery.objects.filter(due_at__lte=now).order_by("attempts", "due_at").values_list("pk", "due_at")[:20]
    ):
        row = Delivery.objects.filter(pk=pk, due_at=due_at)
        if heartbeat.take(row, attempts=F("attempts") + 1, error=""):
            related = ("model__provider", "project", "author", "price", "prompt", "action__track")
            return Delivery.objects.select_related(*(f"generation__{name}" for name in related)).get(pk=pk)
    return None


def _bring(delivery: Delivery, folder: Path, held: heartbeat.Claim) -> bool:
    """Fetch and store one delivery, or put it off; whether there is a take more now."""
    file = folder / f"take-{delivery.take}"
    try:
        if delivery.useless >= MOST_USELESS:  # counted, and never told why: whatever read it died of it
            raise Failed(
                "The delivered file could not be used: reading it stops the studio's workers. It cost nothing."
            )
        isolated.prepare()
        _download(delivery, file, held)
        held.write(useless=F("useless") + 1)
        stored = _store(delivery, file, held)
        held.release(due_at=None, collected_at=timezone.now(), error="")
    except heartbeat.Lost:
        raise
    except http.DownloadFailed as error:
        _try_later(delivery, str(error), held, useless=error.gone)
    except ingest.Unreadable as error:
        _try_later(delivery, error.sentence, held, file, useless=not error.is_message)
    except Failed as error:
        _try_later(delivery, error.sentence, held, file, useless=True)
    except (OperationalError, InterfaceError):  # the database is ill, not the file
        _try_later(delivery, "The studio's database did not answer in time.", held, useless=False)
    except OSError as error:
        _try_later(delivery, f"The studio could not store the file: {error.strerror or error}.", held, useless=False)
    except Exception as error:
        log.exception("take %s of %s could not be read: %s", delivery.take, delivery.generation.ref, error)
        sentence = "The delivered file could not be used: the studio fails to read it. It cost nothing."
        _try_later(delivery, sentence, held, file, useless=True)
    else:
        if not stored:
            log.warning("take %s of %s arrived after its generation had ended", delivery.take, delivery.generation.ref)
        return stored
    return False


def _download(delivery: Delivery, file: Path, held: heartbeat.Claim) -> None:
    private_ok = settings.STUDIO_PRIVATE_DOWNLOADS
    try:
        http.download(delivery.url, file, private_ok=private_ok, alive=held.alive)
    except http.TooSlow:
        with heartbeat.only_one(SLOW_LANE) as lane:
            if lane is None:
                raise
            http.download(delivery.url, file, private_ok=private_ok, pace=http.SLOW, alive=held.alive)


def _store(delivery: Delivery, file: Path, held: heartbeat.Claim) -> bool:
    if delivery.generation.model.is_action:
        return bool(stems.store(delivery, file, held))
    return ingest.store(delivery.generation, delivery.take, file, title=delivery.title, held=held)


def _cover(delivery: Delivery, target: Path) -> None:
    """Take the provider's cover where it has a usable one; a missing cover is never worth failing a track for."""
    private_ok = settings.STUDIO_PRIVATE_DOWNLOADS
    try:
        http.download(delivery.cover_url, target, private_ok=private_ok, most_bytes=COVER_BYTES, pace=http.PICTURE)
        ingest.replace_cover(delivery.generation, delivery.take, target)
    except Exception as error:
        log.info("the cover of take %s of %s: %r", delivery.take, delivery.generation.ref, error)
        states.note(delivery.generation, f"The provider's cover could not be used: {error}")


def _try_later(
    delivery: Delivery, error: str, held: heartbeat.Claim, file: Path | None = None, *, useless: bool
) -> None:
    """Back off; give up only after MOST_USELESS files that were whole and no audio: the take may be paid for."""
    generation, now = delivery.generation, timezone.now()
    delivery.useless += useless
    wait = BACK_OFF[min(delivery.attempts, len(BACK_OFF)) - 1]
    too_old = now - generation.created_at > KEPT_FOR
    cancelled = Generation.objects.filter(pk=generation.pk, cancel_asked_at__isnull=False).exists()
    changes: dict[str, Any] = {"error": error, "useless": delivery.useless}
    if not (too_old or cancelled or (useless and delivery.useless >= MOST_USELESS)):
        held.release(due_at=states.later(now, wait), **changes)
        return
    if held.release(due_at=None, given_up_at=now, **changes):
        kept = ingest.keep_unreadable(generation, delivery.take, file) if file else ""
        states.note(generation, f"Take {delivery.take} was given up: {error}", data={"file": kept} if kept else None)


def hurry(generation: Generation) -> None:
    """Have what is put off tried at once, because somebody wants an end of it."""
    waiting = Delivery.objects.filter(generation=generation, due_at__gt=timezone.now()).exclude(error="")
    if waiting.update(due_at=timezone.now()):
        queue.collect()


def announce(generation: Generation, outputs: Sequence[Output]) -> None:
    """Write down what a provider says is finished, one row a take, and wake a collector; twice is once."""
    now = timezone.now()
    most = stems.MOST_PARTS if generation.model.is_action else generation.takes_asked
    rows = [
        Delivery(
            generation=generation,
            take=take,
            url=output.url,
            title=output.title[:200],
            cover_url=output.cover_url,
            due_at=now,
        )
        for take, output in enumerate(outputs[:most], start=1)
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if generation.state in (State.RUNNING, State.COLLECTING):
        queue.wake_collector()
