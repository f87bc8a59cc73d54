"""Working and waiting slots: how many requests run, how many are held, and which have a database connection."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from django.db import connections
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from generator.http import connection_slots

DESKS, SEATS = 2, 3


@pytest.fixture
def serve(monkeypatch, settings) -> Iterator[Callable]:
    """Put working slots around a view: `serve(view)` returns the WSGI application; afterwards every slot is free."""
    settings.STUDIO_STREAMS = SEATS
    monkeypatch.setattr(connection_slots, "_free", None)
    monkeypatch.setattr(connection_slots, "_taken", 0)

    def _serve(view: Callable[[], HttpResponse]) -> Callable[[], HttpResponse]:
        application = connection_slots.WorkerSlots(lambda environ, start: view(), DESKS)

        def ask():
            return application({}, lambda *about: ask.started.append(about))

        ask.started = []
        return ask

    yield _serve
    assert connection_slots._free is None or connection_slots._free.qsize() == DESKS
    assert connection_slots.stream_slots_taken() == 0


def in_threads(count: int, what: Callable[[], object]) -> list:
    """Run `what` in that many threads at once."""
    with ThreadPoolExecutor(count) as pool:
        return [one.result(10) for one in [pool.submit(what) for _ in range(count)]]


def free_desks() -> int:
    return connection_slots._free.qsize()


def test_as_many_work_at_once_as_there_are_desks(serve):
    working, most, lock = 0, 0, threading.Lock()
    meet = threading.Barrier(DESKS)

    def view():
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        meet.wait(5)  # opens only when all working slots are taken
        with lock:
            working -= 1
        return HttpResponse("done")

    assert len(in_threads(DESKS * 10, serve(view))) == DESKS * 10
    assert most == DESKS


def test_a_connection_belongs_to_a_desk_and_not_to_a_thread(serve):
    seen = []

    def view():
        connection = connections["default"]
        connection.validate_thread_sharing()
        seen.append(connection)
        return HttpResponse("done")

    in_threads(30, serve(view))
    assert len(set(map(id, seen))) <= DESKS


def test_what_was_left_last_is_taken_first(serve):
    seen = []
    application = serve(lambda: (seen.append(connections["default"]), HttpResponse("done"))[1])
    for _ in range(5):
        application()
    assert len(set(map(id, seen))) == 1  # the connection is reused


def test_a_view_that_breaks_leaves_its_desk(serve):
    application = serve(lambda: 1 / 0)
    for _ in range(DESKS + 1):
        with pytest.raises(ZeroDivisionError):
            application()


def test_a_reply_made_as_it_goes_keeps_its_desk(serve):
    reply = serve(lambda: StreamingHttpResponse(iter([b"a", b"b"])))()
    assert free_desks() == DESKS - 1
    assert b"".join(reply) == b"ab"
    reply.close()
    assert free_desks() == DESKS


FILES = [
    (lambda: FileResponse(BytesIO(b"ab")), b"ab"),  # so small that it goes out at once
    (lambda: FileResponse(BytesIO(b"ab" * connection_slots.MAX_SMALL_FILE_BYTES)), None),
    (lambda: StreamingHttpResponse(iter([b"ab"]), status=206), None),
]


@pytest.mark.parametrize(("view", "without_seat"), FILES)
def test_a_file_goes_out_from_a_seat_and_never_from_a_desk(serve, view, without_seat):
    application = serve(view)
    replies = [application() for _ in range(SEATS)]
    assert (free_desks(), connection_slots.stream_slots_taken()) == (DESKS, SEATS)
    last = application()
    assert (free_desks(), connection_slots.stream_slots_taken()) == (DESKS, SEATS)
    if without_seat:
        assert b"".join(last) == without_seat
    else:
        assert application.started[-1][0].startswith("503")
        assert dict(application.started[-1][1])["Retry-After"]
    for reply in replies:
        assert b"".join(reply)[:2] == b"ab"
        reply.close()
        reply.close()


def test_one_holder_has_a_share_of_the_seats(settings):
    settings.STUDIO_STREAMS = 100
    taken = [connection_slots.take_share("key-1") for _ in range(30)]
    assert taken == [True] * 25 + [False] * 5
    assert connection_slots.take_share("key-2")
    for holder in [*["key-1"] * 25, "key-2"]:
        connection_slots.leave_share(holder)
    assert connection_slots._held == {}


def test_a_held_request_works_again_for_a_moment(serve):
    def chunks():
        connection_slots.leave_worker_slot()
        yield free_desks()
        with connection_slots.worker_slot():
            yield free_desks()
        yield free_desks()

    class Reply(StreamingHttpResponse):
        def __iter__(self):
            return chunks()

    reply = serve(Reply)()
    assert list(reply) == [DESKS, DESKS - 1, DESKS]
    reply.close()


def test_a_connection_opened_away_from_a_desk_is_closed(serve, monkeypatch):
    closed = []
    reply = serve(lambda: StreamingHttpResponse(iter([b"a"])))()
    connection_slots.leave_worker_slot()
    stray = connections["default"]
    monkeypatch.setattr(stray, "close", lambda: closed.append(stray))
    reply.close()
    assert closed == [stray]


def test_seats_run_out(settings, serve):
    taken = [connection_slots.take_stream_slot() for _ in range(SEATS + 2)]
    assert taken == [True] * SEATS + [False] * 2
    for _ in range(SEATS):
        connection_slots.leave_stream_slot()
