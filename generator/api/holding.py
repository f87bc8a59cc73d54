"""Connections that are held open until a generation has ended: counted, limited, and without a database connection.

    try:
        held = hold(lambda: door.ask(…), user=user)    # in the view; first a place, then what it is for
    except Full: …                                     # nothing was asked for: the contract's overload error
    return streamed(held, chunks(held), "text/event-stream")

    def chunks(held):
        for seen in held:                              # Seen: it changed · None: `quiet` seconds went by
            yield …
        with at_desk():                                # only here is there a database
            yield …

How many a web process holds at once is STUDIO_STREAMS (`generator.web.places`). A client that hangs up is noticed at
the next chunk, so `quiet` is also how soon its place is free again; the generation goes on.
"""

from collections.abc import Callable, Generator, Iterable

from django.http import StreamingHttpResponse

from generator.models import Generation, User
from generator.web.places import at_desk, get_up, holder_of, leave_seat, leave_share, take_seat, take_share
from generator.workflow.follow import Seen, follow

__all__ = ["PATIENCE", "QUIET", "Full", "Hold", "Seen", "at_desk", "hold", "streamed"]

PATIENCE = 15 * 60.0  # seconds a connection is held at most
QUIET = 15.0  # seconds between signs of life


class Full(Exception):
    """As many connections are held as this process allows, or one key; nothing was begun."""


class Hold:
    """An iterator as `workflow.follow.follow` gives it; has to be closed, and then is no longer counted."""

    generation: Generation

    def __init__(self, holder: str) -> None:
        self._steps: Generator[Seen | None] | None = None
        self._first: Seen | None = None
        self._holder, self._shared, self._seated = holder, False, False
        self._shared = take_share(holder)
        self._seated = self._shared and take_seat()

    def begin(self, ask: Callable[[], Generation], patience: float, quiet: float | None) -> "Hold":
        if not self._seated:
            raise Full
        self.generation = ask()
        self._steps = follow(self.generation, patience, quiet=quiet)
        self._first = next(self._steps, None)  # looked at here, where there is a database connection
        return self

    def __iter__(self) -> "Hold":
        return self

    def __next__(self) -> Seen | None:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        if self._steps is None:
            raise StopIteration
        get_up()
        return next(self._steps)

    def close(self) -> None:
        """Stop following, and leave the place to somebody else; doing it twice is doing it once."""
        if self._seated:
            self._seated = False
            if self._steps is not None:
                self._steps.close()
            leave_seat()
        if self._shared:
            self._shared = False
            leave_share(self._holder)

    def __enter__(self) -> "Hold":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def hold(
    ask: Callable[[], Generation],
    patience: float = PATIENCE,
    *,
    quiet: float | None = QUIET,
    user: User | None = None,
) -> Hold:
    """Take a place, ask for the generation, and hold this connection until it rests, at most `patience` seconds.

    `user`: who asks; their key has a share of the places.

    Raises:
        Full: no place is free, or none of this key's; nothing was asked for.
    """
    held = Hold(holder_of(user) if user else "")
    try:
        return held.begin(ask, patience, quiet)
    except BaseException:
        held.close()
        raise


def streamed(held: Hold, chunks: Iterable[bytes | str], content_type: str) -> StreamingHttpResponse:
    """A reply whose chunks are sent as they come, past every buffer on the way; it closes what it holds."""
    reply = StreamingHttpResponse(chunks, content_type=content_type)
    reply["Cache-Control"] = "no-store, no-transform"
    reply["X-Accel-Buffering"] = "no"
    # Closing a generator that was never begun runs none of it, so what is held is closed beside it.
    reply._resource_closers.append(held.close)  # type: ignore[attr-defined]
    return reply
