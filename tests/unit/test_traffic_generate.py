"""The generated stream: the same again, in order, valid, mixed as described, and attacks that look like attacks."""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from itertools import islice, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironcore.traffic.attacks import BEACON_JITTER, BEACON_PERIOD_S
from ironcore.traffic.generate import ATTACK_SHARE, LABELS, Labelled, generate
from ironcore.traffic.record import native_record
from schemas.event import SecurityEvent
from schemas.formats import decode_record

START = 1_700_000_000.0


@pytest.fixture(scope="module")
def half_a_minute() -> list[Labelled]:
    return list(generate(7, START, 30.0, 1000.0))


def _flows(events: list[Labelled], label: str) -> list[dict[str, object]]:
    return [item.event for item in events if item.label == label and item.event["kind"] == "flow"]


def test_a_seed_gives_the_same_bytes_again_and_another_seed_others() -> None:
    def written(seed: int) -> bytes:
        return msgspec.json.encode(list(generate(seed, START, 5.0, 500.0)))

    assert written(3) == written(3)
    assert written(3) != written(4)


def test_a_longer_run_begins_as_the_shorter_one() -> None:
    short = list(generate(3, START, 4.0, 300.0))
    assert list(islice(generate(3, START, math.inf, 300.0), len(short))) == short


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), rate=st.floats(1.0, 5000.0), start=st.floats(0.0, 2e9))
def test_events_keep_the_contract_and_the_order_of_time(seed: int, rate: float, start: float) -> None:
    items = list(islice(generate(seed, start, 20.0, rate), 3000))
    for item in items:
        SecurityEvent.model_validate_json(msgspec.json.encode(item.event))
        assert item.event[item.event["kind"]]
    times = [item.event["event_time"] for item in items]
    assert all(a <= b for a, b in pairwise(times))
    assert all(round(start, 6) <= at < start + 20.0 for at in times)


def test_every_record_decodes_to_one_event_of_its_own(half_a_minute: list[Labelled]) -> None:
    decoded = [decode_record(r.value, r.headers) for r in (native_record(item.event) for item in half_a_minute)]
    assert not any(found.rejects for found in decoded)
    assert len({found.events[0].event_id for found in decoded}) == len(half_a_minute)


def test_the_mix_is_as_described(half_a_minute: list[Labelled]) -> None:
    count = Counter(item.label for item in half_a_minute)
    assert set(count) == set(LABELS)
    assert len(half_a_minute) == pytest.approx(30_000, rel=0.05)
    assert 1 - count["benign"] / len(half_a_minute) == pytest.approx(ATTACK_SHARE, abs=0.01)
    assert {item.event["kind"] for item in half_a_minute} == {"flow", "dns", "http", "tls", "auth"}


@pytest.mark.parametrize("label", ["scan", "brute_force", "exfiltration", "flood"])
def test_each_burst_comes_twice_in_half_a_minute(half_a_minute: list[Labelled], label: str) -> None:
    times = [item.event["event_time"] for item in half_a_minute if item.label == label]
    assert sum(b - a > 5.0 for a, b in pairwise(times)) == 1


def test_the_office_is_an_office(half_a_minute: list[Labelled]) -> None:
    flows = [event["flow"] for event in _flows(half_a_minute, "benign")]
    services = {flow.get("service") for flow in flows}  # type: ignore[attr-defined]
    assert {"dns", "ssl", "http", "gssapi,smb", "krb_tcp", "ldap", "ntp", "ssh", "smtp", None} <= services
    names = {item.event["tls"].get("server_name") for item in half_a_minute if item.event["kind"] == "tls"}
    assert 200 < len(names) < 400
    received = sorted(flow.get("resp_bytes") or 0 for flow in flows)  # type: ignore[attr-defined]
    assert received[-1] > 1000 * received[len(received) // 2], "sizes have a heavy tail"


def test_what_the_sensor_cannot_know_is_missing(half_a_minute: list[Labelled]) -> None:
    unanswered = [e["flow"] for e in _flows(half_a_minute, "flood")]
    for flow in unanswered:
        assert flow["conn_state"] == "S0"  # type: ignore[index]
        assert not {"duration_s", "orig_bytes", "resp_bytes"} & set(flow)  # type: ignore[call-overload]


def test_hosts_work_no_faster_in_a_larger_stream() -> None:
    def busiest(rate: float) -> int:
        return Counter(i.event["src_ip"] for i in generate(1, START, 10.0, rate) if i.label == "benign").most_common(1)[
            0
        ][1]

    assert busiest(4000.0) < 2 * busiest(400.0)


def test_a_scan_probes_many_targets_and_hardly_gets_through(half_a_minute: list[Labelled]) -> None:
    flows = _flows(half_a_minute, "scan")
    for source in {flow["src_ip"] for flow in flows}:
        probes = [flow for flow in flows if flow["src_ip"] == source]
        assert len({(p["dst_ip"], p["dst_port"]) for p in probes}) == len(probes) >= 100
        assert sum(p["flow"]["conn_state"] in {"S0", "REJ"} for p in probes) > 0.9 * len(probes)  # type: ignore[index]


def test_a_brute_force_fails_again_and_again_at_one_service(half_a_minute: list[Labelled]) -> None:
    tries = [i.event for i in half_a_minute if i.label == "brute_force" and i.event["kind"] == "auth"]
    assert {event["auth"]["outcome"] for event in tries} == {"failure"}
    assert min(Counter((e["src_ip"], e["dst_ip"], e["dst_port"]) for e in tries).values()) >= 30


def test_a_beacon_keeps_its_period(half_a_minute: list[Labelled]) -> None:
    calls = _flows(half_a_minute, "beacon")
    calls = [call for call in calls if call["proto"] == "tcp"]
    for pair in {(call["src_ip"], call["dst_ip"]) for call in calls}:
        times = [float(str(c["event_time"])) for c in calls if (c["src_ip"], c["dst_ip"]) == pair]
        gaps = [b - a for a, b in pairwise(times)]
        assert len(gaps) >= 8
        assert all(abs(gap / BEACON_PERIOD_S - 1) <= BEACON_JITTER + 1e-3 for gap in gaps)


def test_exfiltration_sends_far_more_than_it_gets_to_an_address_outside(half_a_minute: list[Labelled]) -> None:
    for event in _flows(half_a_minute, "exfiltration"):
        flow = event["flow"]
        assert flow["orig_bytes"] > 100 * flow["resp_bytes"]  # type: ignore[index]
        assert ipaddress.ip_address(str(event["dst_ip"])).is_global


@pytest.mark.parametrize(
    ("seed", "start", "duration_s", "rate"),
    [(-1, START, 1.0, 1.0), (1, -1.0, 1.0, 1.0), (1, 5e9, 1.0, 1.0), (1, START, -1.0, 1.0), (1, START, 1.0, 0.0),
     (1, START, 1.0, math.inf), (1, START, math.nan, 1.0)],
)  # fmt: skip
def test_arguments_out_of_range_are_refused_at_once(seed: int, start: float, duration_s: float, rate: float) -> None:
    with pytest.raises(ValueError, match=r"stream|start"):
        generate(seed, start, duration_s, rate)
