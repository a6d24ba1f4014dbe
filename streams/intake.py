"""The intake: slabs are fetched when a batch begins, and become micro-batches of what is there, up to a size.

What is fetched ahead waits, and is a batch older when it is scored than what a fetch of that moment would bring.
Only when there is a backlog, as much as fills the next batch is fetched at once: nothing would be younger for waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet

from streams.slab import Slab

#: The rest of a fetch is on its way here, and a batch waits so long for each slab of it: a rebalance may have taken it.
#: Sinks that are at work on the event loop hold it up for milliseconds.
REST_S = 0.05
#: So many records that a batch's fetches left behind are a backlog. Fewer may be the marks of transactions.
BACKLOG_RECORDS = 1000
#: What was fetched may get lost on its way here, in a rebalance; then it is asked for again.
ASK_AGAIN_S = 0.5
#: Slabs that wait here at most.
_SLABS = 64


class Intake:
    """A queue of slabs whose reader says when there should be more.

    `wanted` is set when there should be; who fetches clears it once something came.
    """

    def __init__(self, *, max_records: int) -> None:
        self.wanted = asyncio.Event()
        self._max_records = max_records
        self._queue: asyncio.Queue[Slab] = asyncio.Queue(_SLABS)
        self._held: Slab | None = None
        self._waiting = 0  # records that are queued or held
        self._ahead = 1  # so many should wait

    async def put(self, slab: Slab) -> None:
        """Queue a slab; waits while too many are."""
        await self._queue.put(slab)
        self._waiting += len(slab.records)
        self._want()

    async def take(self) -> list[Slab]:
        """Return the slabs of the next batch in order of arrival: `max_records` at most, or one larger slab.

        It takes what is there and the rest of the fetch that brought it, and waits for nothing else. Slabs that restore
        windows are never mixed with others.
        """
        slabs = [await self._first()]
        records = len(slabs[0].records)
        while records < self._max_records:
            slab = await self._next(REST_S if slabs[-1].more else 0.0)
            if slab is None:
                break
            if slab.restores != slabs[0].restores or records + len(slab.records) > self._max_records:
                self._held = slab
                break
            slabs.append(slab)
            records += len(slab.records)
        self._waiting -= records
        backlog = sum({slab.partition: slab.left for slab in slabs}.values())  # after the last of each partition
        self._ahead = self._max_records if backlog >= BACKLOG_RECORDS else 1
        if self._ahead > 1:
            self._want()
        return slabs

    def drop(self, partitions: AbstractSet[int]) -> list[Slab]:
        """Remove the slabs of these partitions, and return them."""
        waiting = [self._queue.get_nowait() for _ in range(self._queue.qsize())]
        for slab in waiting:
            if slab.partition not in partitions:
                self._queue.put_nowait(slab)
        if self._held is not None and self._held.partition in partitions:
            waiting.append(self._held)
            self._held = None
        dropped = [slab for slab in waiting if slab.partition in partitions]
        self._waiting -= sum(len(slab.records) for slab in dropped)
        return dropped

    def _want(self) -> None:
        if self._waiting < self._ahead:
            self.wanted.set()

    async def _first(self) -> Slab:
        slab, self._held = self._held, None
        while slab is None:
            self._want()
            slab = await self._next(ASK_AGAIN_S)
        return slab

    async def _next(self, wait_s: float) -> Slab | None:
        """Return the next slab, or None when none comes in time."""
        try:
            return self._queue.get_nowait()
        except asyncio.QueueEmpty:
            if not wait_s:
                return None
        try:
            async with asyncio.timeout(wait_s):
                return await self._queue.get()
        except TimeoutError:
            return None
