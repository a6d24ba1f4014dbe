"""Addresses in columns: text to numbers, a whole column at once.

IPv4 has one text form (dotted, no leading zeros), which is the only one that `inet_pton` takes. IPv6 has many, so that
it is read from a memory of those seen lately, with its form by RFC 5952.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from schemas.arrow import pa

#: Values of `Addresses.family`.
MISSING, IPV4, IPV6, WRONG = 0, 4, 6, 255
MAX_REMEMBERED = 65_536

_NO_ADDRESS = bytes(4)
_NO_IPV4 = (OSError, TypeError, ValueError)  #: what inet_pton raises for other text, None, and a NUL in a text
#: `inet_recv` reads family (2 or 3), prefix length, is-cidr, length, then the bytes.
_INET4, _INET6 = bytes((2, 32, 0, 4)), bytes((3, 128, 0, 16))


class Addresses(NamedTuple):
    """A column of n addresses as numbers."""

    family: NDArray[np.uint8]  #: (n,) MISSING, IPV4, IPV6 or WRONG (a text that is no address)
    high: NDArray[np.uint64]  #: (n,) upper half of an IPv6 address, else 0
    low: NDArray[np.uint64]  #: (n,) lower half, or the IPv4 address

    def take(self, rows: Sequence[int]) -> Addresses:
        """Return the chosen rows."""
        return Addresses(self.family[rows], self.high[rows], self.low[rows])

    def inet(self) -> pa.BinaryArray:
        """Return the column as what PostgreSQL's `inet_recv` reads; null where there is no address."""
        if (self.family == IPV6).any():
            return pa.array(list(map(_inet, self.family.tolist(), self.high.tolist(), self.low.tolist())), pa.binary())
        count = len(self.family)
        packed = np.empty((count, 8), np.uint8)
        packed[:, :4] = np.frombuffer(_INET4, np.uint8)
        packed[:, 4:] = self.low.astype(">u4").view(np.uint8).reshape(-1, 4)
        offsets = np.arange(0, 8 * count + 8, 8, dtype=np.int32)
        known = pa.array(self.family != MISSING)
        bitmap = known.buffers()[1]
        return pa.BinaryArray.from_buffers(pa.binary(), count, [bitmap, pa.py_buffer(offsets), pa.py_buffer(packed)])


def parse(texts: Sequence[str | None]) -> tuple[Addresses, dict[int, str]]:
    """Read n addresses; return them, and the texts by row that are IPv6 in another than their one form."""
    try:  # where all are IPv4, no step of Python's is taken for each
        return _ipv4s(map(socket.inet_pton, repeat(socket.AF_INET), cast(Sequence[str], texts)), len(texts)), {}
    except _NO_IPV4:
        packed = [_ipv4(text) for text in texts]
    found = _ipv4s((ipv4 or _NO_ADDRESS for ipv4 in packed), len(texts))
    spelt_otherwise: dict[int, str] = {}
    for row, text in enumerate(texts):
        if packed[row] is not None:
            continue
        if text is None:
            found.family[row] = MISSING
            continue
        canonical, found.high[row], found.low[row] = _ipv6[text]
        found.family[row] = IPV6 if canonical else WRONG
        if canonical and canonical != text:
            spelt_otherwise[row] = canonical
    return found, spelt_otherwise


def _ipv4s(packed: Iterable[bytes], count: int) -> Addresses:
    low = np.frombuffer(b"".join(packed), ">u4").astype(np.uint64)
    return Addresses(np.full(count, IPV4, np.uint8), np.zeros(count, np.uint64), low)


def _ipv4(text: str | None) -> bytes | None:
    try:
        return socket.inet_pton(socket.AF_INET, text)  # type: ignore[arg-type] # None is refused like any other
    except _NO_IPV4:
        return None


class _Ipv6(dict[str, tuple[str, int, int]]):
    """Maps a text to its form by RFC 5952 and its two halves; to an empty form when it is no IPv6 address."""

    def __missing__(self, text: str) -> tuple[str, int, int]:
        try:
            packed = socket.inet_pton(socket.AF_INET6, text)
        except (OSError, ValueError):  # ValueError: a NUL in it
            return "", 0, 0
        if len(self) >= MAX_REMEMBERED:  # spoofed ones cannot make it grow
            self.clear()
        canonical = socket.inet_ntop(socket.AF_INET6, packed)
        self[text] = found = (canonical, int.from_bytes(packed[:8]), int.from_bytes(packed[8:]))
        return found


_ipv6 = _Ipv6()


def _inet(family: int, high: int, low: int) -> bytes | None:
    if family == IPV4:
        return _INET4 + low.to_bytes(4)
    return _INET6 + high.to_bytes(8) + low.to_bytes(8) if family == IPV6 else None
