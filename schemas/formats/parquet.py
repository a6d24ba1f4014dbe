"""Labelled network flows in parquet (columns named as below, Zeek's terms) as events of the contract."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.event import Event, SecurityEvent

#: Columns that a file must have: time (epoch seconds), addresses, counters (bytes of payload, bytes with headers).
REQUIRED = (
    "ts", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "duration", "bytes_out", "bytes_in",
    "ip_bytes_out", "ip_bytes_in", "pkts_out", "pkts_in", "conn_state",
)  # fmt: skip
#: Columns that it may have.
OPTIONAL = ("service", "history", "label", "attack", "capture", "source")
_BATCH_ROWS = 8192

#: Column of the file by field of `Event` and of `Flow`.
_HEAD = {name: name for name in ("src_ip", "src_port", "dst_ip", "dst_port", "proto")}
_FLOW = {
    "duration_s": "duration",
    "orig_bytes": "bytes_out",
    "resp_bytes": "bytes_in",
    "orig_pkts": "pkts_out",
    "resp_pkts": "pkts_in",
    "orig_ip_bytes": "ip_bytes_out",
    "resp_ip_bytes": "ip_bytes_in",
    "conn_state": "conn_state",
    "history": "history",
    "service": "service",
}


class LabelledFlow(NamedTuple):
    """An event without identifier and what is known about it; the labels are None where the file has none."""

    event: SecurityEvent
    malicious: bool | None
    attack: str | None  #: kind of attack, or "benign"
    capture: str | None  #: recording that it comes from
    source: str | None  #: collection that the recording comes from


def read_flows(path: Path) -> Iterator[LabelledFlow]:
    """Read a file row by row, in its order, in bounded memory.

    Raises:
        ValueError: The file is no parquet, a required column is absent, or a row breaks the event's contract; the
            message names the file and the row.
    """
    try:
        with pq.ParquetFile(path) as file:
            yield from _rows(path, file)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: not a parquet file: {error}") from error


def _rows(path: Path, file: pq.ParquetFile) -> Iterator[LabelledFlow]:
    names = set(file.schema_arrow.names)
    absent = [name for name in REQUIRED if name not in names]
    if absent:
        raise ValueError(f"{path}: no column {', '.join(absent)}")
    row = 0
    for batch in file.iter_batches(_BATCH_ROWS, columns=[n for n in (*REQUIRED, *OPTIONAL) if n in names]):
        for record in batch.to_pylist():
            try:
                yield _labelled(record)
            except msgspec.ValidationError as error:
                raise ValueError(f"{path}: row {row}: {error}") from error
            row += 1


def _labelled(record: dict[str, Any]) -> LabelledFlow:
    known = {name: _whole(value) for name, value in record.items() if not _is_missing(value)}
    event = {name: known[column] for name, column in _HEAD.items() if column in known}
    flow = {name: known[column] for name, column in _FLOW.items() if column in known}
    event |= {"kind": "flow", "event_time": known.get("ts"), "flow": flow}
    label = known.get("label")
    return LabelledFlow(
        event=msgspec.convert(event, Event),
        malicious=None if label is None else bool(label),
        attack=known.get("attack"),
        capture=known.get("capture"),
        source=known.get("source"),
    )


def _is_missing(value: object) -> bool:
    """Tell nulls and NaN, which pandas writes for a missing number."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _whole(value: Any) -> Any:
    """Give counters back their type: a column of integers with missing values is one of floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
