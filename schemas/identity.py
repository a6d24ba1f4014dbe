"""The last step of decoding: checks what a schema cannot, cleans, and gives the event its identifier.

An identifier is a function of the record: the millisecond of the event, then bits of a hash of the sensor's
own identifier or, without one, of the content. The same record sent twice is therefore the same row, and the
identifiers of a day lie side by side in an index. Two records that a sensor wrote with equal content (and no
identifier) within the same microsecond are one event: nothing tells them from a repeated delivery.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from struct import Struct
from typing import Any
from uuid import UUID

import msgspec
import xxhash

from schemas.dead_letter import Reason, Reject
from schemas.event import MAX_EVENT_TIME, MIN_EVENT_TIME, Event, SecurityEvent

#: Postgres refuses NUL in text; its picture (U+2400) keeps the length and shows that something stood there.
NUL_PICTURE = "\u2400"
_LAST_EVENT_TIME = MAX_EVENT_TIME - 1e-6  # rounding to the microsecond must not reach the bound
_BACKSLASH = ord("\\")
_UUID_MASK = (1 << 62) - 1
_BIN16 = 0xC410  # msgpack's header of 16 bytes: msgspec builds a UUID from them six times as fast as `UUID()` does

_pack = Struct(">HQQ").pack
_content = msgspec.json.Encoder().encode
_uuid = msgspec.msgpack.Decoder(UUID).decode


def complete(event: SecurityEvent, identity: str | None = None) -> SecurityEvent:
    """Check and finish an `Event` struct in place; return it (a new one where text held NUL).

    Addresses take their canonical form, the time is rounded to the microsecond, NUL in text becomes U+2400, and
    `event_id` is set unless the producer gave one.

    Args:
        event: An `Event` that msgspec decoded, so types and limits hold.
        identity: What tells this record from every other one of its sensor. Left out, the content does.

    Raises:
        Reject: INVALID, naming the field, for a time out of bounds, a wrong address, or a missing section.
    """
    struct: Any = event  # the model is frozen, the struct is not
    if getattr(event, event.kind) is None:
        raise Reject(Reason.INVALID, f"kind is {event.kind}, but the section {event.kind!r} is missing")
    if not MIN_EVENT_TIME <= event.event_time <= _LAST_EVENT_TIME:
        raise Reject(Reason.INVALID, f"event_time: {event.event_time} is not within 1970 to 2099")
    time_us = round(event.event_time * 1e6)
    struct.event_time = time_us / 1e6
    try:
        if event.src_ip is not None:
            struct.src_ip = canonical_address(event.src_ip)
        if event.dst_ip is not None:
            struct.dst_ip = canonical_address(event.dst_ip)
    except ValueError:
        raise _wrong_address(event) from None
    content = _content(event)
    # One byte is found far faster than six, and hardly any event holds an escape.
    if _BACKSLASH in content and b"\\u0000" in content:
        struct = event = msgspec.convert(_without_nul(msgspec.to_builtins(event)), Event)
        content = _content(event)
    if event.event_id is None:
        digest = xxhash.xxh3_128_intdigest(identity.encode() if identity else content)
        struct.event_id = _uuid_of(time_us // 1000, digest)
    return event


def event_uuid(event_time: float, digest: int) -> UUID:
    """Return the identifier (RFC 9562, section 5.8: version 8) of an event.

    Args:
        event_time: Seconds since 1970-01-01 UTC; its milliseconds are the first 48 bits.
        digest: 128-bit hash, of which 74 bits are kept.
    """
    return _uuid_of(round(event_time * 1e6) // 1000, digest)


def threat_uuid(event_id: UUID) -> UUID:
    """Return the identifier of the threat that rests on an event: the same time, other bits, always the same."""
    return _uuid_of(event_id.int >> 80, xxhash.xxh3_128_intdigest(b"threat" + event_id.bytes))


@lru_cache(maxsize=65_536)
def canonical_address(text: str) -> str:
    """Return an IPv4 or IPv6 address in its one text form (RFC 5952). Raises ValueError for anything else."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, text))
    except OSError:
        raise ValueError(text) from None


def _wrong_address(event: SecurityEvent) -> Reject:
    for field, text in (("src_ip", event.src_ip), ("dst_ip", event.dst_ip)):
        try:
            canonical_address("::" if text is None else text)
        except ValueError:
            return Reject(Reason.INVALID, f"{field}: {text!r} is not an IPv4 or IPv6 address")
    raise AssertionError("both addresses are right")


def _uuid_of(time_ms: int, digest: int) -> UUID:
    first_half = time_ms << 16 | 0x8000 | digest >> 116
    return _uuid(_pack(_BIN16, first_half, 0x8 << 60 | digest & _UUID_MASK))


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", NUL_PICTURE)
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nul(item) for name, item in value.items()}
    return value
