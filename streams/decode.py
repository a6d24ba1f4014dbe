"""Decode: bytes of Kafka records become a table of events; what cannot is kept whole as a dead letter."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from schemas.dead_letter import DeadLetter, Reject
from schemas.formats import Decoded, decode_records
from schemas.told import is_told, told_threat
from streams.batch import Batch
from streams.slab import Record, Slab


def decode(batch: Batch, *, max_bytes: int) -> None:
    """Fill what the batch holds up to its `dead_letters` from the slabs, in order. Bad input never raises.

    The records are let go of then: batches in flight would hold some megabytes each of what nobody reads again.
    """
    records = [record for slab in batch.slabs for record in slab.records]
    slabs = np.repeat(np.arange(len(batch.slabs)), [len(slab.records) for slab in batch.slabs])  # of each record
    decoded = decode_records(records, max_bytes=max_bytes)
    batch.table = decoded.table
    partitions = np.array([slab.partition for slab in batch.slabs], np.int32)
    batch.partitions = partitions[slabs][decoded.record_numbers]
    sent_ms = np.fromiter(map(attrgetter("timestamp"), records), np.int64, len(records))
    batch.sent_ms = sent_ms[decoded.record_numbers]
    _take_told(batch, records, decoded)
    batch.dead_letters = [
        _dead_letter(batch.slabs[slabs[number]], records[number], decoded.rejects[number])
        for number in sorted(decoded.rejects)
    ]
    for slab in batch.slabs:
        slab.records = ()


def _take_told(batch: Batch, records: Sequence[Record], decoded: Decoded) -> None:
    """Take the threats that came with their evidence; one that is not its event's makes the record a dead letter."""
    headers = list(map(attrgetter("headers"), records))
    for number in [number for number, own in enumerate(headers) if is_told(own)] if any(headers) else ():
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
