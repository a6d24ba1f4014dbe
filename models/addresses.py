"""Addresses as the windows and the network see them: a hash and a scope, never the text."""

from __future__ import annotations

import ipaddress
from enum import IntEnum

import xxhash


class Scope(IntEnum):
    """Where an address lives. Kept in the two low bits of its key."""

    UNKNOWN = 0  #: missing, or not an address (a host's or user's name stands in for one)
    INTERNAL = 1  #: private, link-local, loopback or otherwise not routed on the Internet
    EXTERNAL = 2  #: globally routed
    GROUP = 3  #: multicast or broadcast: not a host


SCOPE_MASK = 3


def scope_of(text: str) -> Scope:
    """Return the scope of an IPv4 or IPv6 address in text form (RFC 6890's registries, as the standard library)."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return Scope.UNKNOWN
    if address.is_multicast or text.endswith(".255"):
        return Scope.GROUP
    return Scope.EXTERNAL if address.is_global else Scope.INTERNAL


class AddressBook(dict[str | None, int]):
    """Maps an address to its 64-bit key: XXH3 of the text, its low two bits replaced by the scope.

    A dictionary so that the common case, an address seen lately, costs one look-up. It is emptied when full, so that
    a million spoofed sources cannot make it grow.
    """

    def __init__(self, limit: int = 65_536) -> None:
        super().__init__()
        self._limit = limit
        self[None] = int(Scope.UNKNOWN)

    def __missing__(self, text: str) -> int:
        if len(self) >= self._limit:
            self.clear()
            self[None] = int(Scope.UNKNOWN)
        key = xxhash.xxh3_64_intdigest(text.encode()) & ~SCOPE_MASK | scope_of(text)
        self[text] = key
        return key
