"""Decode: bytes of Kafka records become events; what cannot is kept whole as a dead letter."""

from __future__ import annotations

from schemas.dead_letter import DeadLetter, Reject
from schemas.formats import decode_record
from streams.batch import Batch
from streams.slab import Record, Slab


def decode(batch: Batch, *, max_bytes: int) -> None:
    """Fill `events`, `partitions`, `sent_ms` and `dead_letters` from the slabs, in order. Bad input never raises."""
    for slab in batch.slabs:
        for record in slab.records:
            decoded = decode_record(record.value, record.headers, max_bytes=max_bytes)
            batch.events += decoded.events
            count = len(decoded.events)
            batch.partitions += [slab.partition] * count
            batch.sent_ms += [record.timestamp] * count
            if decoded.rejects:
                batch.dead_letters.append(_dead_letter(slab, record, decoded.rejects))


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
