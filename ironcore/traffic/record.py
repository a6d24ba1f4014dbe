"""A record on its way to the raw topic."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from schemas.event import entity_of
from schemas.formats import decode_record

Headers = list[tuple[str, bytes]]
_JSON = ("content-type", b"application/json")


class Record(NamedTuple):
    """What is sent to Kafka, and the time that its sending is paced by."""

    value: bytes
    headers: Headers
    key: bytes | None  #: source entity, so that its state stays on one partition; None when there is none to see
    event_time: float | None  #: seconds since 1970-01-01 UTC; None when it could not be read


def headers_of(dialect: str | None = None) -> Headers:
    """Return the headers of JSON in a dialect (a value of `ironcore-format`); None leaves it to be seen."""
    return [_JSON] if dialect is None else [_JSON, ("ironcore-format", dialect.encode())]


def record_of(value: bytes, headers: Headers) -> Record:
    """Return the record of a value as it is; key and time are those of its first event, if it holds one."""
    events = decode_record(value, headers).events
    if not events:
        return Record(value, headers, None, None)
    return Record(value, headers, entity_of(events[0]).encode(), events[0].event_time)


def native_record(event: dict[str, Any]) -> Record:
    """Return the record of a native event (`SecurityEvent` v1 as a dict) that has a source address."""
    return Record(msgspec.json.encode(event), _NATIVE, event["src_ip"].encode(), event["event_time"])


_NATIVE = headers_of("native")
