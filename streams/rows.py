"""Rows for PostgreSQL: the batch's columns in the binary form of COPY, encoded by pgpq from Arrow.

The binary form does not name types: each field is its length and the bytes that the column's type receives
(https://www.postgresql.org/docs/18/sql-copy.html, "Binary Format"). What Arrow has no type for goes as such bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from pgpq import ArrowToPostgresBinaryEncoder

from schemas import sql
from schemas.arrow import pa
from schemas.threat import CLASSES, Threat
from streams.batch import Batch, Copy, document_key
from streams.risk import notable

#: Postgres counts microseconds from 2000-01-01.
_EPOCH_US = 946_684_800_000_000
_HOUR_S = 3600
_JSONB = b"\x01"  # the version that jsonb_recv expects first
_CLASS_NAMES = pa.array([name.value for name in CLASSES])
_encode = msgspec.json.Encoder().encode


def write_rows(batch: Batch) -> None:
    """Fill the fields of the stage: in the thread that made the threats, whose caches hold them still.

    Whole events are asked for later where a threat is stored by itself, or opened by the risk of its entity.
    """
    batch.event_copy = _event_rows(batch)
    write_threats(batch)
    batch.table.let_go(kept=[*batch.threat_rows, *notable(batch).tolist()])


def write_threats(batch: Batch) -> None:
    """Fill `threat_copy`; again where `Batch.keep_threats` has emptied it."""
    batch.threat_copy = threat_rows(batch, range(len(batch.threats)))


def _event_rows(batch: Batch) -> Copy:
    """Return every event of the batch as rows of `events`."""
    assert batch.scores is not None
    count = len(batch.table)
    given = dict(zip(batch.table.columns.schema.names, batch.table.columns.columns, strict=True))
    return _copy_of(sql.EVENT_COLUMNS, {
        **given,
        "event_time": _timestamps(given["event_time"].to_numpy()),
        "event_id": given["event_id"].cast(pa.binary()),
        "src_ip": batch.table.sources.inet(),
        "dst_ip": batch.table.destinations.inet(),
        "detail": _jsonb(given["detail"]),
        "anomaly": pa.array(batch.scores.anomaly),
        "threat_class": _CLASS_NAMES.take(pa.array(batch.scores.class_numbers)),
        "risk": pa.array(batch.scores.risk),
        "model_version": pa.repeat(batch.model_version, count),
        "scored_time": pa.repeat(_timestamp(batch.scored_time), count),
    })  # fmt: skip


def threat_rows(batch: Batch, rows: Sequence[int]) -> Copy:
    """Return the chosen threats of the batch (by place in `threats`) as rows of `threats`."""
    return threats_copy(batch, [batch.threats[row] for row in rows], [batch.threat_rows[row] for row in rows])


def threats_copy(batch: Batch, threats: Sequence[Threat], of_event: Sequence[int]) -> Copy:
    """Return threats as rows of `threats`, each with the event of the batch (by row) that it was told at.

    The batch's `documents` are what was stored of them. No threats are no COPY.
    """
    if not threats:
        return ()
    text, real = pa.string(), pa.float32()
    documents = [_encode(threat) for threat in threats]
    batch.documents |= {document_key(threat): text for threat, text in zip(threats, documents, strict=True)}
    return _copy_of(sql.THREAT_COLUMNS, {
        "event_time": _timestamps(np.array([t.event_time for t in threats])),
        "threat_id": pa.array([t.threat_id.bytes for t in threats], pa.binary()),
        "entity": pa.array([t.entity for t in threats], text),
        "severity": pa.array([t.severity for t in threats], text),
        "threat_class": pa.array([t.threat_class for t in threats], text),
        "risk": pa.array([t.risk for t in threats], real),
        "anomaly": pa.array([t.anomaly for t in threats], real),
        "src_ip": batch.table.sources.take(of_event).inet(),
        "dst_ip": batch.table.destinations.take(of_event).inet(),
        "dst_port": pa.array([t.dst_port for t in threats], pa.int32()),
        "sensor": pa.array([t.sensor for t in threats], text),
        "basis": pa.array([t.basis for t in threats], text),
        "model_version": pa.array([t.model_version for t in threats], text),
        "scored_time": pa.repeat(_timestamp(batch.scored_time), len(threats)),
        "threat": pa.array(documents, pa.binary()),
        "event": pa.array([_encode(batch.table.identified(row)) for row in of_event], pa.binary()),
    })  # fmt: skip


class HourlyCount(NamedTuple):
    """Events of a class in an hour, and how many of them are threats."""

    hour: datetime
    threat_class: str
    events: int
    threats: int


def hourly_counts(batch: Batch, rows: NDArray[np.intp] | slice = slice(None)) -> list[HourlyCount]:
    """Return the counts of the chosen events, for each hour and class that they have."""
    assert batch.scores is not None
    hours = (batch.table.columns["event_time"].to_numpy()[rows] // _HOUR_S).astype(np.int64)
    keys = pa.array(hours * len(CLASSES) + batch.scores.class_numbers[rows]).dictionary_encode()
    groups, group = keys.dictionary.to_pylist(), keys.indices.to_numpy()
    events, threats = np.bincount(group), np.bincount(group, batch.scores.threat[rows]).astype(np.int64)
    return [
        HourlyCount(
            datetime.fromtimestamp(key // len(CLASSES) * _HOUR_S, UTC), CLASSES[key % len(CLASSES)].value, *counted
        )
        for key, *counted in zip(groups, events.tolist(), threats.tolist(), strict=True)
    ]


def _copy_of(names: Iterable[str], columns: Mapping[str, Any]) -> Copy:
    """Encode columns, in the order of `names`, as one COPY of its own."""
    table = pa.record_batch({name: columns[name] for name in names})
    encoder = ArrowToPostgresBinaryEncoder(table.schema)
    return encoder.write_header(), encoder.write_batch(table), encoder.finish()


def _timestamps(seconds: NDArray[np.float64]) -> Any:
    return pa.array(np.rint(seconds * 1e6).astype(np.int64) - _EPOCH_US)


def _timestamp(seconds: float) -> Any:
    return pa.scalar(round(seconds * 1e6) - _EPOCH_US, pa.int64())


def _jsonb(column: Any) -> Any:
    if column.null_count == len(column):
        return column
    return pa.array([None if text is None else _JSONB + text for text in column.to_pylist()], pa.binary())
