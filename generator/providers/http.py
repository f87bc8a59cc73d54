"""HTTP for all providers: one place for timeouts, limits and guards, and for replacing the client library.

Clients hold one connection each and share one TLS context; as measured, a shared pooled client costs several times more
per request (docs/decisions/0004-background-tasks.md).
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
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from generator.messages import Message, join_texts
from generator.messages import gettext_noop as _
from generator.providers import ssrf_guard
from generator.providers.base import FileAccess, Patience, ProviderConfig
from generator.providers.errors import Cause, OperatorMustAct
from generator.providers.sanitize import loads

# httpx tries to import sniffio at every lock, and each failing import searches the whole path: measured, a fifth of a
# poll. This marks it as missing; without it httpx assumes asyncio, which is what we use.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]  # Python allows None: it cannot be imported

DEFAULT_TIMEOUT = httpx.Timeout(30, connect=10)
SINGLE_CONNECTION = httpx.Limits(max_connections=1, max_keepalive_connections=1)
MAX_DOWNLOAD_BYTES = 400_000_000  # ten minutes of 24-bit stereo at 96 kHz are 345 MB
MAX_REDIRECTS = 3
_PACE_CHECK_INTERVAL_S = 0.5  # seconds between two checks of a download's pace
MAX_JSON_BYTES = 1_000_000
_PIECE_BYTES = 1 << 16  # bytes decompressed at a time
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib window bits
MAX_RETRY_AFTER_S = 600.0  # seconds; the cap for Retry-After


class DownloadFailed(Exception):
    """A file could not be fetched. `gone`: it will never be available at this URL."""

    def __init__(self, sentence: str, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.gone = gone


class TooSlow(DownloadFailed):
    """The download was aborted because it was too slow."""


@cache
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def client(*, public_only: bool = False) -> httpx.AsyncClient:
    """Return a one-connection client that never follows redirects and never reads proxies from the environment.

    `public_only`: it connects only to public addresses, whatever the host name resolves to.
    """
    transport = ssrf_guard.async_transport(ssl_context=tls(), max_connections=1) if public_only else None
    return httpx.AsyncClient(
        verify=tls(),
        timeout=DEFAULT_TIMEOUT,
        limits=SINGLE_CONNECTION,
        trust_env=False,
        follow_redirects=False,
        transport=transport,
    )


_PRIVATE_ADDRESS = _("The provider sent a file address inside a private network, which the studio does not open.")


def check_address(url: str, *, private_ok: bool = False) -> None:
    """Reject anything but http(s) to a public address; the connection checks it again (`ssrf_guard`).

    Raises:
        DownloadFailed: another scheme, no host, or a host that resolves to a private, loopback or reserved address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in (("http", "https") if private_ok else ("https",)):
        raise DownloadFailed(_("The provider sent a file address that is not a web address."), gone=True)
    if private_ok:
        return
    try:
        resolved = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # includes host names that are too long
        raise DownloadFailed(
            Message("The provider’s file server could not be found ({error}).", error=str(error))
        ) from error
    if not all(ssrf_guard.is_public(str(address[4][0])) for address in resolved):
        raise DownloadFailed(_PRIVATE_ADDRESS, gone=True)


@dataclass(frozen=True)
class Pace:
    """Limits of a download: total seconds, and the average bytes per second required once `grace` is over."""

    seconds: float
    min_rate: int
    grace: float = 10.0


QUICK = Pace(seconds=200, min_rate=250_000)
SLOW = Pace(seconds=600, min_rate=4_000, grace=30)
PICTURE = Pace(seconds=10, min_rate=0)


Access = tuple[FileAccess, FileAccess]  # to the file's own address, and to where that redirects


@dataclass
class _Progress:
    size: int = 0  # bytes received


