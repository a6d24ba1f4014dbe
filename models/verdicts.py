"""Verdicts of analysts as labelled rows, with the features that the stream would compute; split by time.

A true positive is an attack of the threat's class; false and benign positives are benign; undetermined ones are left
out. The latest verdict on a threat counts. Features are computed anew from the stored events: those of the entity and
those to the destination within the window before the event, so that windows are what they were when it was scored.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.features import FEATURES, FeatureExtractor
from models.reference import has_flow
from models.windows import WINDOW_S
from schemas.event import Event, SecurityEvent
from schemas.sql import verdicts as sql
from schemas.table import tabulate
from schemas.threat import CLASSES, ThreatClass
from schemas.triage import Verdict

#: The latest ones; each takes a query.
MAX_VERDICTS = 20_000
#: Of the events within a window, the latest ones.
MAX_EVENTS = 5000
#: With fewer there is nothing to learn, or to hold it against.
MIN_VERDICTS = 40
VALIDATION_SHARE = 0.25
SOURCE = "verdicts"
_COUNTERS = (
    "duration_s", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes",
    "conn_state", "history", "service",
)  # fmt: skip


class TimeSplit(NamedTuple):
    """What may be trained on and what is held out."""

    train: Dataset
    validation: Dataset
    from_time: float  #: the validation begins, seconds since 1970
    train_until: float  #: a window before that, since windows look back


async def read_verdicts(connection: Any, *, limit: int = MAX_VERDICTS) -> Dataset:
    """Return a row for each verdict on a threat that rests on a flow which is still stored, in event-time order.

    Args:
        connection: To PostgreSQL, in UTC.
        limit: At most so many, the latest.

    Raises:
        ValueError: There are fewer than `MIN_VERDICTS`.
    """
    extractor, rows, features = FeatureExtractor(), list[Any](), list[NDArray[np.float32]]()
    for partition, verdict in enumerate(await connection.fetch(sql.SELECT_VERDICTS, limit)):
        found = await _features(connection, extractor, partition, verdict)
        if found is not None:
            rows.append(verdict)
            features.append(found)
    matrix = np.array(features, np.float32).reshape(-1, len(FEATURES))
    kept = has_flow(matrix)
    if kept.sum() < MIN_VERDICTS:
        raise ValueError(f"{kept.sum()} verdicts on stored flows: {MIN_VERDICTS} are needed to learn from them")
    return _dataset(matrix[kept], [row for row, keep in zip(rows, kept, strict=True) if keep])


def split_by_time(verdicts: Dataset, share: float = VALIDATION_SHARE) -> TimeSplit:
    """Hold the latest `share` of the verdicts out: what is trained on ended a window before the first of them began.

    Raises:
        ValueError: Nothing is left to train on: all verdicts are of the same minute.
    """
    times = np.sort(verdicts.event_time)
    from_time = float(times[int(len(times) * (1 - share))])
    until = from_time - WINDOW_S
    train = verdicts.where(verdicts.event_time < until)
    if not len(train):
        raise ValueError(f"all verdicts are within {WINDOW_S:g} s of those that are held out: none is left to learn")
    return TimeSplit(train, verdicts.where(verdicts.event_time >= from_time), from_time, until)


async def _features(
    connection: Any, extractor: FeatureExtractor, partition: int, verdict: Any
) -> NDArray[np.float32] | None:
    """Return the features of the event of a verdict; None when it is not stored any more."""
    stored = await connection.fetch(
        sql.SELECT_WINDOW, verdict["event_time"], WINDOW_S, verdict["entity"], verdict["dst_ip"], MAX_EVENTS
    )
    table, _ = tabulate([_event(row) for row in reversed(stored)])
    ids = table.columns["event_id"].to_pylist()
    wanted = verdict["event_id"].bytes
    if wanted not in ids:
        return None
    row: NDArray[np.float32] = extractor.extract(table, np.full(len(table), partition, np.int32))[ids.index(wanted)]
    extractor.forget(partition)
    return row


def _event(row: Any) -> SecurityEvent:
    """Return a row of `events` as the event that it was."""
    flow = {name: row[name] for name in _COUNTERS if row[name] is not None}
    head = {
        "kind": row["kind"],
        "event_time": row["event_time"].timestamp(),
        "event_id": row["event_id"].hex,
        "source_id": row["source_id"],
        "sensor": row["sensor"],
        "src_ip": row["src_ip"],
        "src_port": row["src_port"],
        "dst_ip": row["dst_ip"],
        "dst_port": row["dst_port"],
        "proto": row["proto"],
        "user": row["username"],
        "host": row["host"],
        "flow": flow if flow or row["kind"] == "flow" else None,
    }
    if row["detail"] is not None:
        head[row["kind"]] = msgspec.json.decode(row["detail"])
    event: SecurityEvent = msgspec.convert(head, Event)
    return event


def _dataset(features: NDArray[np.float32], rows: list[Any]) -> Dataset:
    """Return n rows, which come the latest first, in event-time order. Their days are recordings of one network."""
    features, rows = features[::-1], rows[::-1]
    malicious = np.array([row["verdict"] == Verdict.TRUE_POSITIVE for row in rows])
    attack = np.array([row["threat_class"] if bad else "benign" for row, bad in zip(rows, malicious, strict=True)])
    times = np.array([row["event_time"].timestamp() for row in rows])
    days = [datetime.fromtimestamp(time_s, UTC).date() for time_s in times.tolist()]
    return Dataset(
        features=features,
        malicious=malicious,
        classes=np.array([CLASSES.index(ThreatClass(name)) for name in attack]),
        attack=attack,
        capture=np.array([f"{day}@{SOURCE}" for day in days]),
        source=np.full(len(rows), SOURCE),
        event_time=times,
    )
