"""Long polling of generations. One database poll per interval serves all waiters.

    follower  follower  follower          each a sleeping thread without a database connection
        └────────┼─────────┘
             _Watch (one thread per process) ── SELECT … WHERE id IN (all followed), every POLL_INTERVAL_S

A poll wakes only the followers whose generation has changed. What if …
    this process dies     only its followers' connections are lost: the cluster does the work
    the watcher dies      the followers notice and start another one
    the database is gone  polling continues at growing intervals; the followers sleep until their patience ends
    a generation is gone  its followers end
    a follower's access   access is checked with every change and every ACCESS_CHECK_INTERVAL_S; the follower ends with
    ends                  `AccessEnded` and does not receive the change
"""

import logging
import threading
import time
from collections.abc import Generator
from dataclasses import dataclass, field

from django.db import connections, models

from generator import permissions
from generator.models import Generation, State, User
from generator.services.team import api_keys

log = logging.getLogger(__name__)

POLL_INTERVAL_S = 0.4  # seconds between polls
MAX_POLL_INTERVAL_S = 6.4  # while the database does not answer
ACCESS_CHECK_INTERVAL_S = 2.0  # seconds between access checks
WATCHER_CHECK_INTERVAL_S = 5.0  # seconds between a follower's checks that the watcher is alive
RESTING = (*State.ended(), State.IN_DOUBT)


class AccessEnded(Exception):
    """The follower may no longer see the generation: removed, deactivated, key revoked or track made private."""


@dataclass(frozen=True)
class Seen:
    """The status of a generation at the last poll."""

    state: State
    stage: str
    percent: int
    takes: int  # playable tracks

    @property
    def is_resting(self) -> bool:
        """Return whether only a person can change the status: the generation has ended or is in doubt."""
        return self.state in RESTING


@dataclass
class _Followed:
    """A followed generation; guarded by the watch's lock."""

    changed: threading.Condition
    followers: int = 0
    status: Seen | None = None
    gone: bool = False


@dataclass(eq=False)
class _Follower:
    """One waiter; `user` None: the studio itself. Guarded by the watch's lock."""

    pk: int
    user: User | None
    is_out: bool = False


