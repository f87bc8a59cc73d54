"""Request bodies, read whole before a request gets a thread: how large each may be, how long it may take, from whom.

    GET, HEAD, OPTIONS   none is read
    small                64 KB in 20 s, from anybody; kept in memory
    form                 1 MB, from a signed-in person or a key
    upload               a file and its form, to an address that takes one; from a person, a key or a signed ticket

A multipart body is never read for a stranger. What is larger than small goes to the library's disk and has to come
steadily; so many at a time for each caller and for all together, which is also the most that can lie on the disk.
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

from generator import workflow
from generator.web.places import at_desk, holder_of
from generator.web.uploads import temporary_folder
from generator.workflow.references import MOST_UPLOAD

SMALL = 64 * 1024
SMALL_SECONDS = 20.0
FORM = 1_000_000  # as settings.DATA_UPLOAD_MAX_MEMORY_SIZE
UPLOAD = MOST_UPLOAD + FORM
PAUSE = 30.0  # seconds between two pieces of a larger body, at most
GRACE = 60.0  # seconds in which a larger body may be slower than RATE
RATE = 4096  # bytes a second a larger body brings on average, at least
LONGEST = 3600.0
EACH, ALL = 6, 32  # larger bodies under way: of one caller, of all together
BODILESS = ("GET", "HEAD", "OPTIONS", "TRACE")

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Ticket = Callable[[Mapping[str, Any]], str]

# The names or routes of the addresses that take files; the value names the caller behind one that is signed itself.
UPLOADS: dict[str, Ticket | None] = {"references": None}


class Rejected(Exception):
    """A body that is not read, or not to its end."""

    def __init__(self, status: int, sentence: str, *, known: bool = False, **headers: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.known = status, sentence, known
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class Body:
    """A body that has come whole; close it."""

    file: IO[bytes]
    size: int


class Bodies:
    """Reads the bodies of one server's requests; `run` and `write` do in threads what would hold up its event loop."""

    def __init__(self, run: Callable[..., Awaitable[Any]], write: Callable[..., Awaitable[Any]]) -> None:
        self._run, self._write = run, write
        self._under_way: Counter[str] = Counter()

    async def read(self, environ: Mapping[str, Any], receive: Receive) -> Body:
        """Raises Rejected."""
        declared = _length(environ)
        if environ["REQUEST_METHOD"] in BODILESS or declared == 0:
            return Body(BytesIO(), 0)
        is_form = environ.get("CONTENT_TYPE", "").lower().lstrip().startswith("multipart/")
        if not is_form and declared is not None and declared <= SMALL:
            return await self._small(receive, declared)
        if not is_form and declared is None:
            body = await self._small(receive, SMALL, and_more=True)
            return body if body.size <= SMALL else await self._large(environ, receive, declared, body)
        return await self._large(environ, receive, declared, Body(BytesIO(), 0))

    async def _small(self, receive: Receive, most: int, *, and_more: bool = False) -> Body:
        """A body that anybody may send; with `and_more` what has come so far, once it is more than that."""
        body = Body(BytesIO(), 0)
        try:
            async with asyncio.timeout(SMALL_SECONDS):
                more = True
                while more:
                    piece, more = await _piece(receive)
                    body.size += body.file.write(piece)
                    if body.size > most and and_more:
                        return body
        except TimeoutError:
            raise Rejected(408, "The request did not arrive in time. Send it again.") from None
        body.file.seek(0)
        return body

    async def _large(self, environ: Mapping[str, Any], receive: Receive, declared: int | None, begun: Body) -> Body:
        caller, most = await self._run(_admit, environ)
        if not caller:
            raise Rejected(401, "Sign in, or send a valid key, before sending this much.")
        if (declared or begun.size) > most:
            raise _too_large(most)
        if self._under_way[caller] >= EACH or self._under_way.total() >= ALL:
            raise Rejected(503, "Too many uploads are under way. Try again in a moment.", known=True, Retry_After="10")
        self._under_way[caller] += 1
        file = tempfile.TemporaryFile(dir=temporary_folder())  # noqa: SIM115 (the request closes it)
        try:
            begun.file.seek(0)
            file.write(begun.file.read())
            return await self._steadily(receive, Body(file, begun.size), most)
        except BaseException:
            file.close()
            raise
        finally:
            self._under_way -= Counter((caller,))

    async def _steadily(self, receive: Receive, body: Body, most: int) -> Body:
        began = time.monotonic()
        while True:
            left = min(GRACE + body.size / RATE, LONGEST) - (time.monotonic() - began)
            try:
                async with asyncio.timeout(max(0.0, min(PAUSE, left))):
                    piece, more = await _piece(receive)
            except TimeoutError:
                raise Rejected(408, "The upload came too slowly, or not at all. Try again.", known=True) from None
            body.size += len(piece)
            if body.size > most:
                raise _too_large(most)
            await self._write(body.file.write, piece)
            if not more:
                body.file.seek(0)
                return body


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    """The next piece of a body, and whether more is to come.

    Raises:
        Rejected: it broke off.
    """
    message = await receive()
    if message["type"] != "http.request":
        raise Rejected(400, "The request broke off before its end.")
    return message.get("body", b""), message.get("more_body", False)


def _length(environ: Mapping[str, Any]) -> int | None:
    """The length that was declared; None: it comes in chunks."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        return None
    told = environ.get("CONTENT_LENGTH", "")
    return int(told) if told.isascii() and told.isdecimal() else 0


def _too_large(most: int) -> Rejected:
    sentence = workflow.references.too_large() if most == UPLOAD else "The request is too large. Nothing was changed."
    return Rejected(413, sentence, known=True)


# --- who sends it ---


def _admit(environ: Mapping[str, Any]) -> tuple[str, int]:
    """Who sends a larger body, empty for a stranger, and how large it may be; runs in a thread."""
    try:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        found = resolve(path)
        if found.view_name == "api:v1:nowhere":  # which answers as the address without its last slash does
            found = resolve(path.rstrip("/"))
    except (Resolver404, UnicodeDecodeError):
        return caller_of(environ), FORM
    for name in (found.view_name, found.route):
        if name in UPLOADS:
            ticket = UPLOADS[name]
            return ticket(found.kwargs) if ticket else caller_of(environ), UPLOAD
    return caller_of(environ), FORM


def caller_of(environ: Mapping[str, Any]) -> str:
    """The key or the signed-in person that a request shows, by a name of its own; empty: neither."""
    kind, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    with at_desk():
        if kind.lower() == "bearer":
            user = workflow.keys.caller(token.strip())
            return holder_of(user) if user else ""
        cookies = SimpleCookie()
        cookies.load(environ.get("HTTP_COOKIE", ""))
        if settings.SESSION_COOKIE_NAME not in cookies:
            return ""
        request = HttpRequest()
        sessions = import_module(settings.SESSION_ENGINE)
        request.session = sessions.SessionStore(cookies[settings.SESSION_COOKIE_NAME].value)
        person = get_user(request)
        return holder_of(person) if person.is_authenticated else ""  # type: ignore[arg-type]
