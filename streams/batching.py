"""Batching: slabs become micro-batches by size or deadline, whichever comes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from streams.slab import Slab

#: A batch that is not full waits for its deadline only while slabs keep arriving this close to each other.
QUIET_S = 0.001


async def batches(queue: asyncio.Queue[Slab], *, max_records: int, max_wait_s: float) -> AsyncIterator[list[Slab]]:
    """Yield lists of slabs in order of arrival, each of at most `max_records` (a larger slab comes alone).

    With a backlog it yields at once. When nothing else comes it yields after a quiet millisecond, and at the
    latest `max_wait_s` after the first slab. Slabs that restore windows are never mixed with others.
    """
    loop = asyncio.get_running_loop()
    held: Slab | None = None
    while True:
        slabs = [held or await queue.get()]
        held, records, deadline = None, len(slabs[0].records), loop.time() + max_wait_s
        while records < max_records:
            slab = await _next(queue, min(QUIET_S, deadline - loop.time()))
            if slab is None:
                break
            if slab.restores != slabs[0].restores or records + len(slab.records) > max_records:
                held = slab
                break
            slabs.append(slab)
            records += len(slab.records)
        yield slabs


async def _next(queue: asyncio.Queue[Slab], wait_s: float) -> Slab | None:
    """Return the next slab, or None when none comes in time."""
    try:
        return queue.get_nowait()
    except asyncio.QueueEmpty:
        pass
    if wait_s <= 0:
        return None
    try:
        return await asyncio.wait_for(queue.get(), wait_s)
    except TimeoutError:
        return None