@dataclass
class _Watch:
    _lock: threading.RLock = field(default_factory=threading.RLock)  # reentrant: GC may run `leave` under it
    _followed: dict[int, _Followed] = field(default_factory=dict)
    _followers: set[_Follower] = field(default_factory=set)
    _access_checked_at: float = 0.0  # monotonic time of the last access check
    _thread: threading.Thread | None = None

    def enter(self, pk: int, user: User | None) -> _Follower:
        with self._lock:
            followed = self._followed.setdefault(pk, _Followed(threading.Condition(self._lock)))
            followed.followers += 1
            follower = _Follower(pk, user)
            self._followers.add(follower)
            return follower

    def leave(self, follower: _Follower) -> None:
        with self._lock:
            self._followers.discard(follower)
            followed = self._followed[follower.pk]
            followed.followers -= 1
            if not followed.followers:
                del self._followed[follower.pk]

    def wait(self, follower: _Follower, last_status: Seen, seconds: float) -> Seen | None:
        """Wait up to `seconds` for a status that differs from `known` and return it; None: no change.

        Raises:
            LookupError: the generation no longer exists.
            AccessEnded: the follower may no longer see it.
        """
        until = time.monotonic() + seconds
        with self._lock:
            followed = self._followed[follower.pk]
            while followed.status in (None, last_status) and not (followed.gone or follower.is_out):
                if (remaining_s := until - time.monotonic()) <= 0:
                    break
                self._ensure_watcher()
                followed.changed.wait(min(remaining_s, WATCHER_CHECK_INTERVAL_S))
            if follower.is_out:
                raise AccessEnded
            if followed.gone:
                raise LookupError(follower.pk)
            return followed.status if followed.status != last_status else None

    def _ensure_watcher(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="follow", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system has no more threads; the next check tries again
                log.exception("the watcher of what is followed could not be started")
            else:
                self._thread = thread

    def _run(self) -> None:
        pause = POLL_INTERVAL_S
        try:
            while followed := self._followed_pks():
                try:
                    status_by_pk = current_status(followed)
                    self._end_hidden_followers(status_by_pk)
                    self._wake_changed(followed, status_by_pk)
                    pause = POLL_INTERVAL_S
                except Exception:
                    log.exception("looking at what is followed failed; the next look is in %s s", pause)
                    connections.close_all()
                    pause = min(pause * 2, MAX_POLL_INTERVAL_S)
                time.sleep(pause)
        finally:
            connections.close_all()

    def _followed_pks(self) -> list[int]:
        """Return the ids to poll; if there are none, give up the thread under the same lock."""
        with self._lock:
            if not self._followed:
                self._thread = None
            return list(self._followed)

    def _end_hidden_followers(self, status_by_pk: dict[int, Seen]) -> None:
        """Mark the followers whose access has ended, before each change and every ACCESS_CHECK_INTERVAL_S."""
        with self._lock:
            due = time.monotonic() - self._access_checked_at >= ACCESS_CHECK_INTERVAL_S
            if due:
                self._access_checked_at = time.monotonic()
            by_caller: dict[tuple[int, int], list[_Follower]] = {}
            for follower in self._followers:
                if (
                    follower.user
                    and not follower.is_out
                    and (due or self._followed[follower.pk].status != status_by_pk.get(follower.pk))
                ):
                    key = follower.user.api_key
                    by_caller.setdefault((follower.user.pk, key.pk if key else 0), []).append(follower)
        for group in by_caller.values():
            visible = _visible(group[0].user, {follower.pk for follower in group})
            with self._lock:
                for follower in group:
                    if follower.pk not in visible and follower.pk in self._followed:
                        follower.is_out = True
                        self._followed[follower.pk].changed.notify_all()

    def _wake_changed(self, pks: list[int], status_by_pk: dict[int, Seen]) -> None:
        with self._lock:
            for pk in pks:
                followed = self._followed.get(pk)
                if followed is not None and (followed.status is None or followed.status != status_by_pk.get(pk)):
                    followed.status, followed.gone = status_by_pk.get(pk), pk not in status_by_pk
                    followed.changed.notify_all()


_watch = _Watch()


def current_status(pks: list[int]) -> dict[int, Seen]:
    """Return the current status of these generations, in one query."""
    rows = Generation.objects.filter(pk__in=pks).annotate(takes=models.Count("tracks"))
    return {
        pk: Seen(State(state), stage, percent, takes)
        for pk, state, stage, percent, takes in rows.values_list("pk", "state", "stage", "percent", "takes")
    }


def _visible(user: User | None, pks: set[int]) -> set[int]:
    """Return which of these generations a caller may currently see."""
    user = api_keys.reload(user) if user else None
    return set(permissions.generations(user).filter(pk__in=pks).values_list("pk", flat=True)) if user else set()


def watch(
    generation: Generation, patience: float, *, quiet: float | None = None, user: User | None = None
) -> Generator[Seen | None]:
    """Yield a generation's status now and after each change, until it rests or `patience` runs out.

    `patience`: seconds in total. `quiet`: yield None after that many seconds without a change, as a keep-alive.
    `user`: the follower, with their API key; None: no access checks.
    The caller's database connection is closed before the first wait; close the iterator to leave early.
    Web server connections are held through `generator.api.long_polling.open_connection`, which counts them.

    Raises:
        AccessEnded: `user` may no longer see the generation.
    """
    deadline = time.monotonic() + patience
    last_status = current_status([generation.pk]).get(generation.pk)
    if last_status is None:
        return
    yield last_status
    if last_status.is_resting:
        return
    _give_back()
    follower = _watch.enter(generation.pk, user)
    try:
        while not last_status.is_resting and (remaining_s := deadline - time.monotonic()) > 0:
            status = _watch.wait(follower, last_status, min(remaining_s, quiet or remaining_s))
            last_status = status or last_status
            if status or quiet:
                yield status
    except LookupError:
        return
    finally:
        _watch.leave(follower)


def _give_back() -> None:
    """Close this thread's database connections that are not in a transaction."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
