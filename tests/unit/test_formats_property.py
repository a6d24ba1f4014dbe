"""Whatever the bytes: decoding never raises, accounts for every element, and repeats itself."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.dead_letter import Headers
from schemas.event import MAX_EVENT_TIME, Event
from schemas.formats import CONTENT_TYPES, FORMATS, decode_record

GOLDEN = Path(__file__).parents[1] / "golden" / "formats"
RECORDS = [case["record"] for path in sorted(GOLDEN.glob("*.json")) for case in json.loads(path.read_text())]
_ENCODER = msgspec.json.Encoder()

texts = st.text('aZ7 -%:.\0"\\\u00e9\U0001f600', max_size=8)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), texts, st.binary(max_size=4)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
headers = st.lists(
    st.tuples(
        st.sampled_from(["content-type", "ironcore-format", "ironcore-zeek-stream", "traceparent"]),
        st.one_of(
            st.sampled_from([name.encode() for name in (*CONTENT_TYPES, *FORMATS, "conn", "files")]),
            st.binary(max_size=6),
        ),
    ),
    max_size=2,
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Return a valid record, some of whose values (also within its objects) are replaced or gone."""
    record = json.loads(json.dumps(draw(st.sampled_from(RECORDS))))
    for _ in range(draw(st.integers(1, 3))):
        place = record
        while True:
            key = draw(st.sampled_from(sorted(place)))
            if not (isinstance(place[key], dict) and place[key] and draw(st.booleans())):
                break
            place = place[key]
        if draw(st.booleans()):
            place[key] = draw(values)
        elif len(place) > 1:
            del place[key]
    return dict(record)


def _decode(value: bytes, of: Headers = ()) -> int:
    """Decode twice and return how many elements were accounted for."""
    decoded, again = decode_record(value, of), decode_record(value, of)
    assert decoded.events == again.events
    assert all(event.event_id is not None for event in decoded.events)
    assert not [reject for reject in decoded.rejects if re.search(r": unexpected \w+: ", reject.detail)]
    for event in decoded.events:
        msgspec.convert(msgspec.to_builtins(event), Event)  # what comes out satisfies the contract
    return len(decoded.events) + len(decoded.rejects)


@given(st.binary(max_size=64), headers)
@example(b"\xdf\xff\xff\xff\xff", [])
@example(b"\x81\x01\x02", [])
@example(b"\x81\xa2ts\xd6\xff\x00\x00\x00\x00", [("ironcore-format", b"zeek")])
def test_arbitrary_bytes_never_raise(value: bytes, of: list[tuple[str, bytes]]) -> None:
    assert _decode(value, of) >= 1


@given(mutated(), st.sampled_from([msgspec.json.encode, msgspec.msgpack.encode]), headers)
def test_mutated_records_never_raise(record: dict[str, Any], encode: Any, of: list[tuple[str, bytes]]) -> None:
    assert _decode(encode(record), of) >= 1


@given(st.binary(min_size=1, max_size=3), st.sampled_from(RECORDS), st.data())
def test_damaged_bytes_never_raise(damage: bytes, record: dict[str, Any], data: st.DataObject) -> None:
    value = msgspec.msgpack.encode(record) if data.draw(st.booleans()) else _ENCODER.encode(record)
    at = data.draw(st.integers(0, len(value) - 1))
    assert _decode(value[:at] + damage + value[at + len(damage) :]) >= 1


@given(st.lists(st.one_of(mutated(), st.sampled_from(RECORDS), scalars), min_size=1, max_size=5))
def test_each_element_of_a_batch_fares_as_it_does_alone(elements: list[Any]) -> None:
    alone = [decode_record(msgspec.msgpack.encode([element])) for element in elements]
    batch = decode_record(msgspec.msgpack.encode(elements))
    assert batch.events == [event for decoded in alone for event in decoded.events]
    assert [reject.reason for reject in batch.rejects] == [reject.reason for each in alone for reject in each.rejects]
    assert len(batch.events) + len(batch.rejects) == len(elements)


addresses = st.one_of(st.ip_addresses().map(str), st.none())
natives = st.fixed_dictionaries(
    {
        "kind": st.just("flow"),
        "event_time": st.floats(0, MAX_EVENT_TIME - 1, allow_subnormal=False),
        "flow": st.fixed_dictionaries({}, optional={"orig_bytes": st.integers(0, 2**63 - 1), "service": texts}),
    },
    optional={"src_ip": addresses, "dst_port": st.integers(0, 65_535), "user": texts},
)


@given(natives, natives)
def test_an_event_is_the_same_in_json_in_msgpack_and_in_a_batch(native: dict[str, Any], other: dict[str, Any]) -> None:
    (event,) = decode_record(_ENCODER.encode(native)).events
    assert decode_record(msgspec.msgpack.encode(native)).events == [event]
    assert decode_record(_ENCODER.encode([other, native])).events[1:] == [event]
    assert decode_record(msgspec.msgpack.encode([other, native])).events[1:] == [event]
    assert decode_record(_ENCODER.encode(other) + b"\n" + _ENCODER.encode(native)).events[1:] == [event]
    assert decode_record(_ENCODER.encode(event)).events == [event]
