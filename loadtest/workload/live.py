"""Records that are stamped as they are sent, so that the threat which comes of one tells when that was.

They are the run's flows with the time of sending as event time, and, where asked for, ever new sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from loadtest.workload.traffic import Record, Traffic, evenly, partition_of

#: Flows that are sent round and round; a stamp makes each pass new events.
POOL = 100_000
#: Shuffles sources: any number without a common factor with theirs.
_STRIDE = 611_953


class Template(NamedTuple):
    """A record's bytes around its event time and its source address."""

    head: bytes
    middle: bytes
    tail: bytes
    key: bytes
    partition: int


def templates_of(records: Sequence[Record], partitions: int) -> list[Template]:
    """Cut at most `POOL` records, evenly from all of them."""
    return [_cut(record, partitions) for record in evenly(records, POOL)]


def half_threats(traffic: Traffic) -> list[Record]:
    """Return the records that were threats, in order, each after one that was not."""
    threats = [record for record, is_threat in zip(traffic.records, traffic.is_threat, strict=True) if is_threat]
    others = (record for record, is_threat in zip(traffic.records, traffic.is_threat, strict=True) if not is_threat)
    return [record for pair in zip(others, threats, strict=False) for record in pair]


def stamped(template: Template, now_s: float) -> bytes:
    """Return the record's value with `now_s` as event time, to the microsecond."""
    return b"%b%.6f%b%b%b" % (template.head, now_s, template.middle, template.key, template.tail)


def from_source(template: Template, number: int, sources: int, partitions: int) -> Template:
    """Return the template with the source of a number; each source has one partition."""
    source = number * _STRIDE % sources
    address = b"10.%d.%d.%d" % (source >> 16 & 255, source >> 8 & 255, source & 255)
    return template._replace(key=address, partition=source % partitions)


def _cut(record: Record, partitions: int) -> Template:
    head, _, rest = record.value.partition(b'"event_time":')
    _, _, rest = rest.partition(b",")
    middle, _, tail = rest.partition(b'"src_ip":"')
    _, _, tail = tail.partition(b'"')
    return Template(
        head + b'"event_time":',
        b"," + middle + b'"src_ip":"',
        b'"' + tail,
        record.key,
        partition_of(record.key, partitions),
    )