def download(
    url: str,
    target: Path,
    *,
    private_ok: bool = False,
    access: FileAccess | None = None,
    max_bytes: int = MAX_DOWNLOAD_BYTES,
    pace: Pace = QUICK,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Download a provider's file to `target`: size and time are limited, each redirect is checked.

    No key is sent, unless the provider gives `access` to this very address; a redirect never gets it.

    Raises:
        TooSlow: it did not arrive at this pace.
        DownloadFailed: with `gone` if a retry cannot help.
    """
    anywhere = FileAccess(private_ok=private_ok)
    first = replace(access, private_ok=access.private_ok or private_ok) if access else anywhere
    asyncio.run(_download_paced(url, target, (first, anywhere), max_bytes, pace, alive))


async def _download_paced(
    url: str, target: Path, access: Access, max_bytes: int, pace: Pace, alive: Callable[[], None]
) -> None:
    """Download with a pace check that the server cannot block."""
    began, progress = time.monotonic(), _Progress()
    fetching = asyncio.ensure_future(_fetch(url, target, access, max_bytes, progress))
    try:
        while not (await asyncio.wait({fetching}, timeout=_PACE_CHECK_INTERVAL_S))[0]:
            alive()
            elapsed_s, rate = time.monotonic() - began, progress.size / (time.monotonic() - began)
            if elapsed_s > pace.seconds or (elapsed_s > pace.grace and rate < pace.min_rate):
                raise TooSlow(
                    Message("The provider’s file server is too slow ({rate:.1f} kB per second).", rate=rate / 1000)
                )
        await fetching
    finally:
        fetching.cancel()
        with contextlib.suppress(asyncio.CancelledError, DownloadFailed):
            await fetching


async def _fetch(url: str, target: Path, access: Access, max_bytes: int, progress: _Progress) -> None:
    current, redirected = access
    for _attempt in range(MAX_REDIRECTS + 1):
        await asyncio.to_thread(check_address, url, private_ok=current.private_ok)
        headers = {"Accept-Encoding": "identity", **current.headers}
        try:
            async with (
                client(public_only=not current.private_ok) as http,
                http.stream("GET", url, headers=headers) as reply,
            ):
                if not reply.is_redirect:
                    return await _write(reply, target, max_bytes, progress)
                url, current = _redirect_target(url, reply.headers.get("location", "")), redirected
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            if isinstance(error.__cause__, ssrf_guard.PrivateAddress):
                raise DownloadFailed(_PRIVATE_ADDRESS, gone=True) from error
            sentence = Message("The download was interrupted ({error}).", error=type(error).__name__)
            raise DownloadFailed(sentence) from error
    raise DownloadFailed(_("The provider redirected the download too many times."))


def _redirect_target(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        urlsplit(target).port  # noqa: B018  raises ValueError
    except ValueError:
        raise DownloadFailed(_("The provider redirected the download to an invalid address.")) from None
    return target


async def _write(reply: httpx.Response, target: Path, max_bytes: int, progress: _Progress) -> None:
    if reply.status_code in (403, 404, 410):
        raise DownloadFailed(Message("The provider refused the download (HTTP {status}).", status=reply.status_code))
    if reply.status_code != 200:
        raise DownloadFailed(
            Message("The provider’s file server responded with HTTP {status}.", status=reply.status_code)
        )
    announced = reply.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise DownloadFailed(_("The file exceeds the size limit for tracks."), gone=True)
    with target.open("wb") as file:
        async for chunk in pieces(reply):
            progress.size += len(chunk)
            if progress.size > max_bytes:
                raise DownloadFailed(_("The file exceeds the size limit for tracks."), gone=True)
            file.write(chunk)
    if announced.isdigit() and "content-encoding" not in reply.headers and progress.size < int(announced):
        raise DownloadFailed(_("The download ended before the file was complete."))


# --- calls to a provider's API ---


class NotSent(Exception):
    """The connection was never made, so nothing can have been accepted; `why` is a short reason for users."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name)
        self.why = reason


class NoAnswer(Exception):
    """Sent, or partly sent, without a complete answer: the outcome is unknown."""


class Unreadable(NoAnswer):
    """An unreadable answer: the service works, but this answer is unusable."""


@dataclass(frozen=True)
class Reply:
    """A complete answer of at most MAX_JSON_BYTES bytes."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Parse the body; raises ValueError if it is not JSON, or JSON that a database cannot store."""
        return loads(self.body.decode("utf-8-sig"))


_VALID_KEY = re.compile(r"[\x21-\x7e]{1,500}")
ASK_ADMIN = _("Nothing was sent, and you were not charged. Ask the administrator to correct the provider account.")
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


def base_url(config: ProviderConfig, default: str, title: str) -> str:
    """Return the account's address without a trailing slash; reject one that would send the key unencrypted.

    Raises:
        OperatorMustAct: not a web address, or plain HTTP to another machine.
    """
    url = (config.base_url.strip() or default).rstrip("/")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    plain_ok = config.private_ok or host in _LOOPBACK_HOSTS
    if not host or parts.scheme not in (("http", "https") if plain_ok else ("https",)) or "@" in parts.netloc:
        sentence = join_texts(
            Message("The address configured for {title} is not a secure web address.", title=title), ASK_ADMIN
        )
        raise OperatorMustAct(sentence, cause=Cause.MISCONFIGURED)
    return url


def key_of(config: ProviderConfig, title: str) -> str:
    """Return the account's key, checked to be valid in a header.

    Raises:
        OperatorMustAct: there is none, or it has invalid characters.
    """
    key = config.key.strip()
    if not key:
        raise OperatorMustAct(
            join_texts(Message("The studio has no API key for {title}.", title=title), ASK_ADMIN),
            cause=Cause.KEY_REFUSED,
        )
    if not _VALID_KEY.fullmatch(key):  # the client library would print the whole header in its error message
        sentence = join_texts(
            Message("The studio’s API key for {title} contains invalid characters.", title=title), ASK_ADMIN
        )
        raise OperatorMustAct(sentence, cause=Cause.KEY_REFUSED)
    return key


_CONNECT_ERRORS = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol
)  # fmt: skip
_CONNECT_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, _("the host name could not be resolved")),
    (ssl.SSLError, _("a secure connection could not be established")),
    (ConnectionRefusedError, _("the connection was refused")),
    (httpx.ConnectTimeout, _("the connection timed out")),
    (httpx.ProxyError, _("the proxy refused the connection")),
)


