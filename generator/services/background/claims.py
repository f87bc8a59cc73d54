"""Claims on work: one worker holds a row for as long as it renews its claim.

    acquire    move the row's `due_at` ahead, put a new token in `claim`; the worker whose update succeeds has it
    renew_all  a thread with its own database connection renews the claim, so that slow work keeps it
    check      raise `ClaimLost` if another worker has taken the row, or a person stopped the work
    write      every update filters by the token, so nothing is written after a lost claim and nothing is stored twice

    with claims.renew_all(rows, token) as claim:    # rows: the row, in the states in which work may continue
        for block in blocks:
            work(block)
            claim.alive()                           # progress; raises ClaimLost
        claim.release(due_at=None, file=name)

What if ...
    the worker dies             renewals stop; the claim expires after its lease, and the next worker takes the row
    the machine is merely slow  the thread renews; a late renewal counts if no other worker has taken the row
    it sleeps, and resumes      another worker may have the row, under another token; then `ClaimLost` ends the work
    the work hangs              after `silence` seconds without `alive()` the thread stops renewing
    the database is down        the thread retries; if another worker takes the row, the next renewal detects it

Work without its own row (the provider poller, a rendition) claims a name with `exclusive`.
"""

import datetime as dt
import hashlib
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models import F, QuerySet
from django.utils import timezone

from generator.models import Heartbeat

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=min(60.0, 3 * settings.STUDIO_STALE_SECONDS))
RENEWALS_PER_LEASE = 4
MAX_TRIED = 20  # due rows that other workers may take first
MAX_SILENCE_S = 1800.0  # seconds without progress after which work counts as hung, even on a slow machine

SIGN = "workers/"


class ClaimLost(Exception):
    """The claim is gone or the row has changed state: stop, and write nothing."""


def acquire(row: "QuerySet[Any]", lease: dt.timedelta = LEASE, **changes: Any) -> int | None:
    """Claim the row that the queryset selects in its last known state; return its token, or None if it was taken."""
    token = secrets.randbits(62)
    return token if row.update(due_at=timezone.now() + lease, claim=token, **changes) else None


def acquire_due(rows: "QuerySet[Any]", *order: str, **changes: Any) -> Any:
    """Claim the row that has been due longest, or comes first in `order`, as one more attempt; return its key.

    None: nothing is due, or other workers were quicker.
    """
    due = rows.filter(due_at__lte=timezone.now()).order_by(*order or ("due_at",))
    for pk, due_at in due.values_list("pk", "due_at")[:MAX_TRIED]:
        if acquire(rows.filter(pk=pk, due_at=due_at), attempts=F("attempts") + 1, **changes):
            return pk
    return None


class Claim:
    """A claim being renewed, identified by `token`."""

    def __init__(self, rows: "QuerySet[Any]", token: int) -> None:
        self.token = token
        self._rows = rows.filter(claim=token)
        self._lost = False
        self._progress = time.monotonic()

    def check(self) -> None:
        """Raise ClaimLost if the claim is known to be gone. No database query."""
        if self._lost:
            raise ClaimLost

    def alive(self) -> None:
        """Report progress. Raises ClaimLost as `check` does."""
        self._progress = time.monotonic()
        self.check()

    def write(self, **changes: Any) -> None:
        """Update the row if the claim still holds. Raises ClaimLost."""
        self.alive()
        if not self._rows.update(**changes):
            self._lost = True
            raise ClaimLost

    def lock(self) -> None:
        """Lock the claimed row until the caller's transaction ends. Raises ClaimLost if the claim is already gone."""
        if not self._rows.select_for_update().exists():
            self._lost = True
            raise ClaimLost

    def release(self, **changes: Any) -> bool:
        """Write the final changes and release the row. Return False if the claim was already lost."""
        return bool(self._rows.update(claim=None, **changes))

    @property
    def is_lost(self) -> bool:
        return self._lost

    def renew(self, silence: float, changes: dict[str, Any]) -> bool:
        """Renew the claim, from the thread. Return False when renewal must stop."""
        if time.monotonic() - self._progress > silence:
            log.error("work without progress for %.0f s: its claim is no longer renewed", silence)
            return False
        if not self._rows.update(**changes):
            self._lost = True
        return not self._lost


@contextmanager
def renew_all(
    rows: "QuerySet[Any]", token: int, *, lease: dt.timedelta = LEASE, silence: float = MAX_SILENCE_S
) -> Iterator[Claim]:
    """Renew a claim from `take` during the block; `rows` selects the row in the states in which work may continue."""
    claim = Claim(rows.filter(due_at__isnull=False), token)
    with keep_heartbeat(lambda: claim.renew(silence, {"due_at": timezone.now() + lease}), lease):
        yield claim


@contextmanager
def exclusive(name: str, *, lease: dt.timedelta = LEASE, silence: float = MAX_SILENCE_S) -> Iterator[Claim | None]:
    """Claim a name for work that one worker at most may do at a time; yield None if another worker has it."""
    token, now = secrets.randbits(62), timezone.now()
    _, is_new = Heartbeat.objects.get_or_create(name=name, defaults={"at": now, "claim": token})
    row = Heartbeat.objects.filter(name=name)
    if not is_new and not row.filter(at__lte=now - lease).update(at=now, claim=token):
        yield None
        return
    claim = Claim(row, token)
    try:
        with keep_heartbeat(lambda: claim.renew(silence, {"at": timezone.now()}), lease):
            yield claim
    finally:
        row.filter(claim=token).delete()


def is_claimed(name: str, lease: dt.timedelta = LEASE) -> bool:
    """Return whether a worker holds this name."""
    return Heartbeat.objects.filter(name=name, at__gt=timezone.now() - lease).exists()


def release_all() -> None:
    """Release every claimed name. Call it only when no worker of an earlier start can still be running."""
    Heartbeat.objects.exclude(name="cluster").exclude(name__startswith=SIGN).delete()


def here() -> str:
    """Return an identifier of this installation on this machine, for use in claimed names."""
    return hashlib.sha256(f"{socket.gethostname()}\0{settings.DATA_DIR}".encode()).hexdigest()[:16]


def last_sign() -> dt.datetime | None:
    """Return when a worker of this installation last renewed a claim; None if never."""
    return Heartbeat.objects.filter(name=SIGN + here()).values_list("at", flat=True).first()


@contextmanager
def keep_heartbeat(renew: Callable[[], bool], lease: dt.timedelta = LEASE) -> Iterator[None]:
    """Call `renew` several times per lease, from a thread with its own connection, until it returns False."""
    over = threading.Event()
    every = min(lease.total_seconds() / RENEWALS_PER_LEASE, settings.STUDIO_STALE_SECONDS / 3)
    thread = threading.Thread(target=_beat, args=(renew, every, over), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(renew: Callable[[], bool], every: float, over: threading.Event) -> None:
    try:
        while not over.wait(every):
            try:
                if not renew():
                    return
                Heartbeat.objects.update_or_create(name=SIGN + here(), defaults={"at": timezone.now()})
            except DatabaseError as error:
                log.warning("a claim could not be renewed, and is tried again: %s", error)
                connections.close_all()  # those of this thread
    finally:
        connections.close_all()
