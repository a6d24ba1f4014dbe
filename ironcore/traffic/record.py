"""A record on its way to the raw topic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np

from schemas.formats import decode_records

Headers = list[tuple[str, bytes]]
#: Values that are decoded at once: each by itself would cost a hundred times as much.
CHUNK = 256
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


def records_of(values: Iterable[bytes], headers: Headers) -> Iterator[Record]:
    """Yield the records of values as they are; key and time are those of a value's first event, if it holds one.

    Reads up to `CHUNK` values ahead. When `values` raises, what came before is yielded first.
    """
    for chunk in _chunks(values):
        read = [Record(value, headers, None, None) for value in chunk]
        decoded = decode_records(read)
        numbers, first = np.unique(decoded.record_numbers, return_index=True)
        entities = decoded.table.columns["entity"].take(first).to_pylist()
        for number, row, entity in zip(numbers.tolist(), first.tolist(), entities, strict=True):
            event_time = decoded.table.events[row].event_time
            read[number] = read[number]._replace(key=entity.encode(), event_time=event_time)
        yield from read


def _chunks(values: Iterable[bytes]) -> Iterator[list[bytes]]:
    held: list[bytes] = []
    try:
        for value in values:
            held.append(value)
            if len(held) == CHUNK:
                yield held
                held = []
    except Exception:
        yield held
        raise
    yield held


def native_record(event: dict[str, Any]) -> Record:
    """Return the record of a native event (`SecurityEvent` v1 as a dict) that has a source address."""
    return Record(msgspec.json.encode(event), _NATIVE, event["src_ip"].encode(), event["event_time"])


_NATIVE = headers_of("native")
