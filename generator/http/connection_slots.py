"""Connection slots of a web process: a few worker slots for requests that compute, many stream slots for long ones.

    granian's threads = STUDIO_WEB_THREADS worker slots + STUDIO_STREAMS stream slots

    worker slot   a request that computes. Each slot has one database connection, which stays open and moves
                  from thread to thread, so the connections are as many as the slots, not as the threads
    stream slot   a request that waits for a generation or sends a file; it has no database connection

A request takes a worker slot first, and waits if all are taken. It may then take a stream slot, for which it never
waits, and release its worker slot to the next request. So threads never run out: only slots hold threads for long.
One holder (an API key, a user, an IP address) may hold only a share of the stream slots. A file that gets no stream
slot is answered with 503, unless it is small enough to send at once. Files are never streamed from a worker slot.
Without `WorkerSlots` around the application (tests, `runserver`) there are no worker slots; stream slots still count.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import LifoQueue
from typing import IO, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from generator.models import User

_thread = threading.local()  # .connection: that of this thread's worker slot
_free: LifoQueue[BaseDatabaseWrapper] | None = None  # last in, first out: warm connections first
_stream_lock = threading.RLock()  # reentrant: garbage collection may release a slot while this is locked
_taken = 0
_held: Counter[str] = Counter()  # stream slots by holder
MIN_SHARE = 8  # stream slots that one holder may always have
MAX_SMALL_FILE_BYTES = 1 << 18  # bytes; a file up to this size is sent even if no stream slot is free
HOLDER = "studio.holder"  # environ key: the holder of the file's stream slot

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def plain(path: str, status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain")


class WorkerSlots:
    """A WSGI application that runs requests in `count` worker slots.

    `refuse(path, status, sentence)` makes the response if no stream slot is free.
    """

    def __init__(
        self, application: Application, count: int, refuse: Callable[[str, int, str], HttpResponse] = plain
    ) -> None:
        global _free
        self._application, self._refuse = application, refuse
        _free = LifoQueue()
        for _number in range(count):
            connection = connections.create_connection(DEFAULT_DB_ALIAS)
            connection.inc_thread_sharing()
            _free.put(connection)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started: list[tuple[Any, ...]] = []
        take_worker_slot()
        try:
            reply = self._application(environ, lambda *arguments: started.append(arguments))
        except BaseException:
            leave_worker_slot()
            raise
        is_file = isinstance(reply, FileResponse) or getattr(reply, "status_code", 200) == 206
        if is_file or not getattr(reply, "streaming", False):
            leave_worker_slot()
        if is_file and not _take_file_slot(environ.get(HOLDER, "")):
            reply = self._without_file_slot(environ, reply, started)
        elif getattr(reply, "streaming", False):
            reply = Leaving(reply, environ.get(HOLDER, "") if is_file else None)
        for arguments in started:
            start_response(*arguments)
        return reply

    def _without_file_slot(
        self, environ: dict[str, Any], reply: Any, started: list[tuple[Any, ...]]
    ) -> Iterable[bytes]:
        try:
            if int(reply.headers.get("Content-Length", MAX_SMALL_FILE_BYTES + 1)) <= MAX_SMALL_FILE_BYTES:
                return [b"".join(reply)]
        finally:
            reply.close()
        message = _("Too many downloads are in progress. Try again in a moment.")
        rejection = self._refuse(environ.get("PATH_INFO", ""), 503, message)
        rejection.headers["Retry-After"] = "5"
        started[:] = [("503 Service Unavailable", list(rejection.items()))]
        return [rejection.content]


class Leaving:
    """A streaming response that releases its slots when the server closes it, which it always does."""

    def __init__(self, reply: Any, holder: str | None) -> None:
        self._reply, self._holder = reply, holder

    @property
    def source(self) -> IO[bytes] | None:
        """The response's file, for a server that sends files itself; its worker slot is already released."""
        return getattr(self._reply, "file_to_stream", None) if self._holder is not None else None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._reply)

    def close(self) -> None:
        try:
            self._reply.close()
        finally:
            leave_worker_slot()
            _close_strays()
            if self._holder is not None:
                leave_stream_slot()
                leave_share(self._holder)
                self._holder = None


def _take_file_slot(holder: str) -> bool:
    if not take_share(holder):
        return False
    if not take_stream_slot():
        leave_share(holder)
        return False
    return True


# --- worker slots ---


def take_worker_slot() -> None:
    """Take a worker slot, waiting for one; do nothing if the thread has one or slots are not in use."""
    if _free is None or getattr(_thread, "connection", None) is not None:
        return
    connection = _free.get()
    _close_strays()
    connections[DEFAULT_DB_ALIAS] = connection
    _thread.connection = connection


def leave_worker_slot() -> None:
    """Release the thread's worker slot, if it has one."""
    connection = getattr(_thread, "connection", None)
    if _free is None or connection is None:
        return
    _thread.connection = None
    if connection.in_atomic_block:
        connection.close()
    del connections[DEFAULT_DB_ALIAS]
    _free.put(connection)


@contextmanager
def worker_slot() -> Iterator[None]:
    """Hold a worker slot for a short database access in a request that has released its own."""
    had_slot = getattr(_thread, "connection", None) is not None
    take_worker_slot()
    try:
        yield
    finally:
        if not had_slot:
            leave_worker_slot()


def _close_strays() -> None:
    """Close connections that this thread opened without a worker slot: a defect that must not accumulate."""
    for connection in connections.all(initialized_only=True):
        connection.close()


# --- stream slots ---


def take_stream_slot() -> bool:
    """Take a stream slot if one is free; the caller releases it with `leave_stream_slot`."""
    global _taken
    with _stream_lock:
        if _taken >= settings.STUDIO_STREAMS:
            return False
        _taken += 1
        return True


def leave_stream_slot() -> None:
    global _taken
    with _stream_lock:
        _taken -= 1


def take_share(holder: str) -> bool:
    """Count a stream slot for a holder unless their share is used up; an empty holder has no limit."""
    with _stream_lock:
        if holder and _held[holder] >= share():
            return False
        _held[holder] += 1
        return True


def leave_share(holder: str) -> None:
    with _stream_lock:
        _held[holder] -= 1
        if not _held[holder]:
            del _held[holder]


def share() -> int:
    """Return how many stream slots one holder may have: a quarter of all, at least MIN_SHARE."""
    return max(settings.STUDIO_STREAMS // 4, MIN_SHARE)


def stream_slots_taken() -> int:
    return _taken


def holder_of(user: User) -> str:
    """Return the holder name of the API key that a user acts with, or else of the user."""
    return f"key-{user.api_key.pk}" if user.api_key else f"person-{user.pk}"


def hold_as(request: HttpRequest, holder: str) -> None:
    """Set the holder of the stream slot for the file that answers a request."""
    request.META[HOLDER] = holder
