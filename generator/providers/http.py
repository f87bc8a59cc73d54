"""HTTP as every provider uses it: one place for time-outs, caps, guards, and for swapping the client library.

Clients hold one connection each and share one TLS context: measured, a shared pooled client costs several times more
a request (docs/decisions.md).
"""

import asyncio
import contextlib
import datetime as dt
import email.utils
import importlib.util
import re
import socket
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from generator.providers import guarded
from generator.providers.base import Patience, ProviderConfig
from generator.providers.errors import Cause, OperatorMustAct
from generator.providers.outside import loads

# httpx tries to import sniffio at every lock, and a failing import searches the whole path again each time: measured, a
# fifth of a poll. This remembers that it is not there; without it httpx assumes asyncio, which is what we use.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

TIMEOUT = httpx.Timeout(30, connect=10)
ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)
MOST_BYTES = 300_000_000  # ten minutes of 24-bit stereo at 96 kHz are 345 MB; at 48 kHz 173 MB
MOST_REDIRECTS = 3
_LOOK_EVERY = 0.5  # seconds between two looks at a download's pace
MOST_JSON = 1_000_000
MOST_WAIT = 600.0  # seconds; a longer Retry-After is cut to this


class DownloadFailed(Exception):
    """A file could not be fetched. `gone`: it never will be from this address."""

    def __init__(self, sentence: str, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.gone = gone


class TooSlow(DownloadFailed):
    """It was given up because of the time it takes."""


@cache
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def client(*, public_only: bool = False) -> httpx.AsyncClient:
    """A one-connection client; it never follows redirects and never reads proxies from the environment.

    `public_only`: it connects to public addresses alone, whatever the name in the request leads to.
    """
    way = guarded.async_transport(ssl_context=tls(), max_connections=1) if public_only else None
    return httpx.AsyncClient(
        verify=tls(), timeout=TIMEOUT, limits=ONE, trust_env=False, follow_redirects=False, transport=way
    )


_PRIVATE = "The provider gave an address inside a private network."


def check_address(url: str, *, private_ok: bool = False) -> None:
    """Refuse anything but http(s) to a public address; the connection checks it again (`guarded`).

    Raises:
        DownloadFailed: another scheme, no host, or a host that resolves to a private, loopback or reserved address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in (("http", "https") if private_ok else ("https",)):
        raise DownloadFailed("The provider gave an address that is not a web address.", gone=True)
    if private_ok:
        return
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # a name that is too long for any server, among others
        raise DownloadFailed(f"The provider's file server could not be found ({error}).") from error
    if not all(guarded.is_public(str(address[4][0])) for address in found):
        raise DownloadFailed(_PRIVATE, gone=True)


@dataclass(frozen=True)
class Pace:
    """How long a download may take altogether, and the bytes a second it needs on average once `grace` is over."""

    seconds: float
    least_rate: int
    grace: float = 10.0


QUICK = Pace(seconds=200, least_rate=250_000)
SLOW = Pace(seconds=600, least_rate=4_000, grace=30)
PICTURE = Pace(seconds=10, least_rate=0)


@dataclass
class _Progress:
    size: int = 0  # bytes that have come


def download(
    url: str,
    target: Path,
    *,
    private_ok: bool = False,
    most_bytes: int = MOST_BYTES,
    pace: Pace = QUICK,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Fetch a provider's file to `target`: no key sent, size and time capped, each redirect checked anew.

    Raises:
        TooSlow: it did not come at this pace.
        DownloadFailed: with `gone` when trying again cannot help.
    """
    asyncio.run(_downloaded(url, target, private_ok, most_bytes, pace, alive))


async def _downloaded(
    url: str, target: Path, private_ok: bool, most_bytes: int, pace: Pace, alive: Callable[[], None]
) -> None:
    """Fetch, with an eye on the clock that nothing the other side does can hold up."""
    began, progress = time.monotonic(), _Progress()
    fetching = asyncio.ensure_future(_fetch(url, target, private_ok, most_bytes, progress))
    try:
        while not (await asyncio.wait({fetching}, timeout=_LOOK_EVERY))[0]:
            alive()
            gone, rate = time.monotonic() - began, progress.size / (time.monotonic() - began)
            if gone > pace.seconds or (gone > pace.grace and rate < pace.least_rate):
                raise TooSlow(f"The provider's file server is very slow ({rate / 1000:.1f} kB a second).")
        await fetching
    finally:
        fetching.cancel()
        with contextlib.suppress(asyncio.CancelledError, DownloadFailed):
            await fetching


async def _fetch(url: str, target: Path, private_ok: bool, most_bytes: int, progress: _Progress) -> None:
    async with client(public_only=not private_ok) as http:
        for _ in range(MOST_REDIRECTS + 1):
            await asyncio.to_thread(check_address, url, private_ok=private_ok)
            try:
                async with http.stream("GET", url, headers={"Accept-Encoding": "identity"}) as reply:
                    if reply.is_redirect:
                        url = _moved(url, reply.headers.get("location", ""))
                        continue
                    await _write(reply, target, most_bytes, progress)
                    return
            except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
                if isinstance(error.__cause__, guarded.PrivateAddress):
                    raise DownloadFailed(_PRIVATE, gone=True) from error
                raise DownloadFailed(f"The download broke off ({type(error).__name__}).") from error
    raise DownloadFailed("The provider's file moved too often.")


def _moved(url: str, to: str) -> str:
    try:
        target = urljoin(url, to)
        _ = urlsplit(target).port
    except ValueError:
        raise DownloadFailed("The provider's file moved to an address that is none.") from None
    return target


async def _write(reply: httpx.Response, target: Path, most_bytes: int, progress: _Progress) -> None:
    if reply.status_code in (403, 404, 410):
        raise DownloadFailed(f"The provider does not give the file out (HTTP {reply.status_code}).")
    if reply.status_code != 200:
        raise DownloadFailed(f"The provider's file server answered HTTP {reply.status_code}.")
    announced = reply.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise DownloadFailed("The file is larger than any track can be.", gone=True)
    with target.open("wb") as file:
        async for chunk in reply.aiter_bytes():
            progress.size += len(chunk)
            if progress.size > most_bytes:
                raise DownloadFailed("The file is larger than any track can be.", gone=True)
            file.write(chunk)
    if announced.isdigit() and "content-encoding" not in reply.headers and progress.size < int(announced):
        raise DownloadFailed("The download broke off before the end.")


# --- calls to a provider's API ---


class NotSent(Exception):
    """The connection was never made, so nothing can have been accepted; `why` says it in a few words for people."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(name)
        self.why = why


class NoAnswer(Exception):
    """Sent, or partly sent, and no whole answer came: what became of it is unknown."""


class Unreadable(NoAnswer):
    """An answer came and cannot be read: the service works, and this answer does not."""


@dataclass(frozen=True)
class Reply:
    """A whole answer, at most MOST_JSON bytes of it."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Raises ValueError: not JSON, or JSON that a database cannot keep."""
        return loads(self.body.decode("utf-8-sig"))


_KEY = re.compile(r"[\x21-\x7e]{1,500}")
TELL = "Please tell the administrator; nothing was sent and it cost nothing."
_HOME = ("localhost", "127.0.0.1", "::1")


def base_url(config: ProviderConfig, default: str, title: str) -> str:
    """The account's address without its last slash; refuses one that would send the key in the clear.

    Raises:
        OperatorMustAct: not a web address, or plain http to another machine.
    """
    url = (config.base_url.strip() or default).rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    plain_ok = config.private_ok or host in _HOME
    if not host or parts.scheme not in (("http", "https") if plain_ok else ("https",)) or "@" in parts.netloc:
        sentence = f"The studio's address for {title} is not a secure web address. {TELL}"
        raise OperatorMustAct(sentence, cause=Cause.MISCONFIGURED)
    return url


def key_of(config: ProviderConfig, title: str) -> str:
    """The account's key, once it is sure that it can be a header.

    Raises:
        OperatorMustAct: there is none, or it has characters no key has.
    """
    key = config.key.strip()
    if not key:
        raise OperatorMustAct(f"The studio has no key for {title} yet. {TELL}", cause=Cause.KEY_REFUSED)
    if not _KEY.fullmatch(key):  # the client library would print the whole header in its complaint
        sentence = f"The studio's key for {title} has characters a key cannot have. {TELL}"
        raise OperatorMustAct(sentence, cause=Cause.KEY_REFUSED)
    return key


_NEVER_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol
)  # fmt: skip
_WHY: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name could not be found"),
    (ssl.SSLError, "a secure connection could not be made"),
    (ConnectionRefusedError, "the connection was refused"),
    (httpx.ConnectTimeout, "it did not answer in time"),
    (httpx.ProxyError, "the proxy did not let it through"),
)


