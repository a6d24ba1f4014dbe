from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import FEATURES, FeatureExtractor
from schemas.event import KINDS, MAX_EVENT_TIME, Event, Flow
from schemas.formats import decode_record
from schemas.formats.parquet import read_flows
from schemas.struct import compile_struct
from tests.unit.model_events import COLUMN, NOON, extract, flow, table

GOLDEN = Path(__file__).parents[1] / "golden" / "features" / "vectors.json"
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "flows" / "train.parquet"

maybe = st.none
count = maybe() | st.integers(0, 2**63 - 1)
seconds = maybe() | st.floats(0, MAX_EVENT_TIME)
address = maybe() | st.ip_addresses().map(str)
word = maybe() | st.text(max_size=64)
flow_sections = st.fixed_dictionaries(
    {
        "duration_s": seconds,
        **dict.fromkeys(
            ("orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes"), count
        ),
        "conn_state": st.sampled_from([None, "SF", "S0", "REJ", "RSTO", "OTH", "", "nonsense"]),
    }
)
documents = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "event_time": st.floats(0, MAX_EVENT_TIME - 1),
        "src_ip": address,
        "dst_ip": address,
        "src_port": maybe() | st.integers(0, 65_535),
        "dst_port": maybe() | st.integers(0, 65_535),
        "proto": st.sampled_from([None, "tcp", "udp", "icmp", "icmp6", "sctp", ""]),
        "user": word,
        "flow": maybe() | flow_sections,
        "auth": maybe()
        | st.fixed_dictionaries({"outcome": st.sampled_from([None, "success", "failure"]), "attempts": count}),
        "alert": maybe() | st.fixed_dictionaries({"severity": maybe() | st.integers(1, 4)}),
    }
)


def event_of(document: dict[str, Any]) -> Any:
    """Return the event, with the section of its kind."""
    kind = document["kind"]
    return msgspec.convert({**document, kind: document.get(kind) or {}}, Event)


events = documents.map(event_of)


def test_names_are_unique_and_explained() -> None:
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
    assert all(feature.unit and feature.description for feature in FEATURES)


@given(st.lists(events, max_size=20))
def test_any_valid_event_gives_finite_numbers_or_missing(batch: list[Any]) -> None:
    features = extract(batch)
    assert features.shape == (len(batch), len(FEATURES))
    assert features.dtype == np.float32
    assert not np.isinf(features).any()


@settings(max_examples=50)
@given(st.lists(events, max_size=20), st.integers(1, 7))
def test_how_events_are_split_into_batches_makes_no_difference(batch: list[Any], size: int) -> None:
    extractor = FeatureExtractor(window_entities=4096)
    parts = [batch[start : start + size] for start in range(0, len(batch), size)]
    pieces = [extractor.extract(table(part), np.zeros(len(part), np.int32)) for part in parts]
    whole = extract(batch)
    np.testing.assert_array_equal(np.concatenate([np.empty((0, len(FEATURES))), *pieces]), whole)


def test_missing_is_not_zero() -> None:
    features = extract([flow(duration_s=None, orig_bytes=None, conn_state=None, resp_pkts=0)])[0]
    missing = ("duration_s", "orig_bytes", "orig_bytes_per_pkt", "pkt_interval_s", "state_completed", "state_rejected")
    for name in missing:
        assert np.isnan(features[COLUMN[name]]), name
    assert features[COLUMN["resp_pkts"]] == 0


def test_event_without_counters_has_no_flow_features() -> None:
    event = flow()
    event.flow = compile_struct(Flow)()
    assert np.isnan(extract([event])).all()


def test_ratios_and_flags_of_a_flow() -> None:
    features = extract([flow(orig_ip_bytes=300, resp_ip_bytes=100, orig_pkts=3, resp_pkts=1, duration_s=6.0)])[0]
    expected = {
        "byte_balance": 0.5,
        "pkt_balance": 0.5,
        "orig_ip_bytes_per_pkt": 100,
        "pkt_interval_s": 2,
        "state_completed": 1,
        "state_unanswered": 0,
        "proto_tcp": 1,
        "port_web": 1,
        "port_high": 0,
        "dst_group": 0,
        "event_external": 1,
    }
    assert {name: float(features[COLUMN[name]]) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("dst", "external", "group"),
    [("10.1.2.3", 0, 0), ("8.8.8.8", 1, 0), ("239.255.255.250", 0, 1), ("ff02::fb", 0, 1), ("2606:4700::1111", 1, 0)],
)
def test_scope_of_the_destination(dst: str, external: int, group: int) -> None:
    features = extract([flow(dst=dst)])[0]
    assert (features[COLUMN["event_external"]], features[COLUMN["dst_group"]]) == (external, group)


def golden() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads(GOLDEN.read_text())
    return cases


def vector(case: dict[str, Any]) -> list[float | None]:
    return [case["features"].get(feature.name) for feature in FEATURES]


def test_rows_of_a_training_file_give_the_golden_vectors(tmp_path: Path) -> None:
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.Table.from_pylist([case["row"] for case in golden()]), path)
    trained = extract([labelled.event for labelled in read_flows(path)])
    assert_golden(trained)


def test_records_of_the_stream_give_the_golden_vectors(tmp_path: Path) -> None:
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.Table.from_pylist([case["row"] for case in golden()]), path)
    records = [msgspec.json.encode(labelled.event) for labelled in read_flows(path)]
    served = extract([decode_record(record).events[0] for record in records])
    assert_golden(served)


def assert_golden(features: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    expected = np.array([vector(case) for case in golden()], np.float32)
    np.testing.assert_allclose(features, expected, rtol=1e-6, equal_nan=True)


@pytest.mark.skipif(not REAL.is_file(), reason="the labelled flows are not beside the checkout")
def test_real_rows_are_served_as_they_are_trained() -> None:
    rows = [labelled.event for labelled, _ in zip(read_flows(REAL), range(2000), strict=False)]
    served = [decode_record(msgspec.json.encode(event)).events[0] for event in rows]
    np.testing.assert_array_equal(extract(served), extract(rows))


def test_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.table({"ts": [NOON]}), path)
    with pytest.raises(ValueError, match=r"flows\.parquet: no column src_ip"):
        next(read_flows(path))


def test_row_that_breaks_the_contract_is_named(tmp_path: Path) -> None:
    row = golden()[0]["row"]
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.Table.from_pylist([row, row | {"dst_port": 70_000}]), path)
    with pytest.raises(ValueError, match=r"flows\.parquet: row 1: .*dst_port"):
        list(read_flows(path))


def test_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "flows.parquet"
    path.write_bytes(b"ts,src_ip\n")
    with pytest.raises(ValueError, match=r"flows\.parquet: not a parquet file"):
        next(read_flows(path))


def test_golden_vectors_hold_what_they_are_said_to() -> None:
    first = golden()[0]["features"]
    assert math.isclose(first["orig_bytes_per_pkt"], 360 / 6)
    assert first["window_connections"] == 1
