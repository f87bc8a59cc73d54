"""Waiting for a generation, for whoever holds a connection open meanwhile: one look a beat for all of them together.

    follower  follower  follower          each a thread that sleeps, without a database connection
        └────────┼─────────┘
             _Watch (one thread a process) ── SELECT … WHERE id IN (all that are followed), every BEAT

A look wakes only those whose generation has changed. What if …
    this process dies     its followers' connections go with it and nothing else: the work is the cluster's
    the watcher dies      the followers look after it, and start another one
    the database is gone  it is asked again, less and less often; the followers sleep on until their patience ends
    a generation is gone  its followers end
"""

import logging
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field

from django.db import connections, models

from generator.models import Generation, State

log = logging.getLogger(__name__)

BEAT = 0.4  # seconds between two looks
MOST_BEAT = 6.4  # while the database does not answer
CHECK = 5.0  # seconds after which a follower looks after the watcher
RESTING = (*State.ended(), State.IN_DOUBT)


@dataclass(frozen=True)
class Seen:
    """Where a generation stood at the last look."""

    state: State
    stage: str
    percent: int
    takes: int  # tracks that can be played already

    @property
    def is_resting(self) -> bool:
        """Whether nothing more is to come without a person: it has ended, or is in doubt."""
        return self.state in RESTING


@dataclass
class _Followed:
    """A generation that is followed; guarded by the lock of the watch."""

    changed: threading.Condition
    followers: int = 0
    seen: Seen | None = None
    gone: bool = False


@dataclass
class _Watch:
    _lock: threading.RLock = field(default_factory=threading.RLock)  # a hold may be collected while it is held
    _followed: dict[int, _Followed] = field(default_factory=dict)
    _thread: threading.Thread | None = None

    def enter(self, pk: int) -> None:
        with self._lock:
            one = self._followed.setdefault(pk, _Followed(threading.Condition(self._lock)))
            one.followers += 1

    def leave(self, pk: int) -> None:
        with self._lock:
            one = self._followed[pk]
            one.followers -= 1
            if not one.followers:
                del self._followed[pk]

    def wait(self, pk: int, known: Seen, seconds: float) -> Seen | None:
        """The first look at it that differs from what is known, at most so many seconds later; None: none did.

        Raises:
            LookupError: there is no such generation any more.
        """
        until = time.monotonic() + seconds
        with self._lock:
            one = self._followed[pk]
            while one.seen in (None, known) and not one.gone and (left := until - time.monotonic()) > 0:
                self._keep_looking()
                one.changed.wait(min(left, CHECK))
            if one.gone:
                raise LookupError(pk)
            return one.seen if one.seen != known else None

    def _keep_looking(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="follow", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system has no more threads; the next check tries again
                log.exception("the watcher of what is followed could not be started")
            else:
                self._thread = thread

    def _run(self) -> None:
        pause = BEAT
        try:
            while followed := self._wanted():
                try:
                    self._tell(followed, look(followed))
                    pause = BEAT
                except Exception:
                    log.exception("looking at what is followed failed; the next look is in %s s", pause)
                    connections.close_all()
                    pause = min(pause * 2, MOST_BEAT)
                time.sleep(pause)
        finally:
            connections.close_all()

    def _wanted(self) -> list[int]:
        """What is to be looked at; with nothing left, the thread is given up in the same breath."""
        with self._lock:
            if not self._followed:
                self._thread = None
            return list(self._followed)

    def _tell(self, looked_at: list[int], seen: dict[int, Seen]) -> None:
        with self._lock:
            for pk in looked_at:
                one = self._followed.get(pk)
                if one is not None and (one.seen is None or one.seen != seen.get(pk)):
                    one.seen, one.gone = seen.get(pk), pk not in seen
                    one.changed.notify_all()


_watch = _Watch()


def look(pks: list[int]) -> dict[int, Seen]:
    """Where these generations stand now, in one query."""
    rows = Generation.objects.filter(pk__in=pks).annotate(here=models.Count("tracks"))
    return {
        pk: Seen(State(state), stage, percent, here)
        for pk, state, stage, percent, here in rows.values_list("pk", "state", "stage", "percent", "here")
    }


def follow(generation: Generation, patience: float, *, quiet: float | None = None) -> Generator[Seen | None]:
    """Yield where a generation stands, now and after each change, until it rests or the patience is over.

    `patience`: seconds altogether. `quiet`: yield None after so many seconds without a change, for a sign of life.
    The caller's database connection is given back before the first wait; close the iterator to leave early.
    A connection in the web server is held through `generator.api.holding.hold`, which counts them.
    """
    deadline = time.monotonic() + patience
    known = look([generation.pk]).get(generation.pk)
    if known is None:
        return
    yield known
    if known.is_resting:
        return
    _give_back()
    _watch.enter(generation.pk)
    try:
        while not known.is_resting and (left := deadline - time.monotonic()) > 0:
            seen = _watch.wait(generation.pk, known, min(left, quiet or left))
            known = seen or known
            if seen or quiet:
                yield seen
    except LookupError:
        return
    finally:
        _watch.leave(generation.pk)


def _give_back() -> None:
    """Close this thread's database connections, as far as nothing is open in them."""
    for one in connections.all(initialized_only=True):
        if not one.in_atomic_block:
            one.close()