def _why(error: BaseException) -> str:
    """What kept a connection from being made, from the errors behind the library's."""
    causes: list[BaseException | None] = [error]
    for one in causes:
        if isinstance(one, BaseExceptionGroup):
            causes += one.exceptions
        if one is not None and len(causes) < 20:
            causes += [one.__cause__, one.__context__]
    found = (words for kind, words in _WHY if any(isinstance(one, kind) for one in causes))
    return next(found, "no connection could be made")


@contextlib.contextmanager
def told_apart() -> Iterator[None]:
    """Make NotSent or NoAnswer of every way a call can break, without the library's texts: they may quote headers."""
    try:
        yield
    except _NEVER_SENT as error:
        raise NotSent(type(error).__name__, _why(error)) from None
    except httpx.DecodingError as error:
        raise Unreadable(type(error).__name__) from None
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        raise NoAnswer(type(error).__name__) from None


@contextlib.asynccontextmanager
async def opened(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    patience: Patience,
    seconds: float,
    key: str = "",
    **sent: Any,
) -> AsyncIterator[httpx.Response]:
    """Send one request, once, following nothing; the body is still to be read. `seconds`: the longest silence."""
    timeout = httpx.Timeout(seconds, connect=patience.connect)
    headers = {"User-Agent": "bgm-studio", "Accept-Encoding": "identity", **sent.pop("headers", {})}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    async with http.stream(method, url, headers=headers, timeout=timeout, follow_redirects=False, **sent) as reply:
        yield reply


