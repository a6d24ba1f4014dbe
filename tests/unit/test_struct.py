"""The published contract (pydantic) and the struct of the stream (msgspec) give the same verdict on a document."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from schemas.event import MAX_EVENT_TIME, Alert, Auth, Dns, Event, Flow, Http, SecurityEvent, Tls
from schemas.struct import compile_struct

_DECODER = msgspec.json.Decoder(Event)
_LIMITS = (64, 512, 4096)
_SECTIONS: dict[str, type[BaseModel]] = {
    "flow": Flow,
    "dns": Dns,
    "http": Http,
    "tls": Tls,
    "auth": Auth,
    "alert": Alert,
}

texts = st.one_of(
    st.text('aZ7 -\0"\\\u00e9\U0001f600', max_size=12),
    st.sampled_from([char * size for char in "a\u00e9\U0001f600" for limit in _LIMITS for size in (limit, limit + 1)]),
)
bounds = st.sampled_from([-1, 0, 1, 4, 5, 999, 1000, 65_535, 65_536, 2**63 - 1, 2**63, int(MAX_EVENT_TIME), 10**30])
numbers = st.one_of(bounds, st.integers(-5, 70_000), st.floats(allow_nan=False, allow_infinity=False))
words = st.sampled_from([*_SECTIONS, "success", "failure", str(UUID(int=7)), UUID(int=7).hex])
answers = st.one_of(st.lists(st.one_of(texts, numbers), max_size=3), st.sampled_from([["a"] * 256, ["a"] * 257]))
values = st.one_of(st.none(), st.booleans(), words, texts, numbers, answers, st.just({}))


def _fields(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from([*model.model_fields, "unknown"])
    return st.dictionaries(names, values, max_size=3)


heads = _fields(SecurityEvent).map(lambda wild: {"kind": "flow", "event_time": 1.5, **wild})
sections = st.fixed_dictionaries({}, optional={name: _fields(model) for name, model in _SECTIONS.items()})


def _by_struct(document: bytes) -> dict[str, Any] | None:
    try:
        return dict(msgspec.to_builtins(_DECODER.decode(document)))
    except msgspec.ValidationError:
        return None


def _by_model(document: bytes) -> dict[str, Any] | None:
    try:
        return SecurityEvent.model_validate_json(document).model_dump(mode="json", exclude_defaults=True)
    except ValidationError:
        return None


@given(heads, sections)
def test_both_give_the_same_verdict_and_the_same_values(head: dict[str, Any], section: dict[str, Any]) -> None:
    document = json.dumps({**head, **section}).encode()
    assert _by_struct(document) == _by_model(document)


@pytest.mark.parametrize(
    ("change", "accepted"),
    [
        ({"src_port": 65_535}, True),
        ({"src_port": 65_536}, False),
        ({"src_port": "80"}, False),
        ({"src_port": 80.0}, False),
        ({"src_port": True}, False),
        ({"event_time": MAX_EVENT_TIME}, False),
        ({"event_time": 0}, True),
        ({"event_time": -0.001}, False),
        ({"user": "\U0001f600" * 512}, True),
        ({"user": "a" * 513}, False),
        ({"kind": "mail"}, False),
        ({"sourceip": "10.0.0.1"}, False),
        ({"dns": {"answers": ["a" * 513]}}, False),
        ({"dns": {"answers": ["a"] * 257}}, False),
        ({"http": {"status_code": 1000}}, False),
        ({"alert": {"severity": 0}}, False),
        ({"auth": {"outcome": "unknown"}}, False),
        ({"flow": {"orig_bytes": 2**63 - 1}}, True),
        ({"flow": {"orig_bytes": 2**63}}, False),
        ({"event_id": "nonsense"}, False),
    ],
)
def test_limits_are_those_of_the_contract(change: dict[str, Any], accepted: bool) -> None:  # noqa: FBT001
    document = json.dumps({"kind": "flow", "event_time": 1.5, **change}).encode()
    assert (_by_struct(document) is not None) is accepted
    assert (_by_model(document) is not None) is accepted


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_refused(number: str) -> None:
    document = f'{{"kind":"flow","event_time":1.5,"flow":{{"duration_s":{number}}}}}'.encode()
    assert _by_model(document) is None
    with pytest.raises(msgspec.DecodeError):
        _DECODER.decode(document)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused_in_msgpack(number: float) -> None:
    for document in (
        {"kind": "flow", "event_time": number},
        {"kind": "flow", "event_time": 1.5, "flow": {"duration_s": number}},
    ):
        with pytest.raises(msgspec.ValidationError):
            msgspec.msgpack.decode(msgspec.msgpack.encode(document), type=Event)


def test_an_annotation_without_counterpart_is_refused() -> None:
    class Odd(BaseModel):
        words: set[str]

    with pytest.raises(TypeError, match="no msgspec counterpart"):
        compile_struct(Odd)
