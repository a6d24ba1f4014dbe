"""Decode: bytes of Kafka records become a table of events; what cannot is kept whole as a dead letter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.dead_letter import DeadLetter, Reject
from schemas.formats import Decoded, decode_records
from schemas.told import is_told, told_threat
from streams.batch import Batch
from streams.slab import Record, Slab


def decode(batch: Batch, *, max_bytes: int) -> None:
    """Fill what the batch holds up to its `dead_letters` from the slabs, in order. Bad input never raises."""
    records = [record for slab in batch.slabs for record in slab.records]
    slabs = [slab for slab in batch.slabs for _ in slab.records]
    decoded = decode_records(records, max_bytes=max_bytes)
    batch.table = decoded.table
    batch.partitions = np.array([slab.partition for slab in slabs], np.int32)[decoded.record_numbers]
    batch.sent_ms = np.array([record.timestamp for record in records], np.int64)[decoded.record_numbers]
    _take_told(batch, records, decoded)
    batch.dead_letters = [
        _dead_letter(slabs[number], records[number], decoded.rejects[number]) for number in sorted(decoded.rejects)
    ]


def _take_told(batch: Batch, records: Sequence[Record], decoded: Decoded) -> None:
    """Take the threats that came with their evidence; one that is not its event's makes the record a dead letter."""
    for number in [number for number, record in enumerate(records) if is_told(record.headers)]:
        rows = range(*np.searchsorted(decoded.record_numbers, (number, number + 1)).tolist())
        try:
            threat = told_threat(records[number].headers[-1][1], [batch.table.identified(row) for row in rows])
        except Reject as reject:
            decoded.rejects.setdefault(number, []).append(reject)
        else:
            batch.told[rows[0]] = threat


def _dead_letter(slab: Slab, record: Record, rejects: list[Reject]) -> DeadLetter:
    """Return one letter a record, however many of its elements are bad; the first names the reason."""
    return DeadLetter(
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        topic=slab.topic,
        partition=slab.partition,
        offset=record.offset,
        reason=rejects[0].reason,
        detail="; ".join(reject.detail for reject in rejects[:10]),
    )
