"""The slab consumer: one message a partition and fetch, and offsets that move only when sinks are done."""

from __future__ import annotations

import asyncio
import gc
import weakref
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.app import build_app
from streams.settings import WorkerSettings
from streams.transport import Consumer, Fetcher

RAW0, RAW1 = TP("raw", 0), TP("raw", 1)


@dataclass
class FakeRecord:
    offset: int
    timestamp: int = 1_700_000_000_000
    timestamp_type: int = 0


def records(start: int, end: int) -> list[Any]:
    return [FakeRecord(offset) for offset in range(start, end)]


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Any:
    return make_consumer()


def make_consumer() -> Any:
    wanted = asyncio.Event()
    app = build_app("127.0.0.1:9092", WorkerSettings(), wanted)
    made: Any = app.transport.create_consumer(
        callback=_never, on_partitions_revoked=_never, on_partitions_assigned=_never
    )
    assert isinstance(made, Consumer)
    vars(made)["highwater"] = lambda _: 0
    return made


async def _never(*_: Any) -> None:
    raise AssertionError


async def fetch(consumer: Any, fetched: dict[TP, list[Any]]) -> list[tuple[TP, Any]]:
    async def next_records(_: float) -> tuple[Any, Any]:
        return fetched, set(fetched)

    consumer._wait_next_records = next_records
    consumer.app.wanted.set()
    return [(tp, message) async for tp, message in consumer.getmany(1.0)]


async def test_a_fetch_becomes_one_message_for_each_partition(consumer: Any) -> None:
    got = await fetch(consumer, {RAW0: records(0, 100), RAW1: records(5, 7)})
    assert [(tp, message.offset, len(message.value.records)) for tp, message in got] == [(RAW0, 99, 100), (RAW1, 6, 2)]
    assert [message.value.more for _, message in got] == [True, False]


async def test_only_wanted_records_are_fetched_and_what_came_is_wanted_no_more(consumer: Any) -> None:
    await fetch(consumer, {})
    assert consumer.app.wanted.is_set()
    await fetch(consumer, {RAW0: records(0, 1)})
    assert not consumer.app.wanted.is_set()
    consumer._wait_next_records = _never
    assert [message async for message in consumer.getmany(0.01)] == []


async def test_a_slab_tells_what_its_fetch_left_behind(consumer: Any) -> None:
    vars(consumer)["highwater"] = {RAW0: 130, RAW1: 7}.get
    got = await fetch(consumer, {RAW0: records(0, 100), RAW1: records(5, 7)})
    assert [message.value.left for _, message in got] == [30, 0]


@pytest.mark.parametrize(
    ("waits", "fetches"),
    [([], []), ([(RAW1,)], ["one"]), ([(RAW0, RAW1)], []), ([()], []), ([(), (RAW1,)], ["one"])],
)
def test_fetches_while_somebody_waits_for_partitions_of_which_nothing_lies_here(
    waits: list[tuple[TP, ...]], fetches: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher.Fetcher, "_get_actions_per_node", lambda *_: (["one"], {}, 0.2, False, []))
    made: Any = object.__new__(Fetcher)
    made._waits, made._wait_consume_future, made._records = [], None, {RAW0: "records"}
    with ExitStack() as waiting:
        for partitions in waits:
            waiting.enter_context(made._waiting(partitions))
        assert made._get_actions_per_node(None)[0] == fetches
    assert made._get_actions_per_node(None)[0] == []


async def test_messages_carry_the_generation_or_faust_would_drop_them(consumer: Any) -> None:
    consumer.app.consumer_generation_id = 7
    [(_, message)] = await fetch(consumer, {RAW0: records(0, 1)})
    assert message.generation_id == 7


async def test_offset_moves_only_past_the_settled_head(consumer: Any) -> None:
    slabs = [(await fetch(consumer, {RAW0: records(n * 10, n * 10 + 10)}))[0][1].value for n in range(3)]
    slabs[1].settle()
    assert consumer._new_offset(RAW0) is None
    slabs[0].settle()
    assert consumer._new_offset(RAW0) == 20
    slabs[2].settle()
    assert consumer._new_offset(RAW0) == 30


async def test_a_settled_slab_frees_its_records_without_the_collector(consumer: Any) -> None:
    held = records(0, 3)
    kept = weakref.ref(held[0])
    slab = (await fetch(consumer, {RAW0: held}))[0][1].value
    await fetch(consumer, {})  # lets go of the fetch
    gc.disable()
    try:
        slab.settle()
        del slab, held
        assert kept() is None
    finally:
        gc.enable()


@given(order=st.permutations(range(6)))
async def test_whatever_the_order_of_settling_the_end_is_the_end(order: list[int]) -> None:
    consumer = make_consumer()
    slabs = [(await fetch(consumer, {RAW0: records(n * 10, n * 10 + 10)}))[0][1].value for n in range(6)]
    done: set[int] = set()
    reached = 0
    for number in order:
        slabs[number].settle()
        done.add(number)
        offset = consumer._new_offset(RAW0)
        head = next((n for n in range(6) if n not in done), 6)
        reached = offset if offset is not None else reached
        assert reached == head * 10
    assert reached == 60


async def test_an_ack_by_faust_of_a_skipped_message_moves_nothing(consumer: Any) -> None:
    [(_, message)] = await fetch(consumer, {RAW0: records(0, 10)})
    consumer.ack(message)
    assert consumer._new_offset(RAW0) is None


async def test_a_fetch_is_cut_at_the_committed_offset_and_its_past_is_not_owed(consumer: Any) -> None:
    consumer._restore_until, consumer._restore_begins = {RAW0: 40}, {RAW0}
    first = await fetch(consumer, {RAW0: records(0, 30)})
    second = await fetch(consumer, {RAW0: records(30, 50)})
    seen = [(m.value.restores, m.value.first_of_restore, len(m.value.records)) for _, m in first + second]
    assert seen == [(True, True, 30), (True, False, 10), (False, False, 10)]
    for _, message in first + second:
        message.value.settle()
    assert consumer._new_offset(RAW0) == 50


async def test_a_revocation_commits_first_and_then_forgets_what_was_not_done(
    consumer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = (await fetch(consumer, {RAW0: records(0, 10)}))[0][1].value
    stale = (await fetch(consumer, {RAW0: records(10, 20)}))[0][1].value
    done.settle()
    happened: list[object] = []

    async def commit() -> None:
        happened.append(("commit", consumer._new_offset(RAW0)))

    async def drain(_: Any, revoked: set[TP]) -> None:
        happened.append(("drain", revoked))

    consumer.commit = commit
    monkeypatch.setattr(driver.Consumer, "on_partitions_revoked", drain)
    await consumer.on_partitions_revoked({RAW0})
    assert happened == [("commit", 10), ("drain", {RAW0})]

    again = (await fetch(consumer, {RAW0: records(10, 20)}))[0][1].value  # the partition comes back
    stale.settle()
    assert consumer._new_offset(RAW0) is None
    again.settle()
    assert consumer._new_offset(RAW0) == 20


async def test_a_stopped_flow_delivers_nothing(consumer: Any) -> None:
    consumer.stop_flow()
    assert await fetch(consumer, {RAW0: records(0, 10)}) == []
    assert not consumer._owed
