"""Desks and seats: how many requests work at once, how many are held, and whose database connection is whose."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from django.db import connections
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from generator.web import places

DESKS, SEATS = 2, 3


@pytest.fixture
def serve(monkeypatch, settings) -> Iterator[Callable]:
    """Put desks around a view: `serve(view)` returns the WSGI application; afterwards every place is free."""
    settings.STUDIO_STREAMS = SEATS
    monkeypatch.setattr(places, "_free", None)
    monkeypatch.setattr(places, "_taken", 0)

    def _serve(view: Callable[[], HttpResponse]) -> Callable[[], HttpResponse]:
        application = places.Desks(lambda environ, start: view(), DESKS)

        def ask():
            return application({}, lambda *about: ask.started.append(about))

        ask.started = []
        return ask

    yield _serve
    assert places._free is None or places._free.qsize() == DESKS
    assert places.seats_taken() == 0


def in_threads(count: int, what: Callable[[], object]) -> list:
    """Do it in as many threads at once as there are times."""
    with ThreadPoolExecutor(count) as pool:
        return [one.result(10) for one in [pool.submit(what) for _ in range(count)]]


def free_desks() -> int:
    return places._free.qsize()


def test_as_many_work_at_once_as_there_are_desks(serve):
    working, most, lock = 0, 0, threading.Lock()
    meet = threading.Barrier(DESKS)

    def view():
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        meet.wait(5)  # opens only when all desks are taken
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
    assert len(set(map(id, seen))) == 1  # it is warm


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
    (lambda: FileResponse(BytesIO(b"ab" * places.SMALL)), None),
    (lambda: StreamingHttpResponse(iter([b"ab"]), status=206), None),
]


@pytest.mark.parametrize(("view", "without_seat"), FILES)
def test_a_file_goes_out_from_a_seat_and_never_from_a_desk(serve, view, without_seat):
    application = serve(view)
    replies = [application() for _ in range(SEATS)]
    assert (free_desks(), places.seats_taken()) == (DESKS, SEATS)
    last = application()
    assert (free_desks(), places.seats_taken()) == (DESKS, SEATS)
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
    taken = [places.take_share("key-1") for _ in range(30)]
    assert taken == [True] * 25 + [False] * 5
    assert places.take_share("key-2")
    for holder in [*["key-1"] * 25, "key-2"]:
        places.leave_share(holder)
    assert places._held == {}


def test_a_held_request_works_again_for_a_moment(serve):
    def chunks():
        places.get_up()
        yield free_desks()
        with places.at_desk():
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
    places.get_up()
    stray = connections["default"]
    monkeypatch.setattr(stray, "close", lambda: closed.append(stray))
    reply.close()
    assert closed == [stray]


def test_seats_run_out(settings, serve):
    taken = [places.take_seat() for _ in range(SEATS + 2)]
    assert taken == [True] * SEATS + [False] * 2
    for _ in range(SEATS):
        places.leave_seat()
