"""HTTP as every provider uses it: one place for time-outs, caps, guards, and for swapping the client library.

Clients hold one connection each and share one TLS context: measured, a shared pooled client costs several times more
a request (docs/decisions.md).
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

TIMEOUT = httpx.Timeout(30, connect=10)
ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)
MOST_BYTES = 300_000_000  # ten minutes of 24-bit stereo at 96 kHz are 345 MB; at 48 kHz 173 MB
MOST_REDIRECTS = 3
DOWNLOAD_SECONDS = 300.0


class DownloadFailed(Exception):
    """A file could not be fetched. `gone`: it never will be from this address."""

    def __init__(self, sentence: str, *, gone: bool = False) -> None:
        super().__init__(sentence)
        self.gone = gone


@cache
def tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def client() -> httpx.AsyncClient:
    """A one-connection client; it never follows redirects and never reads proxies from the environment."""
    return httpx.AsyncClient(verify=tls(), timeout=TIMEOUT, limits=ONE, trust_env=False, follow_redirects=False)


def check_address(url: str, *, private_ok: bool = False) -> None:
    """Refuse anything but http(s) to a public address.

    Raises:
        DownloadFailed: another scheme, no host, or a host that resolves to a private, loopback or reserved address.
    """
    parts = urlsplit(url)
    if parts.scheme not in (("http", "https") if private_ok else ("https",)) or not parts.hostname:
        raise DownloadFailed("The provider gave an address that is not a web address.", gone=True)
    if private_ok:
        return
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        raise DownloadFailed(f"The provider's file server could not be found ({error}).") from error
    if not all(ipaddress.ip_address(address[4][0]).is_global for address in found):
        raise DownloadFailed("The provider gave an address inside a private network.", gone=True)


def download(
    url: str,
    target: Path,
    *,
    private_ok: bool = False,
    most_bytes: int = MOST_BYTES,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Fetch a provider's file to `target`: no key sent, size and time capped, each redirect checked anew.

    Raises:
        DownloadFailed: with `gone` when trying again cannot help.
    """
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    with httpx.Client(verify=tls(), timeout=TIMEOUT, trust_env=False, follow_redirects=False) as http:
        for _ in range(MOST_REDIRECTS + 1):
            check_address(url, private_ok=private_ok)
            try:
                with http.stream("GET", url) as reply:
                    if reply.is_redirect:
                        url = urljoin(url, reply.headers.get("location", ""))
                        continue
                    _write(reply, target, most_bytes, deadline, alive)
                    return
            except httpx.HTTPError as error:
                raise DownloadFailed(f"The download broke off ({type(error).__name__}).") from error
    raise DownloadFailed("The provider's file moved too often.", gone=True)


def _write(reply: httpx.Response, target: Path, most_bytes: int, deadline: float, alive: Callable[[], None]) -> None:
    if reply.status_code in (403, 404, 410):
        raise DownloadFailed(f"The provider no longer has the file (HTTP {reply.status_code}).", gone=True)
    if reply.status_code != 200:
        raise DownloadFailed(f"The provider's file server answered HTTP {reply.status_code}.")
    announced = reply.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_bytes:
        raise DownloadFailed("The file is larger than any track can be.", gone=True)
    size = 0
    with target.open("wb") as file:
        for chunk in reply.iter_bytes():
            size += len(chunk)
            if size > most_bytes:
                raise DownloadFailed("The file is larger than any track can be.", gone=True)
            if time.monotonic() > deadline:
                raise DownloadFailed("The download took too long.")
            file.write(chunk)
            alive()
    if announced.isdigit() and "content-encoding" not in reply.headers and size < int(announced):
        raise DownloadFailed("The download broke off before the end.")
