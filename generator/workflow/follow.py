"""Waiting for a generation, for whoever holds a connection open meanwhile: one look a beat for all of them together.

    follower  follower  follower          each a thread that sleeps, without a database connection
        └────────┼─────────┘
             _Watch (one thread a process) ── SELECT … WHERE id IN (all that are followed), every BEAT

A process that dies takes its followers' connections with it and nothing else: the work is the cluster's.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import close_old_connections, connection, models

from generator.models import Generation, State

log = logging.getLogger(__name__)

BEAT = 0.4  # seconds between two looks
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


class _Watch:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._followed: Counter[int] = Counter()
        self._seen: dict[int, Seen] = {}
        self._running = False

    def enter(self, pk: int) -> None:
        with self._changed:
            self._followed[pk] += 1
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="follow", daemon=True).start()

    def leave(self, pk: int) -> None:
        with self._changed:
            self._followed[pk] -= 1
            if self._followed[pk] <= 0:
                del self._followed[pk]
                self._seen.pop(pk, None)

    def wait(self, pk: int, known: Seen | None, seconds: float) -> Seen | None:
        """The next look at it that differs from what is known, at most so many seconds later; None: none did."""
        with self._changed:
            self._changed.wait_for(lambda: self._seen.get(pk) not in (None, known), seconds)
            seen = self._seen.get(pk)
            return seen if seen != known else None

    def _run(self) -> None:
        while True:
            with self._changed:
                followed = list(self._followed)
                if not followed:
                    self._running = False
                    break
            try:
                seen = look(followed)
            except Exception:
                log.exception("looking at what is followed failed; the next look is in %s s", BEAT)
                close_old_connections()
                seen = {}
            with self._changed:
                self._seen.update({pk: one for pk, one in seen.items() if pk in self._followed})
                self._changed.notify_all()
            time.sleep(BEAT)
        connection.close()


_watch = _Watch()


def look(pks: list[int]) -> dict[int, Seen]:
    """Where these generations stand now, in one query."""
    rows = Generation.objects.filter(pk__in=pks).annotate(here=models.Count("tracks"))
    return {
        pk: Seen(State(state), stage, percent, here)
        for pk, state, stage, percent, here in rows.values_list("pk", "state", "stage", "percent", "here")
    }


def follow(generation: Generation, patience: float, *, quiet: float | None = None) -> Iterator[Seen | None]:
    """Yield where a generation stands, now and after each change, until it rests or the patience is over.

    `patience`: seconds altogether. `quiet`: yield None after so many seconds without a change, for a sign of life.
    The caller's database connection is given back before the first wait; close the iterator to leave early.
    """
    deadline = time.monotonic() + patience
    known: Seen | None = look([generation.pk]).get(generation.pk)
    if known is None:
        return
    yield known
    connection.close()
    _watch.enter(generation.pk)
    try:
        while not known.is_resting and (left := deadline - time.monotonic()) > 0:
            seen = _watch.wait(generation.pk, known, min(left, quiet or left))
            known = seen or known
            if seen or quiet:
                yield seen
    finally:
        _watch.leave(generation.pk)
