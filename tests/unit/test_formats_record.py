"""Records as envelopes: encodings, batches, headers, limits; one bad element never harms its neighbours."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from schemas.dead_letter import Headers, Reason
from schemas.formats import CONTENT_TYPES, MAX_ELEMENTS, decode_record, decode_records

FLOW = {"kind": "flow", "event_time": 1714979289.25, "src_ip": "10.0.0.1", "flow": {"orig_bytes": 5}}
DNS = {"kind": "dns", "event_time": 1714979290.5, "src_ip": "10.0.0.2", "dns": {"query": "example.org"}}
ZEEK = {"_path": "dns", "ts": 1714979289.25, "uid": "C1", "id.orig_h": "10.0.0.3", "query": "example.org"}
EVE = {"event_type": "tls", "timestamp": "2024-05-06T09:08:09+0200", "src_ip": "10.0.0.4", "tls": {"sni": "a.example"}}
JSON_TYPE: Headers = [("content-type", b"application/json; charset=UTF-8")]
LINES_TYPE: Headers = [("content-type", b"application/x-ndjson")]


def dumps(value: Any) -> bytes:
    return json.dumps(value).encode()


def lines(*values: Any) -> bytes:
    return b"\n".join(map(dumps, values)) + b"\n"


def ids(value: bytes, headers: Headers = ()) -> list[Any]:
    decoded = decode_record(value, headers)
    assert decoded.rejects == []
    return [event.event_id for event in decoded.events]


def rejected(value: bytes | None, headers: Headers = (), **limits: int) -> tuple[Reason, str]:
    decoded = decode_record(value, headers, **limits)
    assert decoded.events == []
    assert len(decoded.rejects) == 1
    return decoded.rejects[0].reason, decoded.rejects[0].detail


def test_an_event_has_one_identifier_in_every_encoding_and_batch() -> None:
    alone = ids(dumps(FLOW))
    assert alone[0] is not None
    assert ids(msgspec.msgpack.encode(FLOW)) == alone
    assert ids(dumps(dict(reversed(FLOW.items())))) == alone
    assert ids(json.dumps(FLOW, indent=2).encode()) == alone
    assert ids(b"\xef\xbb\xbf \n" + dumps(FLOW)) == alone
    assert ids(dumps([DNS, FLOW]))[1:] == alone
    assert ids(lines(DNS, FLOW))[1:] == alone
    assert ids(msgspec.msgpack.encode([DNS, FLOW]))[1:] == alone


def test_a_batch_may_mix_dialects_and_keeps_its_order() -> None:
    for value in (
        dumps([FLOW, ZEEK, EVE, DNS]),
        lines(FLOW, ZEEK, EVE, DNS),
        msgspec.msgpack.encode([FLOW, ZEEK, EVE, DNS]),
    ):
        decoded = decode_record(value)
        assert [event.src_ip for event in decoded.events] == ["10.0.0.1", "10.0.0.3", "10.0.0.4", "10.0.0.2"]


@pytest.mark.parametrize("encode", [dumps, msgspec.msgpack.encode])
def test_bad_elements_are_named_by_position_and_good_ones_survive(encode: Any) -> None:
    bad_address = {**FLOW, "src_ip": "10.0.0.300"}
    decoded = decode_record(encode([FLOW, {**FLOW, "src_port": 70_000}, 5, {"a": 1}, bad_address, [], ZEEK, DNS]))
    assert [event.kind for event in decoded.events] == ["flow", "dns", "dns"]
    assert [(reject.reason, reject.detail[:10]) for reject in decoded.rejects] == [
        (Reason.INVALID, "element 2:"),
        (Reason.UNKNOWN_FORMAT, "element 3:"),
        (Reason.UNKNOWN_FORMAT, "element 4:"),
        (Reason.INVALID, "element 5:"),
        (Reason.UNKNOWN_FORMAT, "element 6:"),
    ]
    assert "src_ip: '10.0.0.300'" in decoded.rejects[3].detail


def test_a_batch_of_native_events_with_a_wrong_address_loses_that_one_alone() -> None:
    decoded = decode_record(dumps([FLOW, {**FLOW, "dst_ip": "x"}, DNS]))
    assert len(decoded.events) == 2
    assert decoded.rejects[0].detail == "element 2: dst_ip: 'x' is not an IPv4 or IPv6 address"


def test_bad_lines_are_named_by_their_number() -> None:
    value = b"\n".join([dumps(FLOW), b"", b'{"kind": ', dumps({**DNS, "event_time": "now"}), dumps(DNS)])
    for headers in ((), LINES_TYPE):
        decoded = decode_record(value, headers)
        assert [event.kind for event in decoded.events] == ["flow", "dns"]
        assert [reject.detail.partition(":")[0] for reject in decoded.rejects] == ["line 3", "line 4"]
        assert [reject.reason for reject in decoded.rejects] == [Reason.MALFORMED, Reason.INVALID]


@pytest.mark.parametrize("value", [None, b"", b" \n\t", b"[]", b"\x90", b"[ ]"])
def test_nothing_is_empty(value: bytes | None) -> None:
    assert rejected(value)[0] is Reason.EMPTY


def test_lines_that_are_all_blank_are_empty() -> None:
    assert rejected(b"\n \n", LINES_TYPE)[0] is Reason.EMPTY


def test_a_long_record_is_not_looked_at() -> None:
    value = dumps(FLOW)
    assert decode_record(value, max_bytes=len(value)).rejects == []
    assert rejected(value, max_bytes=len(value) - 1) == (
        Reason.TOO_LARGE,
        f"{len(value)} bytes, at most {len(value) - 1} are accepted",
    )


@pytest.mark.parametrize("join", [lambda items: b"[" + b",".join(items) + b"]", b"\n".join])
def test_a_batch_is_bounded(join: Any) -> None:
    assert len(decode_record(join([b"{}"] * MAX_ELEMENTS)).rejects) == MAX_ELEMENTS
    assert (
        rejected(join([b"{}"] * (MAX_ELEMENTS + 1)), LINES_TYPE if join([b"", b""]) == b"\n" else ())[0]
        is Reason.TOO_LARGE
    )


@pytest.mark.parametrize(
    "value",
    [
        b'{"kind": "flow", "event_time": 1',
        b'{"kind": "flow", "event_time": NaN, "flow": {}}',
        b'{"kind": "flow", "event_time": 1, "flow": {"duration_s": Infinity}}',
        b'{"user": "\xff"}',
        b"<xml/>",
        b"plain text",
        b"\x82\xa4kind",
        b"\xdd\xff\xff\xff\xff",
        b"\xc1",
    ],
)
def test_what_is_not_well_formed_is_malformed(value: bytes) -> None:
    assert rejected(value)[0] is Reason.MALFORMED


@pytest.mark.parametrize(("open_", "close"), [(b"[", b"]"), (b'{"a":', b"}"), (b"\x91", b""), (b"\x81\xa1a", b"")])
def test_deep_nesting_is_malformed(open_: bytes, close: bytes) -> None:
    reason, detail = rejected(open_ * 100_000 + b"1" + close * 100_000)
    assert reason is Reason.MALFORMED
    assert "nested too deep" in detail


def test_deep_nesting_within_a_batch_spoils_no_neighbour() -> None:
    deep = b'{"event_type":"tls","timestamp":"2024-05-06T09:08:09Z","tls":' + b"[" * 900 + b"]" * 900 + b"}"
    decoded = decode_record(b"[" + dumps(FLOW) + b"," + deep + b"]")
    assert len(decoded.events) == 1
    assert decoded.rejects[0].detail.startswith("element 2: ")


def test_a_number_that_is_none_is_invalid_in_msgpack() -> None:
    for bad in (float("nan"), float("inf")):
        assert rejected(msgspec.msgpack.encode({**FLOW, "event_time": bad}))[0] is Reason.INVALID
        assert rejected(msgspec.msgpack.encode({**ZEEK, "ts": bad}))[0] is Reason.INVALID
        assert rejected(msgspec.msgpack.encode({**ZEEK, "rtt": bad}))[0] is Reason.INVALID


@pytest.mark.parametrize("value", [b"1", b'"text"', b"true", b"null", b"{}", b'{"a": 1}', b"\x80"])
def test_what_is_well_formed_but_unknown_is_told_so(value: bytes) -> None:
    assert rejected(value)[0] is Reason.UNKNOWN_FORMAT


def test_a_broken_native_event_is_told_in_native_terms() -> None:
    reason, detail = rejected(dumps({**FLOW, "src_port": "80"}))
    assert reason is Reason.INVALID
    assert detail == "native: Expected `int | null`, got `str` - at `$.src_port`"
    assert "missing required field `kind`" in rejected(dumps({"event_time": 1.0}))[1]
    assert "unknown field `colour`" in rejected(dumps({**FLOW, "colour": "red"}))[1]
    assert "Expected `str` of length <= 512" in rejected(dumps({**FLOW, "user": "a" * 513}))[1]


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_each_content_type_is_read(content_type: str) -> None:
    value = msgspec.msgpack.encode(FLOW) if "msgpack" in content_type else dumps(FLOW)
    assert ids(value, [("traceparent", b"00-1"), ("content-type", content_type.upper().encode())]) == ids(dumps(FLOW))


def test_a_content_type_is_taken_at_its_word() -> None:
    assert rejected(msgspec.msgpack.encode(FLOW), JSON_TYPE)[0] is Reason.MALFORMED
    assert rejected(dumps(FLOW), [("content-type", b"application/msgpack")])[0] is Reason.MALFORMED
    assert rejected(lines(FLOW, DNS), JSON_TYPE)[0] is Reason.MALFORMED
    reason, detail = rejected(dumps(FLOW), [("content-type", b"text/csv")])
    assert reason is Reason.UNKNOWN_FORMAT
    assert "'text/csv'" in detail


def test_a_format_header_beats_what_the_keys_say() -> None:
    reason, detail = rejected(dumps(ZEEK), [("ironcore-format", b"suricata")])
    assert reason is Reason.UNSUPPORTED
    assert detail.startswith("suricata: ")
    assert rejected(dumps(ZEEK), [("ironcore-format", b"native")])[1].startswith("native: ")
    assert rejected(dumps(FLOW), [("ironcore-format", b"zeek")])[1].startswith("zeek: ")
    assert rejected(dumps(ZEEK), [("ironcore-format", b"syslog")])[0] is Reason.UNKNOWN_FORMAT


def test_the_last_of_repeated_headers_counts() -> None:
    assert ids(dumps(FLOW), [("ironcore-format", b"zeek"), ("ironcore-format", b"native")]) == ids(dumps(FLOW))


def test_a_header_without_a_value_says_nothing() -> None:
    assert ids(dumps(FLOW), [("content-type", b""), ("ironcore-format", b"")]) == ids(dumps(FLOW))


def test_no_records_are_no_events() -> None:
    decoded = decode_records([], max_bytes=100)
    assert (len(decoded.table), decoded.record_numbers.tolist(), dict(decoded.rejects)) == (0, [], {})
