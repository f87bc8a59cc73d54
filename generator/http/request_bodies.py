"""Request bodies, read in full before a request gets a thread, with limits on size, duration and sender.

    GET, HEAD, OPTIONS   not read
    small                64 KB in 20 s, from any client; kept in memory
    form                 1 MB, from a signed-in user or an API key
    upload               a file and its form, to a URL that accepts files (whole tracks: larger ones); from a user, an
                         API key or a signed ticket

A multipart body from an unauthenticated client is never read. A body larger than "small" is written to the library's
disk and must keep a minimum rate. The number of these is limited per caller and in total, which also bounds disk use.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from importlib import import_module
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from generator.http.connection_slots import holder_of, worker_slot
from generator.http.uploads import LARGE, temporary_folder
from generator.models import User
from generator.services.library import references
from generator.services.library.references import MAX_UPLOAD_BYTES
from generator.services.team import api_keys

SMALL_BODY_BYTES = 64 * 1024
SMALL_BODY_TIMEOUT_S = 20.0
MAX_FORM_BYTES = 1_000_000  # as settings.DATA_UPLOAD_MAX_MEMORY_SIZE
MAX_BODY_BYTES = MAX_UPLOAD_BYTES + MAX_FORM_BYTES
CHUNK_TIMEOUT_S = 30.0  # the longest gap between two chunks of a larger body
GRACE_S = 60.0  # seconds during which a larger body may be slower than MIN_RATE_BYTES_PER_S
MIN_RATE_BYTES_PER_S = 4096  # the minimum average rate of a larger body
MAX_DURATION_S = 3600.0
MAX_BODIES_PER_CALLER, MAX_BODIES = 6, 32  # concurrent larger bodies per caller and in total
MAX_HUGE_BODIES = 4  # of these, those that may exceed MAX_BODY_BYTES: whole tracks, sets of stems
BODILESS = ("GET", "HEAD", "OPTIONS", "TRACE")

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Ticket = Callable[[Mapping[str, Any]], str]

# View names or routes that accept files; for signed URLs, the value is a function that returns the caller.
UPLOADS: dict[str, Ticket | None] = {"references": None, "finish-voice": None, **dict.fromkeys(LARGE)}


class Rejected(Exception):
    """A body that was not read, or not completely. `known` is True only for an authenticated caller."""

    def __init__(self, status: int, sentence: str, *, known: bool = False, **headers: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.known = status, sentence, known
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Body:
    """A completely received body; its owner closes it."""

    file: IO[bytes]
    size: int


class Bodies:
    """A reader of request bodies; `run` and `write` move blocking work off the event loop into threads."""

    def __init__(self, run: Callable[..., Awaitable[Any]], write: Callable[..., Awaitable[Any]]) -> None:
        self._run, self._write = run, write
        self._under_way: Counter[str] = Counter()
        self._huge = 0

    async def read(self, environ: Mapping[str, Any], receive: Receive) -> Body:
        """Return the complete body; raise Rejected if a limit is exceeded or the sender may not send it."""
        declared = _length(environ)
        if environ["REQUEST_METHOD"] in BODILESS or declared == 0:
            return Body(BytesIO(), 0)
        is_form = environ.get("CONTENT_TYPE", "").lower().lstrip().startswith("multipart/")
        if not is_form and declared is not None and declared <= SMALL_BODY_BYTES:
            return await self._receive_small(receive, declared)
        if not is_form and declared is None:
            body = await self._receive_small(receive, SMALL_BODY_BYTES, and_more=True)
            return (
                body if body.size <= SMALL_BODY_BYTES else await self._receive_large(environ, receive, declared, body)
            )
        return await self._receive_large(environ, receive, declared, Body(BytesIO(), 0))

    async def _receive_small(self, receive: Receive, max_bytes: int, *, and_more: bool = False) -> Body:
        """Read a small body; with `and_more`, return what has arrived once it exceeds `max_bytes`."""
        body = Body(BytesIO(), 0)
        try:
            async with asyncio.timeout(SMALL_BODY_TIMEOUT_S):
                more = True
                while more:
                    piece, more = await _piece(receive)
                    body.size += body.file.write(piece)
                    if body.size > max_bytes and and_more:
                        return body
        except TimeoutError:
            raise Rejected(408, _("The request took too long to arrive. Send it again.")) from None
        body.file.seek(0)
        return body

    async def _receive_large(
        self, environ: Mapping[str, Any], receive: Receive, declared: int | None, received: Body
    ) -> Body:
        caller, max_bytes = await self._run(_admit, environ)
        if not caller:
            raise Rejected(401, _("Sign in, or send a valid API key, before sending a request of this size."))
        if (declared or received.size) > max_bytes:
            raise _too_large(max_bytes)
        is_huge = (declared or max_bytes) > MAX_BODY_BYTES
        is_full = self._under_way[caller] >= MAX_BODIES_PER_CALLER or self._under_way.total() >= MAX_BODIES
        if is_full or (is_huge and self._huge >= MAX_HUGE_BODIES):
            raise Rejected(
                503, _("Too many uploads are in progress. Try again in a moment."), known=True, Retry_After="10"
            )
        self._under_way[caller] += 1
        self._huge += is_huge
        file = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 (the request closes it)
        try:
            received.file.seek(0)
            file.write(received.file.read())
            return await self._receive_rest(receive, Body(file, received.size), max_bytes)
        except BaseException:
            file.close()
            raise
        finally:
            self._under_way -= Counter((caller,))
            self._huge -= is_huge

    async def _receive_rest(self, receive: Receive, body: Body, max_bytes: int) -> Body:
        began = time.monotonic()
        while True:
            remaining_s = min(GRACE_S + body.size / MIN_RATE_BYTES_PER_S, MAX_DURATION_S) - (time.monotonic() - began)
            try:
                async with asyncio.timeout(max(0.0, min(CHUNK_TIMEOUT_S, remaining_s))):
                    piece, more = await _piece(receive)
            except TimeoutError:
                raise Rejected(408, _("The upload was too slow or was interrupted. Try again."), known=True) from None
            body.size += len(piece)
            if body.size > max_bytes:
                raise _too_large(max_bytes)
            await self._write(body.file.write, piece)
            if not more:
                body.file.seek(0)
                return body


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """Return the next chunk of a body, and whether more follows.

    Raises:
        Rejected: the client disconnected.
    """
    message = await receive()
    if message["type"] != "http.request":
        raise Rejected(400, _("The connection closed before the request was complete. Send it again."))
    return message.get("body", b""), message.get("more_body", False)


def _length(environ: Mapping[str, Any]) -> int | None:
    """Return the declared length in bytes, or None for a chunked body."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    declared = environ.get("CONTENT_LENGTH", "")
    return int(declared) if declared.isascii() and declared.isdecimal() else 0


