"""A real studio and raw-socket clients: slow, lying, idle and many. None of them blocks a page."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.management.tree import Studio, wait_for

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("sockets")]

MAKE_KEY = """
from generator.models import Project, User
from generator.services.team import api_keys
print("KEY=" + api_keys.make(User.objects.first(), "sockets", project=Project.objects.first())[1])
"""


def connect(studio: Studio) -> socket.socket:
    return socket.create_connection(("127.0.0.1", studio.port), timeout=40)


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode()


def said(sock: socket.socket) -> tuple[int, bytes]:
    """Return the answer's status and all data until the server closed the connection or fell silent."""
    whole = b""
    with suppress(TimeoutError, ConnectionError):
        while piece := sock.recv(1 << 16):
            whole += piece
            if b"\r\n\r\n" in whole:
                sock.settimeout(2)
    return int(whole[9:12] or 0), whole


def pages_answer(studio: Studio) -> None:
    """Request pages and /healthz repeatedly."""
    for _ in range(5):
        for path, status in (("/accounts/login/", 200), ("/healthz", 200)):
            connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=10)
            connection.request("GET", path)
            assert connection.getresponse().status == status
            connection.close()


@pytest.fixture(scope="module")
def key(studio) -> str:
    return studio.output(MAKE_KEY).split("KEY=")[1].strip()


@pytest.fixture
def sockets() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_slow_bodies_of_strangers_take_no_place(studio, sockets):
    slow = [sockets.enter_context(connect(studio)) for _ in range(40)]
    for number, one in enumerate(slow):
        kind = ("Content-Length: 5000", "Transfer-Encoding: chunked")[number % 2]
        one.sendall(head("/accounts/login/", kind, "Content-Type: application/x-www-form-urlencoded"))
        one.sendall((b"x", b"1\r\nx\r\n")[number % 2])
    web = studio.tree()
    for _ in range(8):
        pages_answer(studio)
        for number, one in enumerate(slow):
            one.sendall((b"x", b"1\r\nx\r\n")[number % 2])
        time.sleep(1)  # they send one byte per second
    assert [one.pid for one in studio.tree() if "child web" in one.command] == [
        one.pid for one in web if "child web" in one.command
    ]
    assert {said(one)[0] for one in slow} == {408}


@pytest.mark.parametrize("length", [1000, 50_000_000, 5_000_000_000])
@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/references", "/api/v3/media/upload/binary", "/none"])
def test_a_strangers_files_are_refused_unread(studio, sockets, path, length):
    sock = sockets.enter_context(connect(studio))
    sock.sendall(head(path, f"Content-Length: {length}", "Content-Type: multipart/form-data; boundary=x"))
    status, whole = said(sock)
    assert status == (401 if path.startswith("/api/") else 403)
    assert b"connection: close" in whole.lower()


def test_a_strangers_body_without_a_length_ends_where_small_ends(studio, sockets):
    sock = sockets.enter_context(connect(studio))
    sock.sendall(head("/api/v3/models/x", "Transfer-Encoding: chunked", "Content-Type: application/json"))
    with suppress(ConnectionError):
        for _ in range(100):
            sock.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    assert said(sock)[0] == 401


def test_a_client_that_waits_for_100_continue_is_told_at_once(studio, sockets):
    sock = sockets.enter_context(connect(studio))
    form = ("Content-Type: multipart/form-data; boundary=x", "Expect: 100-continue", "Content-Length: 9000000")
    sock.sendall(head("/projects/x/references/", *form))
    assert said(sock)[0] == 403
    sock = sockets.enter_context(connect(studio))
    sock.sendall(head("/accounts/login/", "Expect: 100-continue", "Content-Length: 3"))
    assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
    sock.sendall(b"a=b")
    assert said(sock)[0] == 403  # no CSRF token


@pytest.mark.parametrize(
    "lie", [("Content-Length: 5000",), ("Content-Length: 5", "Content-Length: 6"), ("Content-Length: -1",)]
)
def test_a_false_length_hurts_nobody(studio, sockets, lie):
    sock = sockets.enter_context(connect(studio))
    sock.sendall(head("/accounts/login/", *lie) + b"abc")
    sock.shutdown(socket.SHUT_WR)
    assert said(sock)[0] in (0, 400, 408)
    pages_answer(studio)


