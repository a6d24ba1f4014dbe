"""What a fetch brought of a partition, taken a batch of Kafka's at a time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.transport import BareRecords, FetchResult, MemoryRecords

RAW0 = TP("raw", 0)
_BASE_OFFSET, _ATTRIBUTES = slice(0, 8), 22
_CONTROL = 0x20


def kafka_batch(base: int, offsets: Sequence[int]) -> bytearray:
    """Return a batch whose records have the given places in it: a compacted topic leaves gaps."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for offset in offsets:
        builder.append(offset, 1_700_000_000_000, None, b"%d" % (base + offset), [])
    built = bytearray(builder.build())
    built[_BASE_OFFSET] = base.to_bytes(8)
    return built


def fetched(data: bytes | bytearray, offset: int, *, check_crcs: bool = True) -> Any:
    return BareRecords(RAW0, MemoryRecords(bytes(data)), [], offset, None, None, check_crcs, 0)


def result_of(records: Any) -> tuple[Any, Any]:
    """Return the result of a fetch, and the state of its partition."""
    state = SimpleNamespace(paused=False, position=records.next_fetch_offset)
    state.consumed_to = lambda position: setattr(state, "position", position)
    assignment = SimpleNamespace(active=True, state_value=lambda _: state)
    return FetchResult(RAW0, assignment=assignment, partition_records=records, backoff=0), state


@given(
    batches=st.lists(st.lists(st.integers(0, 9), min_size=1, unique=True).map(sorted), min_size=1, max_size=4),
    start=st.integers(0, 12),
    limits=st.lists(st.one_of(st.none(), st.integers(1, 7)), max_size=5),
)
def test_every_record_from_the_offset_on_is_taken_once_and_in_order(
    batches: list[list[int]], start: int, limits: list[int | None]
) -> None:
    data = b"".join(kafka_batch(10 * number, offsets) for number, offsets in enumerate(batches))
    expected = [o for n, offsets in enumerate(batches) for offset in offsets if (o := 10 * n + offset) >= start]
    result, state = result_of(fetched(data, start))
    taken: list[int] = []
    for limit in [*limits, None, None]:
        part = result.getall(limit)
        assert len(part) <= (limit or len(expected))
        taken += [record.offset for record in part]
        assert [o for o in expected if o < state.position] == taken
    assert taken == expected
    assert not result.has_more()


def test_one_by_one_they_are_the_same() -> None:
    data = kafka_batch(0, range(3)) + kafka_batch(3, range(2))
    assert [record.value for record in fetched(data, 1)] == [b"1", b"2", b"3", b"4"]


def test_a_batch_that_controls_transactions_is_skipped() -> None:
    control = kafka_batch(3, range(1))
    control[_ATTRIBUTES] |= _CONTROL
    result, state = result_of(fetched(kafka_batch(0, range(3)) + control, 0, check_crcs=False))
    assert [record.offset for record in result.getall()] == [0, 1, 2]
    assert state.position == 4


def test_a_corrupt_batch_is_told_and_fetched_again_and_nothing_before_it_is_lost() -> None:
    corrupt = kafka_batch(3, range(2))
    corrupt[-1] ^= 1
    result, state = result_of(fetched(kafka_batch(0, range(3)) + corrupt, 0))
    with pytest.raises(CorruptRecordException, match="wrong checksum at offset 3"):
        result.getall()
    assert state.position == 0
    assert not result.has_more()  # aiokafka fetches again what has no more
    assert result.getall() == []


def test_a_batch_that_is_cut_off_is_told_once_and_fetched_again() -> None:
    cut_off = b"\0" * 8 + (3).to_bytes(4) + b"\0" * 3  # says that it has three bytes, fewer than any batch
    result, state = result_of(fetched(kafka_batch(0, range(3)) + cut_off, 0))
    with pytest.raises(CorruptRecordException, match=r"raw.*minimum record overhead"):
        result.getall()
    assert state.position == 0
    assert not result.has_more()


def test_one_by_one_a_corrupt_batch_is_not_passed_over_either() -> None:
    corrupt = kafka_batch(0, range(2))
    corrupt[-1] ^= 1
    result, state = result_of(fetched(corrupt + kafka_batch(2, range(2)), 0))
    with pytest.raises(CorruptRecordException, match="wrong checksum at offset 0"):
        result.getone()
    assert result.getone() is None
    assert state.position == 0


def test_what_was_taken_is_freed_without_the_collector() -> None:
    records = fetched(kafka_batch(0, range(3)), 0)
    kept = weakref.ref(records)
    result, _ = result_of(records)
    del records
    gc.disable()
    try:
        result.getall()
        assert kept() is None
    finally:
        gc.enable()
