"""Batching conserves slabs, keeps their order, and waits only when there is something to wait for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.batching import batches
from streams.slab import Slab


@dataclass
class FakeRecord:
    offset: int


def slab(records: int, *, restores: bool = False) -> Slab:
    fakes: Any = [FakeRecord(offset) for offset in range(records)]
    return Slab("raw", 0, fakes, restores, first_of_restore=False, settle=lambda: None)


async def collect(slabs: list[Slab], max_records: int, wait_s: float = 0.0) -> list[list[Slab]]:
    queue: asyncio.Queue[Slab] = asyncio.Queue()
    for each in slabs:
        queue.put_nowait(each)
    made: list[list[Slab]] = []
    async for batch in batches(queue, max_records=max_records, max_wait_s=wait_s):
        made.append(batch)
        if sum(map(len, made)) == len(slabs):
            break
    return made


@given(
    sizes=st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=30),
    max_records=st.integers(1, 100),
)
def test_every_slab_comes_out_once_in_order_and_within_the_limit(
    sizes: list[tuple[int, bool]], max_records: int
) -> None:
    slabs = [slab(size, restores=restores) for size, restores in sizes]
    made = asyncio.run(collect(slabs, max_records))
    assert [each for batch in made for each in batch] == slabs
    for batch in made:
        assert len(batch) == 1 or sum(len(each.records) for each in batch) <= max_records
        assert len({each.restores for each in batch}) == 1


async def test_a_backlog_fills_batches_without_waiting() -> None:
    # A deadline of an hour: waiting for it would run into the test's own limit.
    made = await asyncio.wait_for(collect([slab(10) for _ in range(4)], max_records=20, wait_s=3600), 5)
    assert [len(batch) for batch in made] == [2, 2]


async def test_a_lone_slab_does_not_wait_for_its_deadline() -> None:
    made = await asyncio.wait_for(collect([slab(1)], max_records=100, wait_s=3600), 5)
    assert [len(batch) for batch in made] == [1]
