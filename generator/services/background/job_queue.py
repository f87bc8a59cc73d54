"""The job queue: names and timeouts of background tasks, and the functions that enqueue them.

A task claims the next due row in the database, processes it, and enqueues a successor while more is due. A task
delivered twice therefore finds nothing to claim. The queue stays short, so the watchdog's heartbeat task runs promptly.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from generator.models import Generation, RemoteOutput
from generator.services.background import claims
from generator.services.provider_jobs import catalog

COMPOSE = "generator.services.background.tasks.compose"
SWEEP = "generator.services.background.tasks.poll_providers"
COLLECT = "generator.services.background.tasks.download_outputs"
RENDER = "generator.services.background.tasks.render"
PARTS = "generator.services.background.tasks.render_stems"
ZIP_STEMS = "generator.services.background.tasks.zip_stems"
READ = "generator.services.background.tasks.read_reference"
READ_UPLOAD = "generator.services.background.tasks.read_upload"
RENDER_EDIT = "generator.services.background.tasks.render_edit"
MAKE_PACK = "generator.services.background.tasks.make_pack"
MEASURE_STRUCTURE = "generator.services.background.tasks.measure_structure"
MAX_QUEUED_TASKS = 4  # remote outputs with one task each
COLLECT_TIMEOUT_S = 1500  # a fast and a slow download, and decoding the file
MAX_WOKEN_ROWS = 500  # local generations with one task each
MAX_TASK_S = 4 * 3600  # seconds after which a worker counts as hung, even on the slowest machine
SWEEP_TIMEOUT_S = 1200  # its own run time and the longest stream
SWEEPER, SWEEP_LEASE = "sweep", dt.timedelta(seconds=30)


def composers() -> int:
    """Return how many long local jobs run at once. Two workers stay free, for the poller and for short tasks."""
    return max(1, int(settings.STUDIO_WORKERS) - 2)


def start(task: str, *arguments: Any) -> None:
    """Enqueue a task with the longest timeout."""
    async_task(task, *arguments, timeout=MAX_TASK_S)


def start_later(task: str, *arguments: Any, seconds: float = 3.0) -> None:
    """Enqueue a task that starts after a delay in seconds at the earliest."""
    with transaction.atomic():
        start(task, *arguments)
        newest = OrmQ.objects.order_by("-pk").values_list("pk", flat=True)[0]
        OrmQ.objects.filter(pk=newest).update(lock=timezone.now() + dt.timedelta(seconds=seconds))


def wake_downloader() -> None:
    """Enqueue a download task for a new remote output, unless more than MAX_QUEUED_TASKS outputs are already due.

    Those tasks continue by themselves. A task per output would delay the poller and the watchdog's heartbeat task.
    """
    waiting = RemoteOutput.objects.filter(due_at__lte=timezone.now())
    if waiting[: MAX_QUEUED_TASKS + 1].count() <= MAX_QUEUED_TASKS:
        start_download()


def start_download() -> None:
    """Enqueue a download task."""
    async_task(COLLECT, timeout=COLLECT_TIMEOUT_S)


def wake(generation: Generation) -> None:
    """Enqueue a task for a new generation, in the caller's transaction, so that a rollback removes it.

    A task that finds all slots taken (`local_slots`) ends at once. A task that frees a slot enqueues the next.
    """
    local_keys = catalog.local_keys()
    if generation.model.provider.key not in local_keys:
        # A running poller checks again after it has released its lease, so it cannot miss this generation.
        if not claims.is_claimed(SWEEPER, SWEEP_LEASE):
            async_task(SWEEP, timeout=SWEEP_TIMEOUT_S)
        return
    others = Generation.objects.active().filter(model__provider__key__in=local_keys).exclude(pk=generation.pk)
    if others[:MAX_WOKEN_ROWS].count() < MAX_WOKEN_ROWS:
        start(COMPOSE)
