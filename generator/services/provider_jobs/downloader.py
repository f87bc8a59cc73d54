"""Downloads: claim a remote output, fetch it, pass it to ingest, and end the generation once nothing is missing.

    unavailable       403, 404, a page instead of the file, half a file, a slow server: retried at growing intervals
                      for as long as the provider keeps the file; the card says so, and a cancel ends it
    whole, no audio   retried up to MAX_USELESS_DOWNLOADS such files, then given up; files that crash the reader
                      count too; the bytes are kept for the operator
    came in a reply   already on our disk (`received_files`): copied, then the same
    very slow         one at a time in the whole studio, so that other takes find a worker

What if the process dies here? The claim on the output (`heartbeat`) expires and the file is fetched again; an attempt
to read it is counted before reading. Nothing is ever submitted again from here. A provider's cover is fetched once,
within a few seconds, when the take is stored; without it, the generated cover stays.
"""

import datetime as dt
import logging
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.utils import timezone

from generator.audio import sandbox
from generator.messages import Message, gettext_noop, join_texts
from generator.models import Generation, RemoteOutput, State
from generator.providers import http
from generator.providers.base import FileAccess, Guarded, Output
from generator.providers.errors import Failed
from generator.services.background import claims, job_queue, received_files
from generator.services.errors import NOT_CHARGED
from generator.services.generation import completion, ingest, states
from generator.services.library import media
from generator.services.provider_jobs import catalog, provider_stems

log = logging.getLogger(__name__)

RUN_TIME_S = 1.0  # how long a task continues with further outputs
MAX_OUTPUT_AGE = dt.timedelta(days=7)  # as long as providers keep files; longer retries cannot help
MAX_USELESS_DOWNLOADS = 5  # complete but unusable files; failed downloads are not counted
SLOW_LANE = "slow download"
RETRY_DELAYS_S = (2, 5, 15, 60, 300, 900, 3600)
MAX_COVER_BYTES = 10_000_000


def work() -> bool:
    """Fetch due outputs for about a second; return False if none was due. Wake a successor if more are due.

    One task per output would wait for the broker each time; much longer tasks would delay the watchdog's beat.
    """
    ends = time.monotonic() + RUN_TIME_S
    brought = _download_next()
    while brought and time.monotonic() < ends and _download_next():
        pass
    if RemoteOutput.objects.filter(due_at__lte=timezone.now()).exists():
        job_queue.start_download()
    return brought


def _download_next() -> bool:
    output = _claim()
    if output is None:
        return False
    stored = False
    with media.workshop() as folder:
        try:
            with claims.renew_all(RemoteOutput.objects.filter(pk=output.pk), output.claim or 0) as claim:
                stored = _fetch(output, folder, claim)
        except claims.ClaimLost:
            log.info("take %s of %s is fetched by somebody else", output.take, output.generation.public_id)
        completion.finish_if_complete(output.generation)
        if stored and output.cover_url and not output.generation.model.is_action:
            _cover(output, folder / "cover")
    return True


def _claim() -> RemoteOutput | None:
    pk = claims.acquire_due(RemoteOutput.objects.all(), "attempts", "due_at", error="")
    related = ("model__provider", "project", "author", "price", "prompt", "provider_action__track")
    return pk and RemoteOutput.objects.select_related(*(f"generation__{name}" for name in related)).get(pk=pk)


def _fetch(output: RemoteOutput, folder: Path, claim: claims.Claim) -> bool:
    """Fetch and store one output, or postpone it; return whether it was stored."""
    file = folder / f"take-{output.take}"
    try:
        if output.useless >= MAX_USELESS_DOWNLOADS:  # counted without an error: each reader crashed
            raise Failed(
                join_texts(
                    gettext_noop("The delivered file could not be used: reading it crashes the workers."), NOT_CHARGED
                )
            )
        sandbox.start_ahead()
        _download(output, file, claim)
        claim.write(useless=F("useless") + 1)
        stored = _store(output, file, claim)
        claim.release(due_at=None, collected_at=timezone.now(), error="")
        if output.file:
            received_files.discard(output.generation)
    except claims.ClaimLost:
        raise
    except http.DownloadFailed as error:
        _try_later(output, error.args[0], claim, useless=error.gone)
    except ingest.Unreadable as error:
        _try_later(output, error.sentence, claim, file, useless=not error.is_message)
    except Failed as error:
        _try_later(output, error.sentence, claim, file, useless=True)
    except (OperationalError, InterfaceError):  # the database failed, not the file
        _try_later(output, gettext_noop("The studio’s database did not answer in time."), claim, useless=False)
    except OSError as error:
        _try_later(
            output,
            Message("The studio could not store the file: {problem}.", problem=error.strerror or str(error)),
            claim,
            useless=False,
        )
    except Exception as error:
        log.exception("take %s of %s could not be read: %s", output.take, output.generation.public_id, error)
        sentence = join_texts(
            gettext_noop("The delivered file could not be used because of an internal error."), NOT_CHARGED
        )
        _try_later(output, sentence, claim, file, useless=True)
    else:
        if not stored:
            log.warning(
                "take %s of %s arrived after its generation had ended", output.take, output.generation.public_id
            )
        return stored
    return False


