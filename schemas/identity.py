"""Who an event is: its identifier, a function of the record.

It is the millisecond of the event, then bits of a hash of the sensor's own identifier or, without one, of
the content. The same record sent twice is therefore the same row, and the identifiers of a day lie side by side in an
index. Two records that a sensor wrote with equal content (and no identifier) within the same microsecond are one
event: nothing tells them from a repeated delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from schemas.threat import GROUP_WINDOW_S

_VERSION_8, _VARIANT = 0x8000, 1 << 63
_UUID_MASK = (1 << 62) - 1
_BIN16 = b"\xc4\x10"  # msgpack's header of 16 bytes
_uuid = msgspec.msgpack.Decoder(UUID).decode


def identifiers(time_us: NDArray[np.int64], digests: Sequence[bytes]) -> NDArray[np.uint8]:
    """Return the identifiers (RFC 9562, section 5.8: version 8) of n events, shape (n, 16).

    Args:
        time_us: (n,) microseconds since 1970-01-01 UTC; their milliseconds are the first 48 bits.
        digests: n 128-bit hashes, of which 74 bits are kept.
    """
    hashes = np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)
    time_ms = (time_us // 1000).astype(np.uint64)
    hashes[:, 0] = time_ms << np.uint64(16) | np.uint64(_VERSION_8) | hashes[:, 0] >> np.uint64(52)
    hashes[:, 1] = hashes[:, 1] & np.uint64(_UUID_MASK) | np.uint64(_VARIANT)
    return hashes.byteswap().view(np.uint8).reshape(-1, 16)


def threat_uuids(event_ids: Sequence[UUID]) -> list[UUID]:
    """Return the identifiers of the threats that rest on events: the same time, other bits, always the same."""
    return _derived(b"threat", event_ids)


def risk_threat_uuids(event_ids: Sequence[UUID]) -> list[UUID]:
    """Return the identifiers of the threats that an entity's risk opens at events: functions of the event alone."""
    return _derived(b"entity risk", event_ids)


def _derived(what: bytes, event_ids: Sequence[UUID]) -> list[UUID]:
    time_us = np.array([event_id.int >> 80 for event_id in event_ids], np.int64) * 1000
    packed = identifiers(time_us, [xxhash.xxh3_128_digest(what + event_id.bytes) for event_id in event_ids])
    return [uuid_of(row) for row in map(bytes, packed)]


def group_uuids(entities: Sequence[str], classes: Sequence[str], event_times: Sequence[float]) -> list[UUID]:
    """Return the identifiers of the groups of n threats: functions of entity, class and window, the window first."""
    windows = (np.array(event_times, np.float64) // GROUP_WINDOW_S * GROUP_WINDOW_S).tolist()
    told = list(zip(entities, classes, windows, strict=True))
    groups = dict.fromkeys(told)  # threats repeat, their groups less so
    digests = [xxhash.xxh3_128_digest(f"group|{window}|{name}|{entity}".encode()) for entity, name, window in groups]
    packed = identifiers(np.array([window * 1e6 for *_, window in groups], np.int64), digests)
    of = dict(zip(groups, map(uuid_of, map(bytes, packed)), strict=True))
    return [of[group] for group in told]


def uuid_of(packed: bytes) -> UUID:
    """Return the UUID of 16 bytes. msgspec builds one from them six times as fast as `UUID()` does."""
    return _uuid(_BIN16 + packed)
