"""The studio as an ASGI application: an event loop that handles all waiting, in front of WSGI.

    request ─► its body, read here ─► a thread: worker slot, view ─┬─► a complete response
               (http.request_bodies)                               ├─► a file: sent from here, without a thread
                                                                   └─► a stream: sent by its thread, in a stream slot

A slow sender or reader costs a task, never a thread. `/healthz` is also answered here: it reports whether the server
reaches its database, however busy the worker slots are.
"""

import asyncio
import io
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from django.db import connection
from django.http import HttpResponse

from generator.http.connection_slots import Application, Leaving
from generator.http.request_bodies import Bodies, Receive, Rejected
from generator.http.threads import Threads

log = logging.getLogger(__name__)
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Refuse = Callable[[str, int, str], HttpResponse]
Headers = list[tuple[str, str]]
File = tuple[int, Headers, Leaving, IO[bytes]]

CHUNK_BYTES = 1 << 17
STALL_TIMEOUT_S = 120.0  # seconds that a client may take to read a chunk
HEALTH_TTL_S = 1.0  # seconds for which a successful database check is valid
HEALTH_TIMEOUT_S = 3.0
LINGER = {False: (2.0, 1 << 20), True: (60.0, 200 << 20)}  # known caller → seconds, bytes to discard of a rejected body
DISK_THREADS = 8  # threads that read and write files


class Server:
    """The ASGI application. `refuse(path, status, sentence)` makes the response if a body is rejected."""

    def __init__(self, application: Application, threads: int, refuse: Refuse) -> None:
        self._application, self._refuse = application, refuse
        self._threads = Threads(threads, "request")
        self._disks = Threads(DISK_THREADS, "disk")
        self._health = _Health()
        self._bodies = Bodies(self._threads.run, self._disks.run)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        if scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            await _send_response(send, await self._health.answer())
            return
        environ = environ_of(scope)
        try:
            body = await self._bodies.read(environ, receive)
        except Rejected as rejected:
            await self._reject(environ, rejected, receive, send)
            return
        try:
            environ |= {"wsgi.input": body.file, "CONTENT_LENGTH": str(body.size)}
            await self._perform(environ, receive, send)
        finally:
            body.file.close()

    async def _reject(self, environ: dict[str, Any], rejected: Rejected, receive: Receive, send: Send) -> None:
        reply = await self._threads.run(self._refuse, environ["PATH_INFO"], rejected.status, rejected.sentence)
        for name, value in {**rejected.headers, "Connection": "close"}.items():
            reply.headers[name] = value
        await _send_response(send, reply)
        seconds, bytes_left = LINGER[rejected.known]
        # If the connection closed at once, a client that is still sending would miss the response.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds if rejected.status != 408 else 0):
                while (
                    bytes_left > 0
                    and (message := await receive())["type"] == "http.request"
                    and message.get("more_body")
                ):
                    bytes_left -= len(message.get("body", b""))

    async def _perform(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        client = _Client(receive, send)
        try:
            if file := await self._threads.run(_work, self._application, environ, client):
                await self._send_file(client, *file)
        except TimeoutError:
            return  # the client does not read: drop the connection
        except Exception:
            log.exception("%s %s failed", environ["REQUEST_METHOD"], environ["PATH_INFO"])
            if not client.has_begun:
                await _send_response(
                    send, HttpResponse("Something went wrong in the studio. Try again later.", status=500)
                )
        finally:
            client.close()

    async def _send_file(
        self, client: "_Client", status: int, headers: Headers, reply: Leaving, file: IO[bytes]
    ) -> None:
        try:
            await client.begin(status, headers)
            while not client.is_gone and (chunk := await self._disks.run(file.read, CHUNK_BYTES)):
                await client.bring(chunk)
            await client.bring(b"", last=True)
        finally:
            await self._disks.run(reply.close)


class _Client:
    """The receiver of a response; detects a disconnect, and times out if the client stops reading."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self._loop = asyncio.get_running_loop()
        self._watch: asyncio.Task[None] | None = None
        self.has_begun = self.is_gone = False

    async def begin(self, status: int, headers: Headers) -> None:
        self.has_begun = True
        self._watch = asyncio.create_task(self._watch_disconnect())
        await self._send({"type": "http.response.start", "status": status, "headers": _encoded(headers)})

    async def bring(self, chunk: bytes, *, last: bool = False) -> None:
        async with asyncio.timeout(STALL_TIMEOUT_S):
            await self._send({"type": "http.response.body", "body": chunk, "more_body": not last})

    def wait(self, step: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the event loop from a thread, and wait for it."""
        asyncio.run_coroutine_threadsafe(step, self._loop).result()

    def close(self) -> None:
        if self._watch:
            self._watch.cancel()

    async def _watch_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True


def _work(application: Application, environ: dict[str, Any], client: _Client) -> File | None:
    """Run the application and send its response from this thread; return a file for the caller to send."""
    started: list[tuple[int, Headers]] = []
    reply = application(environ, lambda status, headers, *_: started.append((int(status[:3]), headers)))
    status, headers = started[-1]
    if isinstance(reply, Leaving) and (file := reply.source) is not None:
        return status, headers, reply, file
    try:
        if not getattr(reply, "streaming", isinstance(reply, Leaving)):
            content = b"".join(reply)
            client.wait(client.begin(status, headers))
            client.wait(client.bring(content, last=True))
            return None
        client.wait(client.begin(status, headers))
        for chunk in reply:
            if client.is_gone:
                break
            client.wait(client.bring(chunk))
        client.wait(client.bring(b"", last=True))
    finally:
        if close := getattr(reply, "close", None):
            close()
    return None


# --- database health, checked without a worker slot ---


class _Health:
    def __init__(self) -> None:
        self._thread = Threads(1, "health")
        self._look: asyncio.Task[Any] | None = None
        self._seen = 0.0

    async def answer(self) -> HttpResponse:
        if time.monotonic() - self._seen < HEALTH_TTL_S:
            return _plain_text("ok")
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._thread.run(_reach))
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S):
                await asyncio.shield(self._look)
        except Exception as error:  # includes TimeoutError
            log.error("the database does not answer: %r", error)
            return _plain_text("the database does not answer", 503)
        self._seen = time.monotonic()
        return _plain_text("ok")


def _reach() -> None:
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _plain_text(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain", headers={"Cache-Control": "no-store"})


# --- ASGI and WSGI ---


async def _send_response(send: Send, reply: HttpResponse) -> None:
    headers = [*reply.items(), ("Content-Length", str(len(reply.content)))]
    await send({"type": "http.response.start", "status": reply.status_code, "headers": _encoded(headers)})
    await send({"type": "http.response.body", "body": reply.content})


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def environ_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the WSGI environ (PEP 3333) of an ASGI scope, without the body."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    raw = scope.get("raw_path") or scope["path"].encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": unquote_to_bytes(raw.partition(b"?")[0]).decode("latin-1"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope.get('http_version', '1.1')}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        _add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:
        return  # could impersonate a header that a proxy sets with hyphens
    key = name.upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    separator = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
