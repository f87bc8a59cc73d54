"""Who may use the threads of a web process: a few desks to work at, many seats to wait in.

    granian's threads = STUDIO_WEB_THREADS desks + STUDIO_STREAMS seats

    desk   a request that works. Each desk has a database connection that stays open and goes with it from thread to
           thread, so there are as many connections as desks, however many threads there are
    seat   a request that holds: it waits for a generation, or a file is on its way out; without a database connection

A request comes to a desk first, and waits for one where all are taken. It may take a seat, never waits for one, and
leaves its desk to whoever comes next. So threads never run out: at most the desks' and the seats' are in use for long.
One holder (a key, a person, an address) has a share of the seats. A file for which no seat is left is answered 503,
unless it is so small that it goes out at once: it is never sent from a desk.
Without `Desks` around the application (tests, `runserver`) there are no desks; seats are counted all the same.
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

from generator.models import User

_here = threading.local()  # .desk: the connection of the desk this thread is at
_free: LifoQueue[BaseDatabaseWrapper] | None = None  # the desk that was left last first: its connection is warm
_seats = threading.RLock()  # a hold may be collected while it is held
_taken = 0
_held: Counter[str] = Counter()  # seats by holder
LEAST_SHARE = 8  # seats one holder may have in any case
SMALL = 1 << 18  # bytes of a file that needs no seat
HOLDER = "studio.holder"  # in a request's environ: whose seat its file takes

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def plain(path: str, status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain")


class Desks:
    """A WSGI application whose requests work at so many desks.

    `refuse` makes the answer to whom no seat is left: for a path, a status and a sentence.
    """

    def __init__(
        self, application: Application, count: int, refuse: Callable[[str, int, str], HttpResponse] = plain
    ) -> None:
        global _free
        self._application, self._refuse = application, refuse
        _free = LifoQueue()
        for _ in range(count):
            desk = connections.create_connection(DEFAULT_DB_ALIAS)
            desk.inc_thread_sharing()
            _free.put(desk)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun: list[tuple[Any, ...]] = []
        sit_down()
        try:
            reply = self._application(environ, lambda *about: begun.append(about))
        except BaseException:
            get_up()
            raise
        is_file = isinstance(reply, FileResponse) or getattr(reply, "status_code", 200) == 206
        if is_file or not getattr(reply, "streaming", False):
            get_up()
        if is_file and not _seat_for(environ.get(HOLDER, "")):
            reply = self._without_seat(environ, reply, begun)
        elif getattr(reply, "streaming", False):
            reply = Leaving(reply, environ.get(HOLDER, "") if is_file else None)
        for about in begun:
            start_response(*about)
        return reply

    def _without_seat(self, environ: dict[str, Any], reply: Any, begun: list[tuple[Any, ...]]) -> Iterable[bytes]:
        try:
            if int(reply.headers.get("Content-Length", SMALL + 1)) <= SMALL:
                return [b"".join(reply)]
        finally:
            reply.close()
        words = "Too many files are on their way out. Try again in a moment."
        refused = self._refuse(environ.get("PATH_INFO", ""), 503, words)
        refused.headers["Retry-After"] = "5"
        begun[:] = [("503 Service Unavailable", list(refused.items()))]
        return [refused.content]


class Leaving:
    """A reply that goes out piece by piece; the server closes it, whatever becomes of it."""

    def __init__(self, reply: Any, holder: str | None) -> None:
        self._reply, self._holder = reply, holder

    @property
    def source(self) -> IO[bytes] | None:
        """The file it is, for a server that sends it by itself; its desk has been left."""
        return getattr(self._reply, "file_to_stream", None) if self._holder is not None else None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._reply)

    def close(self) -> None:
        try:
            self._reply.close()
        finally:
            get_up()
            _close_strays()
            if self._holder is not None:
                leave_seat()
                leave_share(self._holder)
                self._holder = None


def _seat_for(holder: str) -> bool:
    if not take_share(holder):
        return False
    if not take_seat():
        leave_share(holder)
        return False
    return True


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


def take_share(holder: str) -> bool:
    """Count a seat that a holder is about to take, if they have not their share; without a name nobody is counted."""
    with _seats:
        if holder and _held[holder] >= share():
            return False
        _held[holder] += 1
        return True


def leave_share(holder: str) -> None:
    with _seats:
        _held[holder] -= 1
        if not _held[holder]:
            del _held[holder]


def share() -> int:
    """Seats that one holder may have: a quarter of them."""
    return max(settings.STUDIO_STREAMS // 4, LEAST_SHARE)


def seats_taken() -> int:
    return _taken


def holder_of(user: User) -> str:
    """The name of a person's seats, or of those of the key they came with."""
    return f"key-{user.acting_with.pk}" if user.acting_with else f"person-{user.pk}"


def hold_as(request: HttpRequest, holder: str) -> None:
    """Say whose seat the file takes that a request is answered with."""
    request.META[HOLDER] = holder
