"""Servers on the operator's own network: the one place where plain HTTP and private addresses are right."""

import socket
from urllib.parse import urlsplit

from generator.messages import Message
from generator.providers import ssrf_guard
from generator.providers.errors import Cause, OperatorMustAct


def address_of(configured: str, title: str) -> str:
    """Return a server's address without a trailing slash; plain http only to this machine and private networks.

    It resolves the host's name, so call it outside the event loop.

    Raises:
        OperatorMustAct: there is none, or it is not such an address.
    """
    url = configured.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if not host or parts.scheme not in ("http", "https") or "@" in parts.netloc:
        sentence = Message("The studio has no address of your {title} server.", title=title)
        raise OperatorMustAct(sentence, cause=Cause.MISCONFIGURED)
    if parts.scheme == "http":
        try:
            resolved = socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return url  # the call itself will say that there is no such host
        if any(ssrf_guard.is_public(str(entry[4][0])) for entry in resolved):
            sentence = Message(
                "The address of your {title} server would send everything unencrypted over the internet. Use https.",
                title=title,
            )
            raise OperatorMustAct(sentence, cause=Cause.MISCONFIGURED)
    return url
