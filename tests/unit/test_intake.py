"""The intake conserves slabs and their order, waits only for what may come, and wants more only when it has none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import intake
from streams.intake import BACKLOG_RECORDS, Intake
from streams.slab import Slab


@dataclass
class FakeRecord:
    offset: int


def slab(records: int, *, partition: int = 0, restores: bool = False, left: int = 0, more: bool = False) -> Slab:
    fakes: Any = [FakeRecord(offset) for offset in range(records)]
    return Slab("raw", partition, fakes, restores, first_of_restore=False, left=left, more=more, settle=lambda: None)


async def filled(slabs: list[Slab], *, max_records: int = 100) -> Intake:
    made = Intake(max_records=max_records)
    for each in slabs:
        await made.put(each)
    return made


async def batches_of(slabs: list[Slab], max_records: int) -> list[list[Slab]]:
    intake_ = await filled(slabs, max_records=max_records)
    made: list[list[Slab]] = []
    while sum(map(len, made)) < len(slabs):
        made.append(await asyncio.wait_for(intake_.take(), 5))
    return made


@given(
    sizes=st.lists(st.tuples(st.integers(1, 50), st.booleans(), st.booleans()), min_size=1, max_size=30),
    max_records=st.integers(1, 100),
)
def test_every_slab_comes_out_once_in_order_and_within_the_limit(
    sizes: list[tuple[int, bool, bool]], max_records: int
) -> None:
    slabs = [slab(size, restores=restores, more=more) for size, restores, more in sizes]
    made = asyncio.run(batches_of(slabs, max_records))
    assert [each for batch in made for each in batch] == slabs
    for batch in made:
        assert len(batch) == 1 or sum(len(each.records) for each in batch) <= max_records
        assert len({each.restores for each in batch}) == 1


async def test_a_backlog_fills_batches() -> None:
    made = await batches_of([slab(10) for _ in range(4)], 20)
    assert [len(batch) for batch in made] == [2, 2]


async def test_a_batch_waits_for_the_rest_of_its_fetch_and_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "REST_S", 3600.0)  # waiting for it would run into the limit
    made = await filled([slab(1, more=True)])
    taking = asyncio.create_task(made.take())
    await asyncio.sleep(0.01)
    assert not taking.done()
    await made.put(slab(2, partition=1))
    assert [len(each.records) for each in await asyncio.wait_for(taking, 5)] == [1, 2]


async def test_the_rest_of_a_fetch_that_never_comes_is_not_waited_for_long() -> None:
    made = await batches_of([slab(1, more=True)], 100)
    assert [len(batch) for batch in made] == [1]


async def test_records_are_wanted_once_somebody_waits_and_nothing_is_there() -> None:
    empty = await filled([])
    assert not empty.wanted.is_set()
    taking = asyncio.create_task(empty.take())
    await asyncio.wait_for(empty.wanted.wait(), 5)
    empty.wanted.clear()
    await empty.put(slab(1))
    await taking
    assert not empty.wanted.is_set()  # a small batch is computed first


async def test_what_waits_is_taken_before_more_is_wanted() -> None:
    full = await filled([slab(60), slab(60)])
    await full.take()
    assert not full.wanted.is_set()
    await full.take()  # of the slab that the first batch had no room for
    assert not full.wanted.is_set()


async def test_with_a_backlog_the_next_batch_is_fetched_at_once_and_whole() -> None:
    behind = await filled([slab(60, left=BACKLOG_RECORDS)])
    await behind.take()
    assert behind.wanted.is_set()
    behind.wanted.clear()
    await behind.put(slab(60, left=BACKLOG_RECORDS))
    assert behind.wanted.is_set()  # 100 fill a batch
    behind.wanted.clear()
    await behind.put(slab(60, left=BACKLOG_RECORDS))
    assert not behind.wanted.is_set()


async def test_what_later_slabs_of_a_partition_took_is_no_backlog() -> None:
    caught_up = await filled([slab(1, left=BACKLOG_RECORDS), slab(1)])
    await caught_up.take()
    assert not caught_up.wanted.is_set()


async def test_what_got_lost_on_its_way_is_wanted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ASK_AGAIN_S", 0.01)
    empty = await filled([])
    taking = asyncio.create_task(empty.take())
    for _ in range(2):
        await asyncio.wait_for(empty.wanted.wait(), 5)
        empty.wanted.clear()  # a fetch came, and a rebalance dropped it
    await empty.put(slab(1))
    assert len(await taking) == 1


async def test_slabs_of_revoked_partitions_are_dropped_and_others_stay_in_order() -> None:
    slabs = [slab(60, partition=0), slab(60, partition=1), slab(5, partition=0), slab(6, partition=2)]
    full = await filled(slabs)
    await full.take()
    assert full.drop({1}) == [slabs[1]]  # the batch had no room for it
    assert full.drop({0}) == [slabs[2]]
    assert await full.take() == [slabs[3]]
