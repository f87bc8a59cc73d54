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

# Beyond what `ipaddress` knows to be private, reserved or shared: IETF protocol assignments, the metadata and health
# service of Azure, the old relays of 6to4; IPv4 in IPv6 as it was once written, NAT64 inside a network, site-local.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24"),
        *("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "5f00::/16", "fec0::/10"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)  # the third quarter of an address that tunnels to the IPv4 one in its fourth


class PrivateAddress(httpcore.ConnectError):
    """The name leads into a private network, to this machine or to nobody in particular."""


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet; an IPv6 one that stands for an IPv4 one is both of them."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return False
        if (inner := _within(address)) is not None:
            return _is_open(inner) and (address.ipv4_mapped is not None or _is_open(address))
    return _is_open(address)


def _within(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64 or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return low
    return address.ipv4_mapped or address.sixtofour


def _is_open(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if address in _NAT64:  # what it leads to was looked at
        return True
    if isinstance(address, ipaddress.IPv6Address) and address.sixtofour:
        return True  # likewise
    shut = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    listed = any(address in network for network in _NOT_PUBLIC if network.version == address.version)
    return address.is_global and not shut and not listed


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
