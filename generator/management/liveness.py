"""Liveness of the cluster: it must take, run *and acknowledge* tasks; it can lose any of the three independently.

A beat is a task that is enqueued every few seconds. A beat without an answer means a hung cluster, unless the cluster
is clearly busy or the machine is slow (hang_detection.py). The wait restarts whenever another task finishes, a worker
shows that it is alive (`generator.services.background.claims`), or this process itself could not check. While as many
tasks are taken as there are workers, the patience is longer, because each of them may be a long task.
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

from generator.management.hang_detection import Patience, Waits
from generator.services.background import claims

BEAT = "generator.services.background.tasks.stamp_heartbeat"
BUSY_PATIENCE_FACTOR = 4  # times the usual patience
MAX_CHECK_GAP_S = 5.0  # seconds between two checks; more means that this process was suspended or got no processor time
MAX_ROWS = 200  # rows at the head of the queue


@dataclass
class Beat:
    """The liveness check of the cluster; `look` is called continually."""

    every: float = field(default_factory=lambda: settings.STUDIO_HEARTBEAT_SECONDS)
    stale_after: float = field(default_factory=lambda: settings.STUDIO_STALE_SECONDS)
    waits: Waits = dict  # waits of the cluster's threads for a processor
    _row: int | None = None  # the pending beat
    _since: float = 0.0  # when the beat was enqueued, or when something else last finished
    _next: float = 0.0
    _queued: frozenset[int] = frozenset()
    _looked: float = 0.0
    _sign: dt.datetime | None = None

    def __post_init__(self) -> None:
        self._patience = Patience(self.stale_after, self.waits)

    def check(self) -> bool | None:
        """Return True if a beat has just been answered, False if the cluster must be considered hung, else None."""
        now = time.monotonic()
        kept_away, self._looked = now - self._looked > MAX_CHECK_GAP_S, now
        if self._row is None:
            if now >= self._next:
                self._next = now + self.every
                self._row, self._since, self._queued = _enqueue(), now, frozenset()
            return None
        locks = dict(OrmQ.objects.order_by("pk").values_list("pk", "lock")[:MAX_ROWS])
        if self._row not in locks and not OrmQ.objects.filter(pk=self._row).exists():
            self._row = None
            self._patience.answered(now - self._since)
            return True
        if self._queued - locks.keys() or self._has_sign() or kept_away:
            self._since = now
        self._queued = frozenset(locks)
        taken = sum(lock is not None and lock > timezone.now() for pk, lock in locks.items() if pk != self._row)
        busy = taken >= settings.STUDIO_WORKERS
        return False if self._patience.is_over(now - self._since, BUSY_PATIENCE_FACTOR if busy else 1) else None

    def _has_sign(self) -> bool:
        """Return whether a worker has shown since the last check that it is alive."""
        before, self._sign = self._sign, claims.last_sign()
        return self._sign != before

    def forget(self) -> None:
        """Remove the unanswered beat from the queue: its cluster is gone, and a new one is about to start."""
        self._patience.begin()
        if self._row is not None:
            OrmQ.objects.filter(pk=self._row).delete()
            self._row = None


def _enqueue() -> int:
    """Enqueue a beat and return its row in the queue."""
    with transaction.atomic():
        # Acknowledge it even when it fails: a failing beat is a defect to log, not a dead cluster.
        task = async_task(BEAT, ack_failure=True)
        for row in OrmQ.objects.order_by("-pk")[:MAX_ROWS]:
            if SignedPackage.loads(row.payload)["id"] == task:
                return int(row.pk)
    raise LookupError("the beat is not in the queue")