def _connect_reason(error: BaseException) -> str:
    """Return why no connection was made, from the causes of the library's error."""
    causes: list[BaseException | None] = [error]
    for cause in causes:
        if isinstance(cause, BaseExceptionGroup):
            causes += cause.exceptions
        if cause is not None and len(causes) < 20:
            causes += [cause.__cause__, cause.__context__]
    reasons = (reason for kind, reason in _CONNECT_REASONS if any(isinstance(cause, kind) for cause in causes))
    return next(reasons, _("the connection failed"))


@contextlib.contextmanager
def classify_failures() -> Iterator[None]:
    """Convert any failure of a call to NotSent or NoAnswer, without the library's messages: they may quote headers."""
    try:
        yield
    except _CONNECT_ERRORS as error:
        raise NotSent(type(error).__name__, _connect_reason(error)) from None
    except httpx.DecodingError as error:
        raise Unreadable(type(error).__name__) from None
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as error:
        raise NoAnswer(type(error).__name__) from None


@contextlib.asynccontextmanager
async def open_request(
    http: httpx.AsyncClient, method: str, url: str, *, patience: Patience, seconds: float, key: str = "", **options: Any
) -> AsyncIterator[httpx.Response]:
    """Send one request, once, without redirects; the body is not yet read. `seconds`: the longest silence."""
    timeout = httpx.Timeout(seconds, connect=patience.connect)
    headers = {"User-Agent": "bgm-studio", "Accept-Encoding": "identity", **options.pop("headers", {})}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    async with http.stream(method, url, headers=headers, timeout=timeout, follow_redirects=False, **options) as reply:
        yield reply


async def send_request(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    patience: Patience,
    seconds: float,
    key: str = "",
    max_bytes: int = MAX_JSON_BYTES,
    **options: Any,
) -> Reply:
    """Send one request and read the whole answer, within `seconds` in total.

    Raises:
        NotSent: the connection was never made.
        NoAnswer: any later failure, including an answer larger than `max_bytes`.
    """
    with classify_failures():
        async with asyncio.timeout(seconds + patience.connect):
            async with open_request(http, method, url, patience=patience, seconds=seconds, key=key, **options) as reply:
                body = await read(reply, max_bytes)
                return Reply(reply.status_code, reply.headers, body)


async def read(reply: httpx.Response, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Read the body of an open response; raises Unreadable if it is larger than `max_bytes`."""
    body = bytearray()
    async for chunk in pieces(reply):
        body += chunk
        if len(body) > max_bytes:
            raise Unreadable("the answer was too large")
    return bytes(body)


async def pieces(reply: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body of an open response as it arrives, decompressed in small pieces.

    We request uncompressed bodies. The client library decompresses others anyway, each chunk whole and as many times as
    the response declares: measured, 3 kB became 4 GB before a byte could be counted.

    Raises:
        httpx.DecodingError: compressed other than once with gzip or deflate, or corrupt.
    """
    encoding = reply.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        async for chunk in reply.aiter_raw():
            yield chunk
        return
    if encoding not in _WINDOW_BITS:
        raise httpx.DecodingError("compressed in a way that was not requested")
    unpacker = zlib.decompressobj(_WINDOW_BITS[encoding])
    async for chunk in reply.aiter_raw():
        try:
            for piece in _decompress(unpacker, chunk):
                yield piece
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error
        if unpacker.eof:
            return
    raise httpx.DecodingError("the compressed data is incomplete")


def _decompress(unpacker: "zlib._Decompress", chunk: bytes) -> Iterator[bytes]:
    while piece := unpacker.decompress(chunk, _PIECE_BYTES):
        yield piece
        chunk = unpacker.unconsumed_tail


def cause_of(status: int) -> Cause:
    """Return whether a status without usable content indicates a problem with the service or only with this answer."""
    if status == 429:
        return Cause.NONE
    return Cause.NO_ANSWER if status >= 500 or status == 408 else Cause.UNUSABLE


def retry_after(headers: Mapping[str, str], default: float, max_s: float = MAX_RETRY_AFTER_S) -> float:
    """Return the wait in seconds from `Retry-After` in either of its forms; never more than `max_s`."""
    header = headers.get("retry-after", "").strip()
    seconds = default
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", header, re.ASCII):
        seconds = float(header)
    elif header:
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            retry_at = email.utils.parsedate_to_datetime(header)
            seconds = (retry_at - dt.datetime.now(retry_at.tzinfo or dt.UTC)).total_seconds()
    return min(max(seconds, 1.0), max_s)
