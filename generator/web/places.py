"""Who may use the threads of a web process: a few desks to work at, many seats to wait in.

    granian's threads = STUDIO_WEB_THREADS desks + STUDIO_STREAMS seats

    desk   a request that works. Each desk has a database connection that stays open and goes with it from thread to
           thread, so there are as many connections as desks, however many threads there are
    seat   a request that holds: it waits for a generation, or a file is on its way out; without a database connection

A request comes to a desk first, and waits for one where all are taken. It may take a seat, never waits for one, and
leaves its desk to whoever comes next. So threads never run out: at most the desks' and the seats' are in use for long.
Without `Desks` around the application (tests, `runserver`) there are no desks; seats are counted all the same.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import LifoQueue
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import FileResponse

_here = threading.local()  # .desk: the connection of the desk this thread is at
_free: LifoQueue[BaseDatabaseWrapper] | None = None  # the desk that was left last first: its connection is warm
_seats = threading.RLock()  # a hold may be collected while it is held
_taken = 0

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Desks:
    """A WSGI application whose requests work at so many desks."""

    def __init__(self, application: Application, count: int) -> None:
        global _free
        self._application = application
        _free = LifoQueue()
        for _ in range(count):
            desk = connections.create_connection(DEFAULT_DB_ALIAS)
            desk.inc_thread_sharing()
            _free.put(desk)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        sit_down()
        try:
            reply = self._application(environ, start_response)
        except BaseException:
            get_up()
            raise
        if not getattr(reply, "streaming", False):
            get_up()
            return reply
        is_file = isinstance(reply, FileResponse) or getattr(reply, "status_code", 200) == 206
        seated = is_file and take_seat()
        if seated:
            get_up()
        return _Going(reply, seated)


class _Going:
    """A reply that goes out piece by piece; the server closes it, whatever becomes of it."""

    def __init__(self, reply: Iterable[bytes], seated: bool) -> None:
        self._reply, self._seated = reply, seated

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._reply)

    def close(self) -> None:
        try:
            self._reply.close()  # type: ignore[attr-defined]
        finally:
            get_up()
            _close_strays()
            if self._seated:
                self._seated = False
                leave_seat()


# --- desks ---


def sit_down() -> None:
    """Come to a desk, waiting for one; at one already, or where there are none, nothing happens."""
    if _free is None or getattr(_here, "desk", None) is not None:
        return
    desk = _free.get()
    _close_strays()
    connections[DEFAULT_DB_ALIAS] = desk
    _here.desk = desk


def get_up() -> None:
    """Leave the desk, if at one."""
    desk = getattr(_here, "desk", None)
    if _free is None or desk is None:
        return
    _here.desk = None
    if desk.in_atomic_block:
        desk.close()
    del connections[DEFAULT_DB_ALIAS]
    _free.put(desk)


@contextmanager
def at_desk() -> Iterator[None]:
    """Work with the database for a moment, in a request that has left its desk."""
    was_at_one = getattr(_here, "desk", None) is not None
    sit_down()
    try:
        yield
    finally:
        if not was_at_one:
            get_up()


def _close_strays() -> None:
    """Close what was opened in this thread away from a desk: a defect, which must not add up."""
    for one in connections.all(initialized_only=True):
        one.close()


# --- seats ---


def take_seat() -> bool:
    """Take a seat if one is free; who has one gives it back with `leave_seat`."""
    global _taken
    with _seats:
        if _taken >= settings.STUDIO_STREAMS:
            return False
        _taken += 1
        return True


def leave_seat() -> None:
    global _taken
    with _seats:
        _taken -= 1


def seats_taken() -> int:
    return _taken
