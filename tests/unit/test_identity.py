"""Identifiers are functions of the record, laid out time first; addresses, times and text are cleaned."""

from __future__ import annotations

from typing import Any
from uuid import RFC_4122, UUID

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letter import Reason, Reject
from schemas.event import MAX_EVENT_TIME, Event, SecurityEvent
from schemas.identity import identifiers, threat_uuids
from schemas.table import tabulate

TIMES = st.floats(0, MAX_EVENT_TIME, exclude_max=True)
DIGESTS = st.integers(0, 2**128 - 1)


def event(**fields: Any) -> SecurityEvent:
    struct: SecurityEvent = msgspec.convert({"kind": "flow", "event_time": 1714979289.25, "flow": {}, **fields}, Event)
    return struct


def complete(struct: SecurityEvent, identity: str | None = None) -> SecurityEvent:
    """Return the event as a table of one row gives it back; raise what is wrong with it."""
    table, rejects = tabulate([struct], {} if identity is None else {0: identity})
    if rejects:
        raise rejects[0]
    return table.identified(0)


def event_uuid(event_time: float, digest: int) -> UUID:
    time_us = np.array([round(event_time * 1e6)])
    return UUID(bytes=identifiers(time_us, [digest.to_bytes(16)]).tobytes())


def reject_of(struct: SecurityEvent) -> Reject:
    with pytest.raises(Reject) as caught:
        complete(struct)
    return caught.value


@given(TIMES, DIGESTS)
def test_an_identifier_is_version_8_with_the_millisecond_first(event_time: float, digest: int) -> None:
    identifier = event_uuid(event_time, digest)
    assert (identifier.version, identifier.variant) == (8, RFC_4122)
    assert identifier.int >> 80 == round(event_time * 1e6) // 1000
    assert event_uuid(event_time, digest) == identifier


@given(TIMES, TIMES, DIGESTS, DIGESTS)
def test_identifiers_sort_by_time(one: float, other: float, digest: int, other_digest: int) -> None:
    ids = (event_uuid(one, digest), event_uuid(other, other_digest))
    milliseconds = (round(one * 1e6) // 1000, round(other * 1e6) // 1000)
    if milliseconds[0] != milliseconds[1]:
        assert (ids[0] < ids[1]) == (milliseconds[0] < milliseconds[1])


def test_each_kept_bit_of_the_digest_counts() -> None:
    kept = [bit for bit in range(128) if event_uuid(1.0, 1 << bit) != event_uuid(1.0, 0)]
    assert len(kept) == 74


def test_a_threat_has_the_time_of_its_event_and_an_identifier_of_its_own() -> None:
    first, second = event_uuid(1714979289.25, 1), event_uuid(1714979289.25, 2)
    threats = threat_uuids([first, second])
    assert threat_uuids([second, first]) == threats[::-1]
    assert len({first, second, *threats}) == 4
    assert threats[0].int >> 80 == first.int >> 80
    assert threats[0].version == 8


def test_the_content_decides_when_there_is_no_identity() -> None:
    assert complete(event(src_ip="10.0.0.1")).event_id == complete(event(src_ip="10.0.0.1")).event_id
    assert complete(event(src_ip="10.0.0.1")).event_id != complete(event(src_ip="10.0.0.2")).event_id


def test_an_identity_decides_alone_with_the_time() -> None:
    assert complete(event(src_ip="10.0.0.1"), "a").event_id == complete(event(src_ip="10.0.0.2"), "a").event_id
    assert complete(event(), "a").event_id != complete(event(), "b").event_id


def test_another_spelling_of_the_same_content_is_the_same_event() -> None:
    one = complete(event(src_ip="2001:DB8:0::1", event_time=1714979289.2500001, flow={"duration_s": 1}))
    other = complete(event(src_ip="2001:db8::1", event_time=1714979289.25, flow={"duration_s": 1.0, "service": None}))
    assert one.event_id == other.event_id


def test_an_identifier_of_the_producer_is_kept() -> None:
    own = UUID("018f4c8d-6a42-7abc-8def-0123456789ab")
    assert complete(event(event_id=str(own)), "identity").event_id == own


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:0DB8:0:0::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("::", "::"),
    ],
)
def test_addresses_take_one_form(text: str, canonical: str) -> None:
    completed = complete(event(src_ip=text, dst_ip=text))
    assert (completed.src_ip, completed.dst_ip) == (canonical, canonical)
    assert complete(event(src_ip=canonical)).src_ip == canonical


@pytest.mark.parametrize(
    "text", ["", "10.0.0", "10.0.0.256", "010.0.0.1x", "host", "fe80::1%eth0", "1::2::3", "1\0", "\u0661"]
)
@pytest.mark.parametrize("field", ["src_ip", "dst_ip"])
def test_what_is_no_address_is_named(field: str, text: str) -> None:
    reject = reject_of(event(**{field: text}))
    assert reject.reason is Reason.INVALID
    assert reject.detail.startswith(f"{field}: {text!r}")


@pytest.mark.parametrize("kind", ["flow", "dns", "http", "tls", "auth", "alert"])
def test_the_section_of_the_kind_must_be_there(kind: str) -> None:
    reject = reject_of(msgspec.convert({"kind": kind, "event_time": 1.0}, Event))
    assert reject.reason is Reason.INVALID
    assert repr(kind) in reject.detail


@pytest.mark.parametrize("event_time", [float("nan"), float("inf"), -1.0, MAX_EVENT_TIME - 1e-7, MAX_EVENT_TIME])
def test_a_time_out_of_bounds_is_rejected(event_time: float) -> None:
    struct = event()
    struct.event_time = event_time  # type: ignore[misc]
    assert reject_of(struct).detail.startswith("event_time: ")


@given(TIMES)
def test_a_time_is_a_number_of_microseconds_and_stays_one(event_time: float) -> None:
    struct = event(event_time=event_time)
    try:
        once = complete(struct).event_time
    except Reject:
        assert event_time > MAX_EVENT_TIME - 1e-5
        return
    assert once == round(once * 1e6) / 1e6
    assert abs(once - event_time) < 1e-6
    assert complete(event(event_time=once)).event_time == once


def test_nul_becomes_visible_everywhere_and_nothing_else_changes() -> None:
    completed = complete(event(user="a\0b", host="\\u0000", dns={"answers": ["\0", "x"]}))
    assert completed.user == "a\u2400b"
    assert completed.host == "\\u0000"
    assert completed.dns is not None
    assert completed.dns.answers == ["\u2400", "x"]
    assert completed.event_id is not None