def _download(output: RemoteOutput, file: Path, claim: claims.Claim) -> None:
    if output.file:
        shutil.copyfile(received_files.path_of(output.file), file)  # ingest rewrites it; the received one stays
        return
    options: dict[str, Any] = {
        "private_ok": settings.STUDIO_PRIVATE_DOWNLOADS,
        "access": _access(output),
        "alive": claim.alive,
    }
    try:
        http.download(output.url, file, **options)
    except http.TooSlow:
        with claims.exclusive(SLOW_LANE) as lane:
            if lane is None:
                raise
            http.download(output.url, file, pace=http.SLOW, **options)


def _access(output: RemoteOutput) -> FileAccess:
    """Return what the provider's file needs; the key is the account's of today and never stored."""
    try:
        provider = catalog.provider_for(output.generation)
    except KeyError:
        return FileAccess()
    return provider.access(output.url) if isinstance(provider, Guarded) else FileAccess()


def _store(output: RemoteOutput, file: Path, claim: claims.Claim) -> bool:
    if output.generation.model.is_action:
        return bool(provider_stems.store(output, file, claim))
    return ingest.store(output.generation, output.take, file, title=output.title, claim=claim)


def _cover(delivery: RemoteOutput, target: Path) -> None:
    """Use the provider's cover if it is usable; a missing cover never fails a track."""
    private_ok = settings.STUDIO_PRIVATE_DOWNLOADS
    try:
        http.download(delivery.cover_url, target, private_ok=private_ok, max_bytes=MAX_COVER_BYTES, pace=http.PICTURE)
        ingest.replace_cover(delivery.generation, delivery.take, target)
    except Exception as error:
        log.info("the cover of take %s of %s: %r", delivery.take, delivery.generation.public_id, error)
        states.note(
            delivery.generation, Message("The provider’s cover could not be used: {problem}", problem=str(error))
        )


def _try_later(
    output: RemoteOutput, error: str, claim: claims.Claim, file: Path | None = None, *, useless: bool
) -> None:
    """Back off. Give up after MAX_USELESS_DOWNLOADS unusable files, a cancel or MAX_OUTPUT_AGE."""
    generation, now = output.generation, timezone.now()
    output.useless += useless
    wait = RETRY_DELAYS_S[min(output.attempts, len(RETRY_DELAYS_S)) - 1]
    too_old = now - generation.created_at > MAX_OUTPUT_AGE
    cancelled = Generation.objects.filter(pk=generation.pk, cancel_requested_at__isnull=False).exists()
    changes: dict[str, Any] = {"error": error, "useless": output.useless}
    if not (too_old or cancelled or (useless and output.useless >= MAX_USELESS_DOWNLOADS)):
        claim.release(due_at=states.later(now, wait), **changes)
        return
    if claim.release(due_at=None, given_up_at=now, **changes):
        name = ingest.keep_unreadable(generation, output.take, file) if file else ""
        states.note(
            generation,
            Message("Gave up on take {number}: {problem}", number=output.take, problem=error),
            data={"file": name} if name else None,
        )


def download_soon(generation: Generation) -> None:
    """Retry a generation's postponed outputs at once, because a person wants it to end."""
    waiting = RemoteOutput.objects.filter(generation=generation, due_at__gt=timezone.now()).exclude(error="")
    if waiting.update(due_at=timezone.now()):
        job_queue.start_download()


def announce(generation: Generation, outputs: Sequence[Output]) -> None:
    """Store a provider's finished outputs, one row per take, and wake a collector; idempotent."""
    now = timezone.now()
    max_outputs = provider_stems.MAX_STEMS if generation.model.is_action else generation.takes_requested
    rows = [
        RemoteOutput(
            generation=generation,
            take=take,
            url=output.url,
            file=received_files.name_of(generation, output.file) if output.file else "",
            title=output.title[:200],
            cover_url=output.cover_url,
            due_at=now,
        )
        for take, output in enumerate(outputs[:max_outputs], start=1)
    ]
    RemoteOutput.objects.bulk_create(rows, ignore_conflicts=True)
    if generation.state in (State.RUNNING, State.COLLECTING):
        job_queue.wake_downloader()
