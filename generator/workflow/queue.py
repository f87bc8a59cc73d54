"""Waking the background: which task looks after which work.

Tasks carry no work in their arguments: each *claims* the next due row in the database, does it, and wakes a successor
while more is due. So a task delivered twice claims twice and finds nothing, and the queue stays short however much is
waiting, which keeps the watchdog's beat quick.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from generator.models import Delivery, Generation
from generator.workflow import catalogue, heartbeat

COMPOSE = "generator.workflow.tasks.compose"
SWEEP = "generator.workflow.tasks.sweep"
COLLECT = "generator.workflow.tasks.collect"
RENDER = "generator.workflow.tasks.render"
PARTS = "generator.workflow.tasks.parts"
READ = "generator.workflow.tasks.read_reference"
MOST_WAITING = 4  # deliveries with a task each
COLLECT_TIMEOUT = 1500  # seconds: a quick download and a slow one, and the reading of what came
MOST_WOKEN = 500  # local generations with a task each
LONGEST = 4 * 3600  # seconds until a worker is taken for hung, on the slowest of machines
SWEEP_TIMEOUT = 1200  # seconds: its own time and the longest stream
SWEEPER, SWEEP_LEASE = "sweep", dt.timedelta(seconds=30)


def composers() -> int:
    """How many long pieces are made at once: two workers stay free, for the sweep and for everything quick."""
    return max(1, int(settings.STUDIO_WORKERS) - 2)


def start(task: str, *arguments: Any) -> None:
    """Enqueue a task that works for as long as it takes."""
    async_task(task, *arguments, timeout=LONGEST)


def start_later(task: str, *arguments: Any, seconds: float = 3.0) -> None:
    """Enqueue a task that is not to be taken before some seconds are over."""
    with transaction.atomic():
        start(task, *arguments)
        newest = OrmQ.objects.order_by("-pk").values_list("pk", flat=True)[0]
        OrmQ.objects.filter(pk=newest).update(lock=timezone.now() + dt.timedelta(seconds=seconds))


def wake_collector() -> None:
    """Start a collector for a new delivery, unless several wait already: then as many tasks go on by themselves.

    A task for each would make a long queue in front of the sweep's successor and of the watchdog's beat.
    """
    waiting = Delivery.objects.filter(due_at__lte=timezone.now())
    if waiting[: MOST_WAITING + 1].count() <= MOST_WAITING:
        collect()


def collect() -> None:
    """Start a collector."""
    async_task(COLLECT, timeout=COLLECT_TIMEOUT)


def wake(generation: Generation) -> None:
    """Start someone on a new generation; enqueued in the caller's transaction, so it goes if that rolls back.

    Who comes to find every place taken (`places`) leaves at once; whoever frees one wakes the next.
    """
    local = catalogue.local_keys()
    if generation.model.provider.key not in local:
        # A running sweep looks again after it has let go of its lease, so it cannot miss this one.
        if not heartbeat.is_claimed(SWEEPER, SWEEP_LEASE):
            async_task(SWEEP, timeout=SWEEP_TIMEOUT)
        return
    others = Generation.objects.active().filter(model__provider__key__in=local).exclude(pk=generation.pk)
    if others[:MOST_WOKEN].count() < MOST_WOKEN:
        start(COMPOSE)
