"""Addresses as the windows and the network see them: a hash and a scope, never the text."""

from __future__ import annotations

import ipaddress
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from schemas.addresses import IPV4, IPV6, Addresses


class Scope(IntEnum):
    """Where an address lives. Kept in the two low bits of its key."""

    UNKNOWN = 0  #: missing, or not an address (a host's or user's name stands in for one)
    INTERNAL = 1  #: private, link-local, loopback or otherwise not routed on the Internet
    EXTERNAL = 2  #: globally routed
    GROUP = 3  #: multicast or broadcast: not a host


SCOPE_MASK = 3
#: IPv4 that is not globally routed (RFC 6890's registry), smaller networks after those that hold them.
_SCOPES_IPV4 = (
    ("0.0.0.0/0", Scope.EXTERNAL),
    *((network, Scope.INTERNAL) for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
    )),
    ("192.0.0.9/32", Scope.EXTERNAL),
    ("192.0.0.10/32", Scope.EXTERNAL),
    ("224.0.0.0/4", Scope.GROUP),
)  # fmt: skip
_BROADCAST_OCTET = 255


def _ranges() -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Return where each range of IPv4 addresses begins, ascending, and its scope."""
    networks = [(ipaddress.ip_network(network), scope) for network, scope in _SCOPES_IPV4]
    ends = {int(n.network_address) for n, _ in networks} | {int(n.broadcast_address) + 1 for n, _ in networks}
    begins = sorted(end for end in ends if end < 1 << 32)
    scopes = [next(scope for n, scope in reversed(networks) if ipaddress.ip_address(begin) in n) for begin in begins]
    return np.array(begins, np.uint64), np.array(scopes, np.uint8)


_BEGINS, _SCOPES = _ranges()


def keys_of(addresses: Addresses) -> NDArray[np.uint64]:
    """Return the 64-bit keys of n addresses: a hash (MurmurHash3's finalizer), its low two bits the scope.

    A missing address has the key 0.
    """
    family = addresses.family.astype(np.uint64)
    keys = mixed(addresses.low ^ mixed(addresses.high ^ family)) & ~np.uint64(SCOPE_MASK) | _scopes(addresses)
    keys[(addresses.family != IPV4) & (addresses.family != IPV6)] = 0
    return keys


def mixed(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread keys over 64 bits (the first round of MurmurHash3's finalizer)."""
    key = (key ^ (key >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    return key ^ (key >> np.uint64(33))


def _scopes(addresses: Addresses) -> NDArray[np.uint8]:
    scopes = _SCOPES[np.searchsorted(_BEGINS, addresses.low, side="right") - 1]
    scopes[addresses.low & np.uint64(0xFF) == _BROADCAST_OCTET] = Scope.GROUP
    for row in np.flatnonzero(addresses.family == IPV6).tolist():
        scopes[row] = _scope_ipv6(int(addresses.high[row]) << 64 | int(addresses.low[row]))
    return scopes


@lru_cache(maxsize=65_536)
def _scope_ipv6(value: int) -> Scope:
    address = ipaddress.IPv6Address(value)
    if address.is_multicast:
        return Scope.GROUP
    return Scope.EXTERNAL if address.is_global else Scope.INTERNAL
