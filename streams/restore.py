"""Where to read again from, so that the entity windows after a restart are those before it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from faust.types import TP

#: How long the search for the starting points may hold up an assignment.
SEARCH_LIMIT_S = 10.0


class Rewind(NamedTuple):
    """How far back: seconds of record time before the last committed record, and at most so many records."""

    window_s: float
    max_records: int


async def find_starts(consumer: Any, committed: Mapping[TP, int], rewind: Rewind) -> dict[TP, int]:
    """Return the offset to read again from for each partition that has a past; runs on the consumer's own loop.

    The last committed record tells the time to go back from, so that a long outage loses nothing. A broker that
    cannot look up offsets by time answers with the beginning, which `max_records` then bounds.
    """
    if not committed or not rewind.max_records:
        return {}
    last_ms = await _last_timestamps_ms(consumer, committed)
    wanted = {tp: max(0, int(ms - rewind.window_s * 1000)) for tp, ms in last_ms.items()}
    by_time = await consumer.offsets_for_times(wanted) if wanted else {}
    starts = {}
    for tp, found in by_time.items():
        start = max(found.offset if found else committed[tp], committed[tp] - rewind.max_records, 0)
        if start < committed[tp]:
            starts[tp] = start
    return starts


async def _last_timestamps_ms(consumer: Any, committed: Mapping[TP, int]) -> dict[TP, int]:
    """Read the last committed record of each partition for its timestamp, in milliseconds."""
    for tp, offset in committed.items():
        consumer.seek(tp, offset - 1)
    found: dict[TP, int] = {}
    deadline = time.monotonic() + SEARCH_LIMIT_S
    while (missing := [tp for tp in committed if tp not in found]) and time.monotonic() < deadline:
        fetched = await consumer._fetcher.fetched_records(missing, timeout=0.5, max_records=1)  # noqa: SLF001
        found.update({TP(tp.topic, tp.partition): records[0].timestamp for tp, records in fetched.items()})
    for tp, offset in committed.items():
        consumer.seek(tp, offset)
    return found
