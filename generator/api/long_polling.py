"""Connections that stay open until a generation has ended: counted, limited, and without a database connection.

    try:
        connection = open_connection(submit, user=user)  # in the view; takes a slot first, then submits
    except NoFreeSlot: …                                 # nothing was submitted: the contract's overload error
    return stream_response(connection, chunks(connection), "text/event-stream")

    def chunks(connection):
        for status in connection:                        # Seen: it changed · None: `keepalive_s` went by
            yield …
        with worker_slot():                              # only here is there a database
            yield …

Iterating raises AccessEnded once the caller may no longer see the generation: nothing more may be sent about it.
STUDIO_STREAMS limits the open connections of a web process (`generator.http.connection_slots`). A disconnect is
noticed at the next chunk, so `keepalive_s` is also how soon its slot is free again; the generation continues.
"""

from collections.abc import Callable, Generator, Iterable

from django.http import StreamingHttpResponse

from generator.http.connection_slots import (
    holder_of,
    leave_share,
    leave_stream_slot,
    leave_worker_slot,
    take_share,
    take_stream_slot,
    worker_slot,
)
from generator.models import Generation, User
from generator.services.generation.watch_generation import AccessEnded, Seen, watch

__all__ = [
    "KEEPALIVE_INTERVAL_S",
    "MAX_CONNECTION_S",
    "AccessEnded",
    "NoFreeSlot",
    "OpenConnection",
    "Seen",
    "open_connection",
    "stream_response",
    "worker_slot",
]

MAX_CONNECTION_S = 15 * 60.0  # maximum seconds that a connection stays open
KEEPALIVE_INTERVAL_S = 15.0  # seconds between signs of life


class NoFreeSlot(Exception):
    """This process, or this key, has reached its limit of open connections; nothing was started."""


class OpenConnection:
    """An iterator over the steps of `watch_generation.watch`; it must be closed to release its slot."""

    generation: Generation

    def __init__(self, holder: str) -> None:
        self._steps: Generator[Seen | None] | None = None
        self._first: Seen | None = None
        self._holder, self._has_share, self._has_slot = holder, False, False
        self._has_share = take_share(holder)
        self._has_slot = self._has_share and take_stream_slot()

    def begin(
        self, submit: Callable[[], Generation], timeout_s: float, keepalive_s: float | None, user: User | None
    ) -> "OpenConnection":
        if not self._has_slot:
            raise NoFreeSlot
        self.generation = submit()
        self._steps = watch(self.generation, timeout_s, quiet=keepalive_s, user=user)
        self._first = next(self._steps, None)  # read here, where there is a database connection
        return self

    def __iter__(self) -> "OpenConnection":
        return self

    def __next__(self) -> Seen | None:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        if self._steps is None:
            raise StopIteration
        leave_worker_slot()
        return next(self._steps)

    def close(self) -> None:
        """Stop following and release the slot; may be called twice."""
        if self._has_slot:
            self._has_slot = False
            if self._steps is not None:
                self._steps.close()
            leave_stream_slot()
        if self._has_share:
            self._has_share = False
            leave_share(self._holder)

    def __enter__(self) -> "OpenConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def open_connection(
    submit: Callable[[], Generation],
    timeout_s: float = MAX_CONNECTION_S,
    *,
    keepalive_s: float | None = KEEPALIVE_INTERVAL_S,
    user: User | None = None,
) -> OpenConnection:
    """Take a wait slot, call `submit`, and hold the connection until the generation rests, at most `timeout_s` seconds.

    `user`: the caller; their key has a share of the slots, and it ends if they may no longer see the generation.

    Raises:
        NoFreeSlot: no slot is free, or the share of this key is used up; nothing was submitted.
    """
    connection = OpenConnection(holder_of(user) if user else "")
    try:
        return connection.begin(submit, timeout_s, keepalive_s, user)
    except BaseException:
        connection.close()
        raise


def event(data: str, name: str = "", number: int | None = None) -> str:
    """Return a server-sent event; `data` is one line."""
    id_line = f"id: {number}\n" if number is not None else ""
    name_line = f"event: {name}\n" if name else ""
    return f"{id_line}{name_line}data: {data}\n\n"


def stream_response(
    connection: OpenConnection, chunks: Iterable[bytes | str], content_type: str
) -> StreamingHttpResponse:
    """Return a response whose chunks are sent unbuffered as they come; it closes its connection."""
    reply = StreamingHttpResponse(chunks, content_type=content_type)
    reply["Cache-Control"] = "no-store, no-transform"
    reply["X-Accel-Buffering"] = "no"
    # Closing a generator that was never started runs none of it, so the connection is closed separately.
    reply._resource_closers.append(connection.close)  # type: ignore[attr-defined]  # not in the stubs
    return reply
