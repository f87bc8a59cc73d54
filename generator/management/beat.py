"""Is the cluster alive? It is when it takes, runs *and acknowledges* a task; it can lose any of the three on its own.

A beat is such a task, enqueued every few seconds. A beat that stays unanswered means a hung cluster, unless the cluster
is plainly busy or the machine slow (patience.py). The waiting begins anew whenever another task is finished, a worker
shows that it lives (`generator.workflow.heartbeat`), or this process itself was kept from looking. While as many tasks
are taken as there are workers, the patience is longer, for each of them may be a long piece of honest work.
"""

import datetime as dt
import time
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from generator.management.patience import Patience, Waits
from generator.workflow import heartbeat

BEAT = "generator.workflow.tasks.beat"
BUSY_PATIENCE = 4  # times the usual
KEPT_AWAY = 5.0  # seconds between two looks: the machine stood still, or gave us nothing of its time
LOOK = 200  # rows at the head of the queue


@dataclass
class Beat:
    """The watch on the cluster; `look` is called every moment."""

    every: float = field(default_factory=lambda: settings.STUDIO_BEAT_SECONDS)
    stale_after: float = field(default_factory=lambda: settings.STUDIO_STALE_SECONDS)
    waits: Waits = dict  # of the cluster's threads, for a processor
    _row: int | None = None  # the beat under way
    _since: float = 0.0  # when it was enqueued, or when something else was last finished
    _next: float = 0.0
    _queued: frozenset[int] = frozenset()
    _looked: float = 0.0
    _sign: dt.datetime | None = None

    def __post_init__(self) -> None:
        self._patience = Patience(self.stale_after, self.waits)

    def look(self) -> bool | None:
        """True when a beat has just been answered, False when the cluster must be taken for hung, else None."""
        now = time.monotonic()
        kept_away, self._looked = now - self._looked > KEPT_AWAY, now
        if self._row is None:
            if now >= self._next:
                self._next = now + self.every
                self._row, self._since, self._queued = _enqueue(), now, frozenset()
            return None
        locks = dict(OrmQ.objects.order_by("pk").values_list("pk", "lock")[:LOOK])
        if self._row not in locks and not OrmQ.objects.filter(pk=self._row).exists():
            self._row = None
            self._patience.answered(now - self._since)
            return True
        if self._queued - locks.keys() or self._has_sign() or kept_away:
            self._since = now
        self._queued = frozenset(locks)
        taken = sum(lock is not None and lock > timezone.now() for pk, lock in locks.items() if pk != self._row)
        busy = taken >= settings.STUDIO_WORKERS
        return False if self._patience.is_over(now - self._since, BUSY_PATIENCE if busy else 1) else None

    def _has_sign(self) -> bool:
        """Whether a worker has shown since the last look that it lives."""
        before, self._sign = self._sign, heartbeat.last_sign()
        return self._sign != before

    def forget(self) -> None:
        """Take the unanswered beat out of the queue: its cluster is gone, and a new one is about to start."""
        self._patience.begin()
        if self._row is not None:
            OrmQ.objects.filter(pk=self._row).delete()
            self._row = None


def _enqueue() -> int:
    """Enqueue a beat and return its row in the queue."""
    with transaction.atomic():
        # Acknowledged even when it fails: a failing beat is a defect to log, not a dead cluster.
        task = async_task(BEAT, ack_failure=True)
        for row in OrmQ.objects.order_by("-pk")[:LOOK]:
            if SignedPackage.loads(row.payload)["id"] == task:
                return int(row.pk)
    raise LookupError("the beat is not in the queue")
