"""Clients that reach public addresses only. The name is resolved once, what was found is checked, and that very address
is connected to: a name that answers with a public address first and a private one a moment later gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddress(httpcore.ConnectError):
    """The name leads into a private network, to this machine or to nobody in particular."""


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet; an IPv6 one that stands for an IPv4 one is that one."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = address.ipv4_mapped or address.sixtofour or (low if address in _NAT64 else address)
    return address.is_global and not address.is_multicast


def _checked(found: Iterable[Any]) -> list[str]:
    addresses = list(dict.fromkeys(one[4][0] for one in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise PrivateAddress("not a public address")
    return addresses


class _AsyncBackend(httpcore.AnyIOBackend):
    async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            addresses = _checked(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            raise httpcore.ConnectError(f"no address: {error}") from error
        for address in addresses[:-1]:
            try:
                return await super().connect_tcp(address, port, *args, **kwargs)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await super().connect_tcp(addresses[-1], port, *args, **kwargs)


# httpx has no public way to choose how its pool connects, so the pool is replaced; httpx is pinned below 0.29.


def async_transport(**pool: Any) -> httpx.AsyncHTTPTransport:
    """For `httpx.AsyncClient`; `pool` is handed to httpcore's. The certificate is still checked against the name."""
    made = httpx.AsyncHTTPTransport(verify=pool["ssl_context"], trust_env=False)
    made._pool = httpcore.AsyncConnectionPool(network_backend=_AsyncBackend(), **pool)
    return made
