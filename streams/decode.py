"""Decode: bytes of Kafka records become a table of events; what cannot is kept whole as a dead letter."""

from __future__ import annotations

import numpy as np

from schemas.dead_letter import DeadLetter, Reject
from schemas.formats import decode_records
from streams.batch import Batch
from streams.slab import Record, Slab


def decode(batch: Batch, *, max_bytes: int) -> None:
    """Fill `table`, `partitions`, `sent_ms` and `dead_letters` from the slabs, in order. Bad input never raises."""
    records = [record for slab in batch.slabs for record in slab.records]
    slabs = [slab for slab in batch.slabs for _ in slab.records]
    decoded = decode_records(records, max_bytes=max_bytes)
    batch.table = decoded.table
    batch.partitions = np.array([slab.partition for slab in slabs], np.int32)[decoded.record_numbers]
    batch.sent_ms = np.array([record.timestamp for record in records], np.int64)[decoded.record_numbers]
    batch.dead_letters = [
        _dead_letter(slabs[number], records[number], decoded.rejects[number]) for number in sorted(decoded.rejects)
    ]


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