def test_a_body_in_chunks_is_a_body(studio, sockets, key):
    sock = sockets.enter_context(connect(studio))
    sock.sendall(
        head(
            "/api/v3/model/price",
            f"Authorization: Bearer {key}",
            "Transfer-Encoding: chunked",
            "Content-Type: application/json",
        )
    )
    body = json.dumps({"model_id": "no/such", "inputs": {}}).encode()
    for at in range(0, len(body), 10):
        piece = body[at : at + 10]
        sock.sendall(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    sock.sendall(b"0\r\n\r\n")
    status, whole = said(sock)
    assert (status, b"no/such" in whole or b"model" in whole) == (404, True), whole


def test_two_requests_on_one_connection(studio, sockets):
    sock = sockets.enter_context(connect(studio))
    for _ in range(3):
        sock.sendall(head("/accounts/login/", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 3"))
        sock.sendall(b"a=b")
        assert sock.recv(1 << 16).startswith(b"HTTP/1.1 403 ")
        sock.settimeout(1)
        with suppress(TimeoutError):
            while sock.recv(1 << 16):
                pass
        sock.settimeout(40)
    sock.sendall(head("/healthz", "Connection: close", method="GET"))
    assert said(sock)[0] == 200


def test_a_get_with_a_body_that_never_comes_is_answered(studio, sockets):
    sock = sockets.enter_context(connect(studio))
    sock.sendall(head("/healthz", "Content-Length: 5000", method="GET"))
    assert said(sock)[0] == 200
    sock = sockets.enter_context(connect(studio))
    sock.sendall(head("/accounts/login/", "Content-Length: 5000", method="GET"))
    assert said(sock)[0] == 200


def test_idle_connections_and_heads_that_drip_stand_in_nobodys_way(studio, sockets):
    idle = [sockets.enter_context(connect(studio)) for _ in range(1000)]
    for one in idle[:300]:
        one.sendall(b"GET / HTTP/1.1\r\nHost: local")
    for _ in range(3):
        pages_answer(studio)
        for one in idle[:300]:
            one.sendall(b"h")


@pytest.fixture
def upload(key) -> tuple[bytes, bytes]:
    """The head and the body of a program's upload of 30 MB."""
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    body += b"\0" * 30_000_000 + b"\r\n--x--\r\n"
    about = (f"Authorization: Bearer {key}", "Content-Type: multipart/form-data; boundary=x")
    return head("/api/v1/references", *about, f"Content-Length: {len(body)}"), body


def test_honest_slow_uploads_stop_no_page(studio, sockets, upload):
    begin, body = upload
    slow = [sockets.enter_context(connect(studio)) for _ in range(5)]
    for one in slow:
        one.sendall(begin)
    sent = 0
    for _ in range(6):
        for one in slow:
            one.sendall(body[sent : sent + 100_000])
        sent += 100_000
        pages_answer(studio)
    slow[0].sendall(body[sent:])
    assert said(slow[0])[0] == 201
    pages_answer(studio)


def test_one_caller_has_so_many_uploads_under_way(studio, sockets, upload):
    begin, body = upload
    many = [sockets.enter_context(connect(studio)) for _ in range(8)]
    for one in many:
        one.sendall(begin + body[:70_000])
    answered = []

    def look() -> bool:
        for one in list(many):
            one.setblocking(False)
            with suppress(BlockingIOError):
                answered.append(one.recv(100)[9:12])
                many.remove(one)
        return len(answered) >= 2

    wait_for(look, 20, "two of eight are turned away")
    assert answered == [b"503", b"503"]


def test_a_key_may_not_send_more_than_a_file(studio, sockets, key):
    sock = sockets.enter_context(connect(studio))
    about = (f"Authorization: Bearer {key}", "Content-Type: multipart/form-data; boundary=x")
    sock.sendall(head("/api/v1/references", *about, "Content-Length: 6000000000"))
    status, whole = said(sock)
    assert status == 413
    assert b"application/problem+json" in whole