async def ask(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    patience: Patience,
    seconds: float,
    key: str = "",
    most_bytes: int = MOST_JSON,
    **sent: Any,
) -> Reply:
    """Send one request and read the whole answer, within `seconds` altogether.

    Raises:
        NotSent: the connection was never made.
        NoAnswer: anything after that, an answer larger than `most_bytes` among it.
    """
    with told_apart():
        async with asyncio.timeout(seconds + patience.connect):
            async with opened(http, method, url, patience=patience, seconds=seconds, key=key, **sent) as reply:
                body = await read(reply, most_bytes)
                return Reply(reply.status_code, reply.headers, body)


async def read(reply: httpx.Response, most_bytes: int = MOST_JSON) -> bytes:
    """The body of an open reply; raises Unreadable when it is larger than `most_bytes`."""
    body = bytearray()
    async for chunk in reply.aiter_bytes():
        body += chunk
        if len(body) > most_bytes:
            raise Unreadable("the answer was too large")
    return bytes(body)


def cause_of(status: int) -> Cause:
    """What an answer with this status and no usable content speaks of: of the service, or of nothing but itself."""
    if status == 429:
        return Cause.NONE
    return Cause.NO_ANSWER if status >= 500 or status == 408 else Cause.UNUSABLE


def retry_after(headers: Mapping[str, str], default: float, most: float = MOST_WAIT) -> float:
    """Seconds somebody asks us to wait, from `Retry-After` in either of its forms; never more than `most`."""
    asked = headers.get("retry-after", "").strip()
    seconds = default
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", asked, re.ASCII):
        seconds = float(asked)
    elif asked:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            when = email.utils.parsedate_to_datetime(asked)
            seconds = (when - dt.datetime.now(when.tzinfo or dt.UTC)).total_seconds()
    return min(max(seconds, 1.0), most)
