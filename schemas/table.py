"""A batch of events as a table: checked, cleaned, identified, and read off into Arrow columns once.

The last step of decoding. It works on a whole batch, since each of its checks costs an event a fraction of a function
call that way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from schemas.addresses import WRONG, Addresses, parse
from schemas.arrow import pa
from schemas.dead_letter import Reason, Reject
from schemas.event import MAX_EVENT_TIME, MIN_EVENT_TIME, Event, Flow, SecurityEvent, entity_of
from schemas.identity import identifiers, uuid_of
from schemas.struct import compile_struct

#: Postgres refuses NUL in text; its picture (U+2400) keeps the length and shows that something stood there.
NUL_PICTURE = "\u2400"
_LAST_EVENT_TIME = MAX_EVENT_TIME - 1e-6  # rounding to the microsecond must not reach the bound
_BACKSLASH = ord("\\")
_NO_FLOW = compile_struct(Flow)()
_encode = msgspec.json.Encoder().encode
_encode_into = msgspec.json.Encoder().encode_into
_digest = xxhash.xxh3_128_digest


@dataclass(frozen=True, slots=True)
class EventTable:
    """n events and their columns, row by row the same. A value that the sensor did not report is null.

    `columns` has the names of the `events` table: `event_id` (16 bytes), `event_time` (float64, seconds since 1970),
    text, addresses as text, int32 ports, the flow's counters (int64; `duration_s` float64), and `detail`: the section
    of the kind as JSON, null for flows, whose columns say it all. The structs carry no `event_id` unless the producer
    gave one: `identified` does, for the few that leave the pipeline whole. After `let_go` all others are None.
    """

    events: list[SecurityEvent]
    columns: pa.RecordBatch
    ids: NDArray[np.uint8]  #: (n, 16) the column `event_id`
    sources: Addresses
    destinations: Addresses

    def __len__(self) -> int:
        return len(self.ids)

    def identified(self, row: int) -> SecurityEvent:
        """Return an event with its identifier set."""
        struct: Any = self.events[row]  # the model is frozen, the struct is not
        if struct.event_id is None:
            struct.event_id = uuid_of(self.ids[row].tobytes())
        return struct  # type: ignore[no-any-return]

    def let_go(self, *, kept: Iterable[int]) -> None:
        """Forget all structs but those of these rows, once nobody asks for the others: they are most of a batch."""
        left: list[Any] = [None] * len(self)
        for row in kept:
            left[row] = self.events[row]
        self.events[:] = left


def tabulate(
    events: list[SecurityEvent], identities: Mapping[int, str] = MappingProxyType({})
) -> tuple[EventTable, dict[int, Reject]]:
    """Check and finish `Event` structs, in place, and return their table without those that are rejected.

    Addresses take their canonical form, times are rounded to the microsecond, NUL in text becomes U+2400.

    Args:
        events: Structs that msgspec decoded, so types and limits hold.
        identities: What tells a record from every other one of its sensor, by row, where its content does not.

    Returns:
        The table, and the rejects by their row in `events`: INVALID, naming the field, for a time out of bounds, a
        wrong address, or a missing section.
    """
    ends = {
        "src_ip": _addresses(events, "src_ip", [e.src_ip for e in events]),
        "dst_ip": _addresses(events, "dst_ip", [e.dst_ip for e in events]),
    }
    times = np.array([e.event_time for e in events], np.float64)
    if rejects := _rejects(events, ends, times):
        kept = [row for row in range(len(events)) if row not in rejects]
        remaining = {at: identities[row] for at, row in enumerate(kept) if row in identities}
        return tabulate([events[row] for row in kept], remaining)[0], rejects
    time_us = np.rint(times * 1e6)
    for row in np.flatnonzero(time_us / 1e6 != times).tolist():
        events[row].event_time = time_us[row].item() / 1e6  # type: ignore[misc] # the model is frozen, not the struct
    ids = identifiers(time_us.astype(np.int64), _digests(events, identities))
    given = [e.event_id for e in events]
    if given.count(None) < len(given):
        for row, event_id in enumerate(given):
            if event_id is not None:
                ids[row] = np.frombuffer(event_id.bytes, np.uint8)
    columns = _columns(events, ids, time_us / 1e6, ends)
    return EventTable(events, columns, ids, ends["src_ip"][1], ends["dst_ip"][1]), {}


def _addresses(events: list[SecurityEvent], name: str, texts: list[str | None]) -> tuple[pa.StringArray, Addresses]:
    """Return a column of addresses as text and as numbers; give those that are spelt otherwise their one form."""
    addresses, spelt_otherwise = parse(texts)
    for row, canonical in spelt_otherwise.items():
        setattr(events[row], name, canonical)
        texts[row] = canonical
    return pa.array(texts, pa.string()), addresses


def _rejects(
    events: list[SecurityEvent], ends: Mapping[str, tuple[pa.StringArray, Addresses]], times: NDArray[np.float64]
) -> dict[int, Reject]:
    """Return what is wrong, by row."""
    wrong = {
        row: f"{name}: {texts[row].as_py()!r} is not an IPv4 or IPv6 address"
        for name, (texts, addresses) in ends.items()
        for row in np.flatnonzero(addresses.family == WRONG).tolist()
    }
    for row in np.flatnonzero(~((times >= MIN_EVENT_TIME) & (times <= _LAST_EVENT_TIME))).tolist():
        wrong[row] = f"event_time: {events[row].event_time} is not within 1970 to 2099"
    if not all(sections := [getattr(e, e.kind) for e in events]):  # a struct is true
        for row in (row for row, section in enumerate(sections) if section is None):
            wrong[row] = f"kind is {events[row].kind}, but the section {events[row].kind!r} is missing"
    return {row: Reject(Reason.INVALID, detail) for row, detail in wrong.items()}


def _digests(events: list[SecurityEvent], identities: Mapping[int, str]) -> list[bytes]:
    """Return the hash of each identity, or of the content; an event with NUL in its text is replaced."""
    digests: list[bytes] = []
    content = bytearray(1024)  # reused: a new buffer an event costs more than the encoding
    for event in events:
        _encode_into(event, content)
        # One byte is found far faster than six, and hardly any event holds an escape.
        if _BACKSLASH in content and b"\\u0000" in content:
            events[len(digests)] = clean = msgspec.convert(_without_nul(msgspec.to_builtins(event)), Event)
            _encode_into(clean, content)
        digests.append(_digest(content))
    for row, identity in identities.items():
        digests[row] = _digest(identity.encode())
    return digests


def _columns(
    events: list[SecurityEvent],
    ids: NDArray[np.uint8],
    times: NDArray[np.float64],
    ends: Mapping[str, tuple[pa.StringArray, Addresses]],
) -> pa.RecordBatch:
    """Read the structs into columns. Spelt out: a getter costs half as much again."""
    flows, sources = [e.flow or _NO_FLOW for e in events], ends["src_ip"][0]
    text, count, port = pa.string(), pa.int64(), pa.int32()
    identifier = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(events), [None, pa.py_buffer(ids)])
    return pa.record_batch({
        "event_id": identifier,
        "event_time": pa.array(times, pa.float64()),
        "kind": pa.array([e.kind for e in events], text),
        "entity": sources if not sources.null_count else pa.array([e.src_ip or entity_of(e) for e in events], text),
        "sensor": pa.array([e.sensor for e in events], text),
        "source_id": pa.array([e.source_id for e in events], text),
        "src_ip": sources,
        "src_port": pa.array([e.src_port for e in events], port),
        "dst_ip": ends["dst_ip"][0],
        "dst_port": pa.array([e.dst_port for e in events], port),
        "proto": pa.array([e.proto for e in events], text),
        "username": pa.array([e.user for e in events], text),
        "host": pa.array([e.host for e in events], text),
        "service": pa.array([f.service for f in flows], text),
        "conn_state": pa.array([f.conn_state for f in flows], text),
        "duration_s": pa.array([f.duration_s for f in flows], pa.float64()),
        "orig_bytes": pa.array([f.orig_bytes for f in flows], count),
        "resp_bytes": pa.array([f.resp_bytes for f in flows], count),
        "orig_pkts": pa.array([f.orig_pkts for f in flows], count),
        "resp_pkts": pa.array([f.resp_pkts for f in flows], count),
        "orig_ip_bytes": pa.array([f.orig_ip_bytes for f in flows], count),
        "resp_ip_bytes": pa.array([f.resp_ip_bytes for f in flows], count),
        "history": pa.array([f.history for f in flows], text),
        "detail": pa.array([None if e.kind == "flow" else _encode(getattr(e, e.kind)) for e in events], pa.binary()),
    })  # fmt: skip


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", NUL_PICTURE)
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_nul(item) for name, item in value.items()}
    return value
