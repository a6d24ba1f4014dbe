"""A loop of records for paced loads, at whatever rate they are sent.

Event time keeps the pace at which the flows were made, however fast they are sent: windows, and with them the share of
threats, are then the same under every load. So the time of sending is not the event time; a threat's event time tells
the number of the record that it came of, and the producer keeps when that one was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironcore.traffic.generate import CYCLE_S
from loadtest.workload.traffic import Record, partition_of

#: Shuffles sources: any number without a common factor with theirs.
_STRIDE = 611_953
_HALF_US = 5e-7  # event times are written to the microsecond


class Template(NamedTuple):
    """A record's bytes around its event time and its source address."""

    offset_s: float  #: its event time after the first one's
    head: bytes
    middle: bytes
    tail: bytes
    key: bytes
    partition: int

    def stamped(self, event_time: float) -> bytes:
        """Return the record's value at another event time."""
        return b"%b%.6f%b%b%b" % (self.head, event_time, self.middle, self.key, self.tail)

    def from_source(self, number: int, sources: int, partitions: int) -> Template:
        """Return the template with the source of a number; each source has one partition."""
        source = number * _STRIDE % sources
        address = b"10.%d.%d.%d" % (source >> 16 & 255, source >> 8 & 255, source & 255)
        return self._replace(key=address, partition=source % partitions)


@dataclass(frozen=True)
class Loop:
    """Records that are sent round and round; every pass is a cycle of the office's attacks later."""

    templates: Sequence[Template]
    span_s: float = CYCLE_S

    def event_time(self, number: int, began_s: float) -> float:
        """Return the event time of the record with a number, counted from the first one sent."""
        passed, at = divmod(number, len(self.templates))
        return began_s + passed * self.span_s + self.templates[at].offset_s

    def numbers(self, event_times: NDArray[np.float64], began_s: float) -> NDArray[np.int64]:
        """Return which records event times (n,) are of; of several at one microsecond the first."""
        passed, offset = np.divmod(event_times - began_s + _HALF_US, self.span_s)
        at = np.searchsorted(self._offsets, offset - 2 * _HALF_US)
        return passed.astype(np.int64) * len(self.templates) + np.minimum(at, len(self.templates) - 1)

    @cached_property
    def _offsets(self) -> NDArray[np.float64]:
        return np.array([template.offset_s for template in self.templates])


def loop_of(records: Sequence[Record], partitions: int) -> Loop:
    """Return the records of the first cycle as a loop."""
    began_s = event_time_of(records[0].value)
    cycle = takewhile(lambda record: event_time_of(record.value) < began_s + CYCLE_S, records)
    return Loop([_cut(record, began_s, partitions) for record in cycle])


def spread_threats(loop: Loop, is_threat: Sequence[bool], *, alternating: bool = False) -> Loop:
    """Return a loop with its threats spread evenly over it, in order, instead of in bursts.

    Each takes the time of a record that was none, and stands before it: a time is that of the first record that has it
    (`Loop.numbers`). Those between are left out of an `alternating` one, where every second record is a threat.
    """
    threats = [template for template, threat in zip(loop.templates, is_threat, strict=False) if threat]
    others = [template for template, threat in zip(loop.templates, is_threat, strict=False) if not threat]
    places = {number * len(others) // len(threats): template for number, template in enumerate(threats)}
    spread: list[Template] = []
    for place, other in enumerate(others):
        if (template := places.get(place)) is not None:
            spread += template._replace(offset_s=other.offset_s), other
        elif not alternating:
            spread.append(other)
    return Loop(spread)


class _Timed(msgspec.Struct):
    event_time: float


_timed = msgspec.json.Decoder(_Timed).decode


def event_time_of(value: bytes) -> float:
    """Return the event time of an event or a threat as JSON, seconds since 1970."""
    return _timed(value).event_time


def _cut(record: Record, began_s: float, partitions: int) -> Template:
    head, _, rest = record.value.partition(b'"event_time":')
    _, _, rest = rest.partition(b",")
    middle, _, tail = rest.partition(b'"src_ip":"')
    _, _, tail = tail.partition(b'"')
    return Template(
        event_time_of(record.value) - began_s,
        head + b'"event_time":',
        b"," + middle + b'"src_ip":"',
        b'"' + tail,
        record.key,
        partition_of(record.key, partitions),
    )
