"""When each record is sent: at a rate, in the time of its log, or as soon as it can be."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from ironcore.traffic.record import Record

#: Takes records in order and returns when each is due, seconds after the first one's; never decreasing.
Timetable = Callable[[Record], float]

#: Records so close to being due go at once: each wait of its own would double the cost of sending.
_TICK_S = 0.01
#: After so many records that were due at once, the event loop gets its turn.
_BURST = 256


def at_once(_: Record) -> float:
    """Return a time that is always over."""
    return 0.0


def at_rate(records_per_s: float) -> Timetable:
    """Send at an even rate. Raises ValueError unless it is positive."""
    if not 0 < records_per_s < math.inf:
        raise ValueError(f"a rate of {records_per_s} records/s is not possible")
    sent = 0

    def due_s(_: Record) -> float:
        nonlocal sent
        sent += 1
        return (sent - 1) / records_per_s

    return due_s


def at_speed(speed: float, max_gap_s: float) -> Timetable:
    """Send in the log's own time, `speed` times as fast.

    A record whose time is unknown or before that of an earlier record follows at once: logs are in the order in which
    connections ended. Gaps are cut to `max_gap_s` of waiting. Raises ValueError unless both are positive.
    """
    if not (0 < speed < math.inf and max_gap_s > 0):
        raise ValueError(f"no pace of speed {speed} with gaps up to {max_gap_s} s")
    latest, due = math.inf, 0.0

    def due_s(record: Record) -> float:
        nonlocal latest, due
        at = record.event_time
        if at is None:
            return due
        due += min(max(at - latest, 0.0) / speed, max_gap_s)
        latest = at if latest == math.inf else max(latest, at)
        return due

    return due_s


async def paced(
    records: Iterable[Record],
    due_s: Timetable,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> AsyncIterator[Record]:
    """Yield records when they are due; one that is late is not waited for, and those behind it keep their times."""
    began = clock()
    for number, record in enumerate(records):
        wait_s = began + due_s(record) - clock()
        if wait_s > _TICK_S:
            await sleep(wait_s)
        elif number % _BURST == 0:
            await sleep(0)
        yield record
