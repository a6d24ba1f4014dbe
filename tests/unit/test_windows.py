from __future__ import annotations

import copy
from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from models import kernel
from models.compiled import compiled
from models.features import FeatureExtractor
from schemas.event import Dns, Flow, SecurityEvent
from schemas.struct import compile_struct
from tests.unit.model_events import COLUMN, extract, failed_login, flow, refused, table


def last(events: list[SecurityEvent], name: str) -> float:
    return float(extract(events)[-1, COLUMN[name]])


def partitions(events: list[SecurityEvent], partition: int = 0) -> NDArray[np.int32]:
    return np.full(len(events), partition, np.int32)


def test_window_holds_a_minute_and_no_more() -> None:
    assert last([flow(0), flow(59)], "window_connections") == 2
    assert last([flow(0), flow(60)], "window_connections") == 1
    assert last([flow(at) for at in range(120)], "window_connections") == 60


def test_event_late_within_the_window_counts_in_its_own_sub_window() -> None:
    events = [flow(0), flow(45), flow(5), flow(61)]
    assert extract(events[:3])[-1, COLUMN["window_connections"]] == 3
    # At 61 s the sub-window from 0 to 10 s is over, and with it the event that came late.
    assert last(events, "window_connections") == 2


def test_event_older_than_the_window_is_counted_as_late_and_not_added() -> None:
    extractor = FeatureExtractor(window_entities=64)
    events = [flow(120), flow(0), flow(121)]
    features = extractor.extract(table(events), partitions(events))
    assert extractor.late_events == 1
    assert features[:, COLUMN["window_connections"]].tolist() == [1, 1, 2]


def test_clock_that_was_wrong_for_once_does_not_stop_an_entity() -> None:
    extractor = FeatureExtractor(window_entities=64)
    events = [flow(86_400), flow(0), flow(1)]
    features = extractor.extract(table(events), partitions(events))
    assert extractor.late_events == 0
    assert features[-1, COLUMN["window_connections"]] == 2


def test_distinct_destinations_and_ports_are_estimated() -> None:
    events = [refused(at / 10, dst=f"10.0.{at % 100}.9", port=at % 40) for at in range(400)]
    assert last(events, "window_destinations") == pytest.approx(100, rel=0.12)
    assert last(events, "window_ports") == pytest.approx(40, rel=0.12)


def test_failures_and_authentications_are_counted() -> None:
    events = [flow(0), refused(1), refused(2), failed_login(3), failed_login(4), flow(5, port=22)]
    features = extract(events)[-1]
    assert features[COLUMN["window_connections"]] == 4
    assert features[COLUMN["window_failed"]] == 2
    assert features[COLUMN["window_auth_failures"]] == 2
    assert features[COLUMN["window_auth_short"]] == 1


def test_only_bytes_to_external_addresses_count() -> None:
    events = [flow(0, dst="10.9.9.9", orig_bytes=10**6), flow(1, orig_bytes=500), flow(2, orig_bytes=None)]
    assert last(events, "window_external_bytes_out") == 500 + 1300  # the third has bytes with headers only


def test_rhythm_of_a_pair() -> None:
    features = extract([flow(10.0 * beat) for beat in range(30)])[-1]
    assert features[COLUMN["pair_contacts"]] == 30
    assert features[COLUMN["pair_interval_s"]] == pytest.approx(10)
    assert features[COLUMN["pair_deviation_s"]] < 0.01


def test_parallel_connections_are_one_contact() -> None:
    assert last([flow(at / 10) for at in range(10)], "pair_contacts") == 1


def test_other_records_of_a_connection_are_not_counted_again() -> None:
    bare = flow(1)
    bare.flow = compile_struct(Flow)()
    dns = flow(2)
    dns.kind, dns.dns = "dns", compile_struct(Dns)()
    features = extract([flow(0), bare, dns, flow(3)])
    assert np.isnan(features[1:3, COLUMN["window_connections"]]).all()
    assert features[-1, COLUMN["window_connections"]] == 2


def test_partitions_do_not_see_each_other() -> None:
    extractor = FeatureExtractor(window_entities=64)
    events = [flow(0), flow(1), flow(2)]
    features = extractor.extract(table(events), np.array([0, 1, 0], np.int32))
    assert features[:, COLUMN["window_connections"]].tolist() == [1, 1, 2]
    assert features[:, COLUMN["pair_contacts"]].tolist() == [1, 1, 2]


def test_forget_drops_a_partition_and_no_other() -> None:
    extractor = FeatureExtractor(window_entities=64)
    events = [flow(0), flow(1)]
    extractor.observe(table(events), np.array([0, 1], np.int32))
    extractor.forget(0)
    assert extractor.entities == 1
    features = extractor.extract(table(events), np.array([0, 1], np.int32))
    assert features[:, COLUMN["window_connections"]].tolist() == [1, 2]
    assert features[:, COLUMN["pair_contacts"]].tolist() == [1, 1]


def test_observed_events_leave_the_same_windows_as_extracted_ones() -> None:
    events = [flow(at * 3.0, port=at % 3) for at in range(20)]
    told, seen = FeatureExtractor(window_entities=64), FeatureExtractor(window_entities=64)
    told.observe(table(events[:15]), partitions(events[:15]))
    seen.extract(table(events[:15]), partitions(events[:15]))
    tail = events[15:]
    np.testing.assert_array_equal(
        told.extract(table(tail), partitions(tail)), seen.extract(table(tail), partitions(tail))
    )


def test_full_set_gives_up_the_entity_seen_least_recently() -> None:
    extractor = FeatureExtractor(window_entities=kernel.WAYS)  # one set
    events = [flow(at, src=f"10.0.1.{at}") for at in range(kernel.WAYS)]
    again, stranger = flow(9, src="10.0.1.0"), flow(10, src="10.0.2.1")
    probes = [flow(11, src="10.0.1.0"), flow(11, src="10.0.1.1")]
    batch = [*events, again, stranger, *probes]
    features = extractor.extract(table(batch), partitions(batch))
    assert extractor.entities == kernel.WAYS
    assert features[-2, COLUMN["window_connections"]] == 3  # seen again lately: kept
    assert features[-1, COLUMN["window_connections"]] == 1  # the oldest: gone


def test_memory_does_not_grow_with_the_number_of_sources() -> None:
    extractor = FeatureExtractor(window_entities=1024)
    arrays = [array for table in extractor._windows._tables for array in table]
    sizes = [array.nbytes for array in arrays]
    event = flow()
    for block in range(100):
        events = []
        for number in range(2000):
            event = copy.copy(event)
            event.src_ip = f"10.{block}.{number // 250}.{number % 250}"
            events.append(event)
        extractor.observe(table(events), partitions(events))
    assert extractor.entities == 1024
    assert all(a is b for a, b in zip(arrays, (x for t in extractor._windows._tables for x in t), strict=True))
    assert [array.nbytes for array in arrays] == sizes


def test_loop_is_compiled_without_a_cache_where_none_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    njit: Any = numba.njit

    def refuse(*args: object, cache: bool = False, **options: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return njit(*args, **options)

    monkeypatch.setattr(numba, "njit", refuse)

    def double(value: int) -> int:
        return 2 * value

    assert compiled(double)(21) == 42


def test_no_entities_is_refused() -> None:
    with pytest.raises(ValueError, match="window_entities must be at least 1"):
        FeatureExtractor(window_entities=0)
