"""A live server that fails on command, for any contract: real sockets, rows of trouble, a record of its requests.

    with Vendors() as vendors:
        vendors.trouble("submit", "reset", accept=True)     # the next submit is accepted, then the connection is cut
        vendors.trouble("result", "status", status=503)     # the next poll is answered HTTP 503

A row applies to the next request on its route, once. What it can `do`:

    delay   wait `seconds`, then answer normally     html       an error page of something in front of the API
    hang    say nothing until the client has gone    garbage    bytes that are not JSON, with HTTP 200
    reset   RST before any answer                    truncated  half of the normal answer, then the end
    cut     FIN before any answer                    drop       the normal answer, cut after `size` bytes
    headers the head of an answer, then RST          redirect   to `to`
    status  `status` with `body` and `headers`       endless    `body` repeatedly while the client reads
    drip    the normal answer byte by byte, `seconds` apart
    slow_head  a head without an end, a line at a time, `seconds` apart
"""

import contextlib
import json
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

HTML = b"<!doctype html><html><title>502 Bad Gateway</title><body>nginx</body></html>"


@dataclass(frozen=True)
class Row:
    on: str
    do: str
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    size: int = 0
    to: str = ""
    accept: bool = False  # the job is accepted and charged first


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Gone(Exception):
    """The handler has dealt with the connection itself."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # a sweep opens a hundred connections at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that were killed; print all other errors."""
        if not isinstance(sys.exception(), (ConnectionError, json.JSONDecodeError)):
            super().handle_error(request, client_address)


class Listening:
    """Start and stop a threaded server on a free local port."""

    handler: ClassVar[type[BaseHTTPRequestHandler]]

    def __enter__(self):
        handler = type("Handler", (self.handler,), {"fake": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class Troubled(Listening):
    """A listening server with rows of trouble and a record of the requests."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.seen: list[Seen] = []
        self.lock = threading.RLock()
        self.under_way = 0
        self.quiet = threading.Condition(self.lock)

    def settled(self, seconds: float = 5.0) -> bool:
        """Wait until no request is in progress, including everything that follows its answer."""
        with self.quiet:
            return self.quiet.wait_for(lambda: self.under_way == 0, seconds)

    def trouble(self, on: str, do: str, *, times: int = 1, **how: Any) -> None:
        self.rows += [Row(on, do, **how)] * times

    def take(self, on: str) -> Row | None:
        with self.lock:
            row = next((row for row in self.rows if row.on == on), None)
            if row:
                self.rows.remove(row)
            return row

    def requests(self, method: str, ending: str = "") -> list[Seen]:
        return [seen for seen in self.seen if seen.method == method and seen.path.partition("?")[0].endswith(ending)]


class LiveHandler(BaseHTTPRequestHandler):
    """Answers with JSON, bytes or trouble, as decided by `route` of a contract's handler."""

    fake: Troubled
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        """Keep the test output quiet."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        self.body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.fake.seen.append(Seen(self.command, self.path, headers, self.body))
        with self.fake.quiet:
            self.fake.under_way += 1
        try:
            with contextlib.suppress(Gone, BrokenPipeError, ConnectionResetError):
                self.route()
        finally:
            with self.fake.quiet:
                self.fake.under_way -= 1
                self.fake.quiet.notify_all()

    def route(self) -> None:
        raise NotImplementedError

    # --- answers ---

    def send_json(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        self.send_bytes(status, json.dumps(body).encode(), "application/json", headers or {})

    def send_bytes(self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        sent = {"content-type": kind, "content-length": str(len(body)), **(headers or {})}
        self.head(status, {name: value for name, value in sent.items() if value})
        self.wfile.write(body)
        self.wfile.flush()

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def reset(self) -> None:
        """Drop the connection with a RST, like a killed process."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()
        raise Gone

    def cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
        raise Gone

    # --- trouble ---

    def misbehave(self, row: Row | None, usual: bytes = b"{}") -> None:
        """Do what the row says and raise Gone; return if the normal answer is to follow."""
        if row is None:
            return
        if row.do == "delay":
            self.fake.closing.wait(row.seconds)
            return
        getattr(self, f"_do_{row.do}")(row, usual)
        raise Gone

    def _do_hang(self, row: Row, usual: bytes) -> None:
        self.fake.closing.wait(row.seconds or 30)
        self.cut()

    def _do_reset(self, row: Row, usual: bytes) -> None:
        self.reset()

    def _do_cut(self, row: Row, usual: bytes) -> None:
        self.cut()

    def _do_headers(self, row: Row, usual: bytes) -> None:
        self.head(200, {"content-type": "application/json", "content-length": "500"})
        self.reset()

    def _do_status(self, row: Row, usual: bytes) -> None:
        self.send_bytes(row.status, row.body, "application/json", row.headers)

    def _do_html(self, row: Row, usual: bytes) -> None:
        self.send_bytes(row.status, HTML, "text/html", row.headers)

    def _do_garbage(self, row: Row, usual: bytes) -> None:
        self.send_bytes(200, row.body or b'\x00\xff{"code":2', "application/json")

    def _do_truncated(self, row: Row, usual: bytes) -> None:
        self.head(200, {"content-type": "application/json", "content-length": str(len(usual))})
        self.wfile.write(usual[: len(usual) // 2])
        self.wfile.flush()
        self.cut()

    def _do_drop(self, row: Row, usual: bytes) -> None:
        self.head(200, {"content-type": "application/octet-stream", "content-length": str(len(usual))})
        self.wfile.write(usual[: row.size])
        self.wfile.flush()
        self.cut()

    def _do_redirect(self, row: Row, usual: bytes) -> None:
        self.send_bytes(row.status if row.status != 200 else 302, b"", "text/plain", {"location": row.to})

    def _do_drip(self, row: Row, usual: bytes) -> None:
        self.head(200, {"content-type": "application/json", "content-length": str(len(usual))})
        for at in range(len(usual)):
            self.wfile.write(usual[at : at + 1])
            self.wfile.flush()
            self.fake.closing.wait(row.seconds)

    def _do_slow_head(self, row: Row, usual: bytes) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(10_000):
            self.wfile.write(b"x-%d: y\r\n" % number)
            self.wfile.flush()
            if self.fake.closing.wait(row.seconds):
                raise Gone

    def _do_endless(self, row: Row, usual: bytes) -> None:
        self.head(200, {"content-type": "audio/mpeg", "connection": "close", **row.headers})
        self.close_connection = True
        piece = row.body or b"\xff\xfb\x90\x00" * 16_384
        while not self.fake.closing.is_set():
            self.wfile.write(piece)
