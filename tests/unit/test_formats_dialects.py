"""What the dialects do with the odd, the broken and the excessive."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest

from schemas.dead_letter import Reason, Reject
from schemas.event import SecurityEvent
from schemas.formats import decode_record
from schemas.formats.suricata_types import conn_state

ZEEK = {"_path": "conn", "ts": 1714979289.25, "uid": "C1", "id.orig_h": "10.0.0.3", "proto": "tcp"}
EVE = {
    "timestamp": "2024-05-06T09:08:09+0200",
    "flow_id": 7,
    "src_ip": "10.0.0.4",
    "dest_ip": "10.0.0.5",
    "proto": "UDP",
}
OCSF = {"class_uid": 4001, "time": 1714979289250, "src_endpoint": {"ip": "10.0.0.6"}}
ECS = {"@timestamp": "2024-05-06T07:08:09Z", "event": {"category": "network"}, "source": {"ip": "10.0.0.7"}}


def event_of(record: dict[str, Any]) -> SecurityEvent:
    decoded = decode_record(json.dumps(record).encode())
    assert decoded.rejects == []
    return decoded.events[0]


def reject_of(record: dict[str, Any]) -> Reject:
    decoded = decode_record(json.dumps(record).encode())
    assert decoded.events == []
    return decoded.rejects[0]


def test_long_text_of_a_sensor_is_cut_at_the_limit_of_the_contract() -> None:
    record = {**ZEEK, "_path": "http", "uri": "/" + "a" * 9000, "method": "X" * 65, "host": "\U0001f600" * 600}
    http = event_of(record).http
    assert http is not None
    assert http.uri == "/" + "a" * 4095
    assert http.method == "X" * 64
    assert http.host == "\U0001f600" * 512


def test_a_long_list_of_answers_is_cut() -> None:
    dns = event_of({**ZEEK, "_path": "dns", "query": "q", "answers": ["a" * 600] * 300}).dns
    assert dns is not None
    assert dns.answers == ["a" * 512] * 256


def test_numbers_in_text_and_integral_floats_are_read() -> None:
    event = event_of({**ZEEK, "ts": "1714979289.25", "id.orig_p": "80", "orig_bytes": 12.0, "duration": "1.5"})
    assert event.event_time == 1714979289.25
    assert event.src_port == 80
    assert event.flow is not None
    assert (event.flow.orig_bytes, event.flow.duration_s) == (12, 1.5)


@pytest.mark.parametrize(
    ("record", "detail"),
    [
        ({**ZEEK, "id.orig_p": 70_000}, "zeek: Expected `int` <= 65535 - at `$.src_port`"),
        ({**ZEEK, "duration": -1}, "zeek: Expected `float` >= 0.0 - at `$.flow.duration_s`"),
        ({**ZEEK, "orig_bytes": 1.5}, "zeek: Expected `int | null`, got `float` - at `$.flow.orig_bytes`"),
        ({**ZEEK, "id.orig_h": "10.0.0.400"}, "zeek: src_ip: '10.0.0.400' is not an IPv4 or IPv6 address"),
        ({**ZEEK, "ts": "yesterday"}, "zeek: ts: 'yesterday' is no time"),
        ({**ZEEK, "ts": [1]}, "zeek: ts: neither a number nor text"),
        ({"_path": "conn", "uid": "C1"}, "zeek: ts: missing"),
        ({**EVE, "event_type": "alert"}, "suricata: alert: missing"),
        ({**EVE, "event_type": "alert", "alert": 5}, "suricata: alert: expected an object"),
        ({**EVE, "event_type": "flow", "flow": {"start": "soon"}}, "suricata: flow.start: 'soon' is no time"),
        ({**OCSF, "time": None}, "ocsf: time: missing"),
        ({**ECS, "@timestamp": "today"}, "ecs: @timestamp: 'today' is no time"),
        ({**ECS, "source": {"ip": "nowhere"}}, "ecs: src_ip: 'nowhere' is not an IPv4 or IPv6 address"),
    ],
)
def test_an_impossible_value_is_named(record: dict[str, Any], detail: str) -> None:
    reject = reject_of(record)
    assert (reject.reason, reject.detail) == (Reason.INVALID, detail)


@pytest.mark.parametrize(
    "record",
    [
        {**ZEEK, "_path": "capture_loss"},
        {**EVE, "event_type": "stats", "stats": {"uptime": 5}},
        {**OCSF, "class_uid": 2004},
        {**ECS, "event": {"category": "process"}, "source": {}},
    ],
)
def test_a_kind_of_record_that_is_not_carried_is_unsupported(record: dict[str, Any]) -> None:
    assert reject_of(record).reason is Reason.UNSUPPORTED


def test_a_zeek_record_of_an_unknown_stream_asks_for_its_name() -> None:
    reject = reject_of({"ts": 1.0, "uid": "C1", "id.orig_h": "10.0.0.1"})
    assert reject.reason is Reason.UNKNOWN_FORMAT
    assert "ironcore-zeek-stream" in reject.detail


def test_a_header_names_the_stream_of_a_zeek_record() -> None:
    value = json.dumps({"ts": 1.0, "uid": "C1", "id.orig_h": "10.0.0.1"}).encode()
    (event,) = decode_record(value, [("ironcore-zeek-stream", b"ntp")]).events
    assert event.flow is not None
    assert event.flow.service == "ntp"


def test_zeek_records_of_one_connection_and_moment_stay_apart() -> None:
    asked = {**ZEEK, "_path": "dns", "trans_id": 1, "query": "a.example"}
    variants = [
        asked,
        {**asked, "trans_id": 2},
        {**asked, "query": "b.example"},
        {**asked, "rtt": 0.002},
        {**ZEEK, "_path": "http", "trans_depth": 1},
        {**ZEEK, "_path": "http", "trans_depth": 2},
        {**ZEEK, "_path": "dce_rpc", "operation": "one"},
        {**ZEEK, "_path": "dce_rpc", "operation": "two"},
        {**ZEEK, "_path": "weird", "name": "one"},
        {**ZEEK, "_path": "weird", "name": "two"},
        ZEEK,
        {**ZEEK, "_path": "conn_long"},
        {**ZEEK, "ts": ZEEK["ts"] + 1e-6},  # type: ignore[operator]
        {**ZEEK, "uid": "C2"},
    ]
    assert len({event_of(record).event_id for record in variants}) == len(variants)


def test_suricata_records_of_one_flow_and_moment_stay_apart() -> None:
    alert, dns = {"gid": 1, "signature_id": 1, "severity": 1}, {"type": "query", "id": 1, "rrname": "a", "rrtype": "A"}
    variants: list[dict[str, Any]] = [
        {**EVE, "event_type": "alert", "alert": alert},
        {**EVE, "event_type": "alert", "alert": {**alert, "signature_id": 2}},
        {**EVE, "event_type": "alert", "alert": alert, "tx_id": 1},
        {**EVE, "event_type": "dns", "dns": dns},
        {**EVE, "event_type": "dns", "dns": {**dns, "type": "answer"}},
        {**EVE, "event_type": "dns", "dns": {**dns, "rrtype": "AAAA"}},
        {**EVE, "event_type": "http", "tx_id": 0, "http": {}},
        {**EVE, "event_type": "http", "tx_id": 1, "http": {}},
        {**EVE, "event_type": "fileinfo", "fileinfo": {"filename": "a"}},
        {**EVE, "event_type": "fileinfo", "fileinfo": {"filename": "b"}},
        {**EVE, "event_type": "http", "tx_id": 0, "http": {}, "host": "another sensor"},
    ]
    assert len({event_of(record).event_id for record in variants}) == len(variants)


@pytest.mark.parametrize(
    ("proto", "answered", "to_server", "to_client", "state"),
    [
        ("UDP", 0, None, None, "S0"),
        ("UDP", 3, None, None, "SF"),
        ("ICMP", 3, None, None, None),
        ("TCP", 3, None, None, None),
        ("TCP", 0, "02", "00", "S0"),
        ("TCP", 0, "c2", "00", "S0"),
        ("TCP", 0, "03", "00", None),
        ("TCP", 1, "02", "14", "REJ"),
        ("TCP", 9, "1b", "1b", "SF"),
        ("TCP", 9, "1e", "1a", "RSTO"),
        ("TCP", 9, "1b", "1e", "RSTR"),
        ("TCP", 9, "1e", "1e", None),
        ("TCP", 9, "1a", "12", "S1"),
        ("TCP", 9, "1b", "12", None),
        ("TCP", 9, "18", "18", None),
    ],
)
def test_the_state_of_a_suricata_flow_is_zeeks_where_it_is_clear(
    proto: str, answered: int, to_server: str | None, to_client: str | None, state: str | None
) -> None:
    tcp = {"tcp_flags_ts": to_server, "tcp_flags_tc": to_client} if to_server else None
    assert conn_state({"proto": proto, "tcp": tcp}, {"pkts_toclient": answered}) == state


def test_a_severity_beyond_four_is_the_lowest() -> None:
    alert = event_of({**EVE, "event_type": "alert", "alert": {"severity": 9}}).alert
    assert alert is not None
    assert alert.severity == 4


@pytest.mark.parametrize(
    ("record", "protocol"),
    [({**EVE, "event_type": "tls", "tls": {}, "proto": "IPv6-ICMP"}, "icmp"), ({**ZEEK, "proto": "TCP"}, "tcp")],
)
def test_protocols_are_zeeks_in_lower_case(record: dict[str, Any], protocol: str) -> None:
    assert event_of(record).proto == protocol


@pytest.mark.parametrize(
    ("time", "expected"),
    [(1714979289, 1714979289.0), (1714979289250, 1714979289.25), ("2024-05-06T07:08:09Z", 1714979289.0)],
)
def test_ocsf_counts_in_milliseconds_or_seconds(time: Any, expected: float) -> None:
    record = {**OCSF, "time": time} if isinstance(time, int) else {**OCSF, "time": None, "time_dt": time}
    assert event_of(record).event_time == expected


def test_iso_times_without_an_offset_are_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert event_of({**ZEEK, "ts": "2024-05-06T07:08:09"}).event_time == 1714979289.0
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_time_that_a_header_promises_is_missed() -> None:
    value = json.dumps({"event.category": "network", "source.ip": "10.0.0.7"}).encode()
    (reject,) = decode_record(value, [("ironcore-format", b"ecs")]).rejects
    assert (reject.reason, reject.detail) == (Reason.INVALID, "ecs: @timestamp: missing")


def test_keys_of_msgpack_that_are_no_text_are_told() -> None:
    (reject,) = decode_record(msgspec.msgpack.encode({**OCSF, "unmapped": {7: 1}})).rejects
    assert (reject.reason, reject.detail) == (Reason.INVALID, "ocsf: a key is not text")


def test_a_count_of_zero_is_kept() -> None:
    event = event_of({**ECS, "event": {"category": "authentication"}, "source": {"bytes": 0}})
    assert event.flow is not None
    assert event.flow.orig_ip_bytes == 0
