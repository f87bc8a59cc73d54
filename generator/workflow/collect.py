"""Remote work comes home: claim a delivery, download it, hand it to ingest, end the generation when nothing is missing.

What if the process dies here? The claim on the delivery (`heartbeat`) runs out and the file is fetched again. Nothing
is ever submitted again from here, and an address that is dead for good is given up with a sentence, not with money.
"""

import datetime as dt
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from generator.models import Delivery, Generation, State
from generator.providers import http
from generator.providers.base import Output
from generator.providers.errors import Failed
from generator.workflow import ending, heartbeat, ingest, media, queue, states, stems

log = logging.getLogger(__name__)

SECONDS = 1.0  # a task goes on to the next delivery for so long
KEPT_FOR = dt.timedelta(days=6)  # providers keep files for a week; trying longer cannot help
MOST_USELESS = 5  # answers that were whole and were not audio; broken-off ones are not counted
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
        async_task(queue.COLLECT)
    return brought


def _one() -> bool:
    delivery = _claim()
    if delivery is None:
        return False
    try:
        with heartbeat.keep(Delivery.objects.filter(pk=delivery.pk), delivery.claim or 0) as held:
            try:
                _fetch(delivery, held)
            except http.DownloadFailed as error:
                _try_later(delivery, str(error), held, useless=error.gone)
            except Failed as error:
                _try_later(delivery, error.sentence, held, useless=True)
    except heartbeat.Lost:
        log.info("take %s of %s is fetched by somebody else", delivery.take, delivery.generation.ref)
    ending.finish_if_complete(delivery.generation)
    return True


def _claim() -> Delivery | None:
    now = timezone.now()
    for pk, due_at in Delivery.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", "due_at")[:20]:
        row = Delivery.objects.filter(pk=pk, due_at=due_at)
        if heartbeat.take(row, attempts=F("attempts") + 1, error=""):
            related = ("model__provider", "project", "author", "price", "prompt", "action__track")
            return Delivery.objects.select_related(*(f"generation__{name}" for name in related)).get(pk=pk)
    return None


def _fetch(delivery: Delivery, held: heartbeat.Claim) -> None:
    generation = delivery.generation
    private_ok = settings.STUDIO_PRIVATE_DOWNLOADS
    with media.workshop() as folder:
        file = folder / f"take-{delivery.take}.{generation.prompt.settings['format']}"
        http.download(delivery.url, file, private_ok=private_ok, alive=held.alive)
        if generation.model.is_action:
            stored = bool(stems.store(delivery, file, held))
        else:
            cover = _cover(delivery, folder / "cover", private_ok)
            stored = ingest.store(generation, delivery.take, file, title=delivery.title, cover=cover, held=held)
    held.release(due_at=None, collected_at=timezone.now(), error="")
    if not stored:
        log.warning("take %s of %s arrived after its generation had ended", delivery.take, generation.ref)


def _cover(delivery: Delivery, target: Path, private_ok: bool) -> bytes | None:
    """The provider's cover where it has a usable one; a missing cover is never worth failing a track for."""
    if not delivery.cover_url:
        return None
    try:
        http.download(delivery.cover_url, target, private_ok=private_ok, most_bytes=COVER_BYTES)
        return ingest.cover_from(target)
    except (http.DownloadFailed, ValueError) as error:
        states.note(delivery.generation, f"The provider's cover could not be used: {error}")
        return None


def _try_later(delivery: Delivery, error: str, held: heartbeat.Claim, *, useless: bool) -> None:
    """Back off; give up only after MOST_USELESS answers that were whole and no audio: the take may be paid for."""
    now = timezone.now()
    delivery.useless += useless
    wait = BACK_OFF[min(delivery.attempts, len(BACK_OFF)) - 1]
    too_old = now - delivery.generation.created_at > KEPT_FOR
    changes: dict[str, Any] = {"error": error, "useless": delivery.useless}
    if too_old or (useless and delivery.useless >= MOST_USELESS):
        if held.release(due_at=None, given_up_at=now, **changes):
            states.note(delivery.generation, f"Take {delivery.take} was given up: {error}")
    else:
        held.release(due_at=states.later(now, wait), **changes)


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