def _too_large(max_bytes: int) -> Rejected:
    sentence = _("The request is too large. Nothing was changed.")
    if max_bytes == MAX_BODY_BYTES:
        sentence = references.too_large()
    elif max_bytes > MAX_BODY_BYTES:
        sentence = _("The files of one request may total {limit} MB. Send them one at a time.")
        sentence = sentence.format(limit=(max_bytes - MAX_FORM_BYTES) // 1_000_000)
    return Rejected(413, sentence, known=True)


# --- the sender ---


def _admit(environ: Mapping[str, Any]) -> tuple[str, int]:
    """Return the caller who sends a larger body (empty if unknown) and its maximum size. Runs in a thread."""
    try:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        match = resolve(path)
        if match.view_name == "api:v1:nowhere":  # treated as the URL without its trailing slash
            match = resolve(path.rstrip("/"))
    except (Resolver404, UnicodeDecodeError):
        return caller_of(environ), MAX_FORM_BYTES
    for name in (match.view_name, match.route):
        if name in UPLOADS:
            ticket = UPLOADS[name]
            max_bytes = LARGE[name] + MAX_FORM_BYTES if name in LARGE else MAX_BODY_BYTES
            return ticket(match.kwargs) if ticket else caller_of(environ), max_bytes
    return caller_of(environ), MAX_FORM_BYTES


def caller_of(environ: Mapping[str, Any]) -> str:
    """Return the holder name of a request's API key or signed-in user; empty if it has neither."""
    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    with worker_slot():
        if kind.lower() == "bearer":
            user = api_keys.user_for_token(token.strip())
            return holder_of(user) if user else ""
        cookies = SimpleCookie()
        cookies.load(environ.get("HTTP_COOKIE", ""))
        if settings.SESSION_COOKIE_NAME not in cookies:
            return ""
        request = HttpRequest()
        sessions = import_module(settings.SESSION_ENGINE)
        request.session = sessions.SessionStore(cookies[settings.SESSION_COOKIE_NAME].value)
        person = get_user(request)
        return holder_of(person) if isinstance(person, User) else ""
