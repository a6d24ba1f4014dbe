"""Addresses in columns: text to numbers, a whole column at once.

IPv4 in its one text form (dotted, no leading zeros) is read with NumPy, byte position by byte position. IPv6 is read
one by one, from a memory of those seen lately.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.arrow import pa

#: Values of `Addresses.family`.
MISSING, IPV4, IPV6, WRONG = 0, 4, 6, 255
MAX_REMEMBERED = 65_536

_LONGEST = 15  # "255.255.255.255"
_DOT, _ZERO = ord("."), ord("0")
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


def parse(column: pa.StringArray) -> tuple[Addresses, dict[int, str]]:
    """Read a column of addresses; return it, and the texts by row that are IPv6 in another than their one form."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)[: len(column) + 1]
    data = np.frombuffer(column.buffers()[2] or b"\0", np.uint8)
    low, is_ipv4 = _parse_ipv4(offsets[:-1], np.diff(offsets), data)
    family = np.where(is_ipv4, np.uint8(IPV4), np.uint8(WRONG))
    if column.null_count:
        family[column.is_null().to_numpy(zero_copy_only=False)] = MISSING
    found = Addresses(family, np.zeros(len(column), np.uint64), low)
    spelt_otherwise = {}
    for row in np.flatnonzero(family == WRONG).tolist():
        text = column[row].as_py()
        canonical, found.high[row], found.low[row] = _ipv6[text]
        if canonical:
            family[row] = IPV6
            if canonical != text:
                spelt_otherwise[row] = canonical
    return found, spelt_otherwise


def _parse_ipv4(
    starts: NDArray[np.int32], lengths: NDArray[np.int32], data: NDArray[np.uint8]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return the values of n texts as IPv4, and which of them are."""
    count = len(starts)
    value, octet = np.zeros(count, np.uint32), np.zeros(count, np.uint16)
    digits, dots = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
    good = (lengths >= len("0.0.0.0")) & (lengths <= _LONGEST)  # noqa: S104 - the shortest address
    for position in range(min(_LONGEST, int(lengths.max(initial=0)))):
        inside = lengths > position
        byte = data[np.minimum(starts + position, len(data) - 1)]
        is_dot, digit = inside & (byte == _DOT), byte - np.uint8(_ZERO)
        is_digit = inside & (digit < 10)
        good &= (is_digit & ~((digits > 0) & (octet == 0))) | (is_dot & (digits > 0)) | ~inside
        octet = np.where(is_digit, octet * np.uint16(10) + digit, octet)
        good &= octet < 256
        value = np.where(is_dot, value << np.uint32(8) | octet, value)
        octet[is_dot] = 0
        digits = np.where(is_dot, 0, digits + is_digit)
        dots += is_dot
    good &= (dots == 3) & (digits > 0)
    return (value << np.uint32(8) | octet).astype(np.uint64), good


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
