"""Golden records, one or more for each shape of each dialect: the event that they become, field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.formats import FORMATS, decode_record

GOLDEN = Path(__file__).parents[1] / "golden" / "formats"


def _cases() -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
        for path in sorted(GOLDEN.glob("*.json"))
        for case in json.loads(path.read_text())
    ]


@pytest.mark.parametrize(("dialect", "case"), _cases())
def test_a_record_becomes_its_golden_event(dialect: str, case: dict[str, Any]) -> None:
    headers = [(name, text.encode()) for name, text in case.get("headers", {}).items()]
    for headers_of_case in (headers, [*headers, ("ironcore-format", dialect.encode())]):
        for value in (json.dumps(case["record"]).encode(), msgspec.msgpack.encode(case["record"])):
            decoded = decode_record(value, headers_of_case)
            assert decoded.rejects == []
            assert [msgspec.to_builtins(event) for event in decoded.events] == [case["event"]]


def test_every_dialect_has_golden_records() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(FORMATS)


def test_the_three_dialects_of_zeek_give_one_identifier() -> None:
    cases = json.loads((GOLDEN / "zeek.json").read_text())
    assert len({case["event"]["event_id"] for case in cases[:4]}) == 1
    assert len({case["event"]["event_id"] for case in cases}) == len(cases) - 3
