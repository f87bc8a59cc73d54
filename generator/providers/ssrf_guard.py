"""HTTP clients that connect only to public addresses.

The name is resolved once, the result is checked, and the connection uses that very address. A name that resolves to a
public address first and a private one a moment later (DNS rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

# Ranges that `ipaddress` does not know as private, reserved or shared: IETF protocol assignments, the metadata and
# health service of Azure, the deprecated 6to4 relays; deprecated IPv4-in-IPv6 forms, local NAT64, site-local.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24"),
        *("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "5f00::/16", "fec0::/10"),
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)  # third 32-bit word of an address that tunnels to the IPv4 address in the fourth


class PrivateAddress(httpcore.ConnectError):
    """The name resolves to a private network, to this machine or to an address that is not public."""


def is_public(text: str) -> bool:
    """Return whether an IP address is public; for an IPv6 address that embeds an IPv4 one, both must be public."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return False
        if (inner := _embedded_ipv4(address)) is not None:
            return _is_open(inner) and (address.ipv4_mapped is not None or _is_open(address))
    return _is_open(address)


def _embedded_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address embedded in an IPv6 address, if any."""
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64 or (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return low
    return address.ipv4_mapped or address.sixtofour


def _is_open(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if address in _NAT64:  # the embedded address was checked
        return True
    if isinstance(address, ipaddress.IPv6Address) and address.sixtofour:
        return True  # likewise
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    is_excluded = any(address in network for network in _NOT_PUBLIC if network.version == address.version)
    return address.is_global and not is_special and not is_excluded


def _public_addresses(resolved: Iterable[Any]) -> list[str]:
    addresses = list(dict.fromkeys(entry[4][0] for entry in resolved))
    if not addresses or not all(is_public(address) for address in addresses):
        raise PrivateAddress("not a public address")
    return addresses


class _AsyncBackend(httpcore.AnyIOBackend):
    async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            addresses = _public_addresses(await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            raise httpcore.ConnectError(f"no address: {error}") from error
        for address in addresses[:-1]:
            try:
                return await super().connect_tcp(address, port, *args, **kwargs)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await super().connect_tcp(addresses[-1], port, *args, **kwargs)


# httpx has no public option to choose how its pool connects, so the pool is replaced; httpx is pinned below 0.29.


def async_transport(**pool: Any) -> httpx.AsyncHTTPTransport:
    """Return a transport for `httpx.AsyncClient`; `pool` is passed to httpcore. TLS still verifies the host name."""
    transport = httpx.AsyncHTTPTransport(verify=pool["ssl_context"], trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(network_backend=_AsyncBackend(), **pool)
    return transport
