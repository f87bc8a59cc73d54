"""Claims on work: a row that one worker has, for as long as that worker lives.

    take     move the row's `due_at` ahead and put a fresh number into `claim`; whoever's update counts has the row
    keep     a thread with a database connection of its own renews it, so that slow work keeps its claim
    check    has somebody else taken it, or a person stopped it? Then `Lost` ends the work
    write    every change goes through the number: after a lost claim nothing is written and nothing is stored twice

    with heartbeat.keep(rows, token) as claim:      # rows: the row, in the states in which the work may go on
        for block in blocks:
            work(block)
            claim.alive()                           # progress; raises Lost
        claim.release(due_at=None, file=name)

What if ...
    the worker dies             nothing renews; the claim runs out after its lease, and the next worker takes the row
    the machine is merely slow  the thread renews; a late renewal counts as long as nobody else has taken the row
    it stands still, and wakes  the row may be somebody else's: its number is another one, and `Lost` ends the work
    the work hangs              after `silence` seconds without `alive()` the thread stops renewing
    the database is away        the thread tries again; whatever takes the row meanwhile is found out at the next beat

Work without a row of its own (the sweep, a rendition) claims a name: `only_one`.
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
from django.db.models import QuerySet
from django.utils import timezone

from generator.models import Heartbeat

log = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=min(60.0, 3 * settings.STUDIO_STALE_SECONDS))
BEATS = 4  # in a lease
SILENCE = 1800.0  # seconds of work without a sign of progress, however slow the machine, that count as hung

SIGN = "workers/"


class Lost(Exception):
    """The claim is somebody else's, or the row has moved on: stop, and write nothing."""


def take(row: "QuerySet[Any]", lease: dt.timedelta = LEASE, **changes: Any) -> int | None:
    """Claim the one row of a queryset that selects it as it was seen; None when somebody was quicker."""
    token = secrets.randbits(62)
    return token if row.update(due_at=timezone.now() + lease, claim=token, **changes) else None


class Claim:
    """A claim that is kept; `token` is its number."""

    def __init__(self, rows: "QuerySet[Any]", token: int) -> None:
        self.token = token
        self._rows = rows.filter(claim=token)
        self._lost = False
        self._progress = time.monotonic()

    def check(self) -> None:
        """Raise Lost when the claim is known to be gone; asks no database."""
        if self._lost:
            raise Lost

    def alive(self) -> None:
        """Show progress. Raises Lost as `check`."""
        self._progress = time.monotonic()
        self.check()

    def write(self, **changes: Any) -> None:
        """Change the row while it is ours. Raises Lost."""
        self.alive()
        if not self._rows.update(**changes):
            self._lost = True
            raise Lost

    def lock(self) -> None:
        """Keep the claim from being taken until the caller's transaction is over. Raises Lost: it is gone already."""
        if not self._rows.select_for_update().exists():
            self._lost = True
            raise Lost

    def release(self, **changes: Any) -> bool:
        """Write the last changes and give the row back; False when it was lost already."""
        return bool(self._rows.update(claim=None, **changes))

    @property
    def is_lost(self) -> bool:
        return self._lost

    def renew(self, silence: float, changes: dict[str, Any]) -> bool:
        """Called by the thread; False: it is over."""
        if time.monotonic() - self._progress > silence:
            log.error("work without progress for %.0f s: its claim is no longer renewed", silence)
            return False
        if not self._rows.update(**changes):
            self._lost = True
        return not self._lost


@contextmanager
def keep(
    rows: "QuerySet[Any]", token: int, *, lease: dt.timedelta = LEASE, silence: float = SILENCE
) -> Iterator[Claim]:
    """Keep a claim that was taken; `rows` selects its row in the states in which the work may go on."""
    claim = Claim(rows.filter(due_at__isnull=False), token)
    with beating(lambda: claim.renew(silence, {"due_at": timezone.now() + lease}), lease):
        yield claim


@contextmanager
def only_one(name: str, *, lease: dt.timedelta = LEASE, silence: float = SILENCE) -> Iterator[Claim | None]:
    """Claim a name, for work that at most one worker may do at a time; None: somebody else is at it."""
    token, now = secrets.randbits(62), timezone.now()
    _, is_new = Heartbeat.objects.get_or_create(name=name, defaults={"at": now, "claim": token})
    mine = Heartbeat.objects.filter(name=name)
    if not is_new and not mine.filter(at__lte=now - lease).update(at=now, claim=token):
        yield None
        return
    claim = Claim(mine, token)
    try:
        with beating(lambda: claim.renew(silence, {"at": timezone.now()}), lease):
            yield claim
    finally:
        mine.filter(claim=token).delete()


def is_claimed(name: str, lease: dt.timedelta = LEASE) -> bool:
    """Whether somebody works under this name."""
    return Heartbeat.objects.filter(name=name, at__gt=timezone.now() - lease).exists()


def let_go() -> None:
    """Free every name: their workers are certainly gone."""
    Heartbeat.objects.exclude(name="cluster").exclude(name__startswith=SIGN).delete()


def here() -> str:
    """This installation on this machine, for names that are its own."""
    return hashlib.sha256(f"{socket.gethostname()}\0{settings.DATA_DIR}".encode()).hexdigest()[:16]


def last_sign() -> dt.datetime | None:
    """When a worker of this installation last showed, while it worked, that it lives."""
    return Heartbeat.objects.filter(name=SIGN + here()).values_list("at", flat=True).first()


@contextmanager
def beating(renew: Callable[[], bool], lease: dt.timedelta = LEASE) -> Iterator[None]:
    """Call `renew` several times a lease, from a thread with a connection of its own, until it says that it is over."""
    over = threading.Event()
    every = min(lease.total_seconds() / BEATS, settings.STUDIO_STALE_SECONDS / 3)
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
                connections.close_all()  # this thread's
    finally:
        connections.close_all()
