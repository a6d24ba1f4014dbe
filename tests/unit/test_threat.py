"""Threats: bands of severity, forms of writing, dead letters that come back as they were."""

from __future__ import annotations

from uuid import UUID

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letter import DeadLetter, Reason
from schemas.ocsf_finding import to_ocsf
from schemas.render import Form, render
from schemas.threat import (
    ATTACK,
    CLASSES,
    Basis,
    ContributionStruct,
    Severity,
    Threat,
    ThreatClass,
    ThreatStruct,
    severity_of,
)

THREAT = ThreatStruct(
    threat_id=UUID(int=1),
    event_ids=[UUID(int=2)],
    entity="10.0.0.1",
    severity=Severity.HIGH,
    threat_class=ThreatClass.SCAN,
    attack=ATTACK[ThreatClass.SCAN],
    anomaly=0.5,
    class_probabilities=dict(zip(CLASSES, (0.1, 0.7, 0.1, 0.1, 0.0, 0.0, 0.0), strict=True)),
    risk=81.25,
    contributions=[ContributionStruct(name="window_ports", observed=200.0, expected=None, contribution=3.5)],
    model_name="m",
    model_version="1.2.3",
    event_time=1_700_000_000.25,
    scored_time=1_700_000_001.5,
    src_ip="10.0.0.1",
    dst_ip="10.0.0.2",
    dst_port=22,
    sensor="s",
)


@pytest.mark.parametrize(
    ("risk", "severity"),
    [(0, "informational"), (24.9, "informational"), (25, "low"), (50, "medium"), (70, "high"), (90, "critical")],
)
def test_bands_begin_at_their_lower_bound(risk: float, severity: str) -> None:
    assert severity_of(risk) == severity


def test_json_and_msgpack_say_the_same_and_come_back() -> None:
    json_bytes, json_headers = render(THREAT, Form.JSON)
    packed, packed_headers = render(THREAT, Form.MSGPACK)
    assert msgpack.unpackb(packed) == msgspec.json.decode(json_bytes)
    assert Threat.model_validate_json(json_bytes) == Threat.model_validate(msgspec.to_builtins(THREAT))
    assert (json_headers[0][1], packed_headers[0][1]) == (b"application/json", b"application/msgpack")


def test_a_document_that_is_written_is_taken_where_json_is_asked_for() -> None:
    assert render(THREAT, Form.JSON, b"{}")[0] == b"{}"
    assert render(THREAT, Form.MSGPACK, b"{}") == render(THREAT, Form.MSGPACK)


def test_ocsf_finding_has_what_the_class_requires() -> None:
    """Source: https://schema.ocsf.io/1.5.0/classes/detection_finding, attributes marked required."""
    finding = to_ocsf(THREAT)
    assert finding["class_uid"] == 2004
    assert finding["category_uid"] == 2
    assert finding["type_uid"] == 200401
    assert finding["activity_id"] == 1
    assert finding["metadata"]["version"] == "1.5.0"
    assert finding["metadata"]["product"]
    assert finding["severity_id"] == 4
    assert finding["time"] == 1_700_000_000_250
    info = finding["finding_info"]
    assert info["uid"] == str(THREAT.threat_id)
    assert info["title"]
    assert info["analytic"]["type_id"] == 4
    assert info["attacks"][0]["technique"]["uid"] == "T1046"
    assert finding["anomaly_analyses"][0]["anomalies"][0]["observed_pattern"] == "200"
    assert finding["anomaly_analyses"][0]["baselines"][0]["observed_pattern"] == "missing"


def test_ocsf_finding_tells_the_risk_of_an_entity_from_a_threat_of_an_event() -> None:
    gathered = Threat.model_validate_json(msgspec.json.encode(THREAT)).model_copy(update={"basis": Basis.ENTITY_RISK})
    info = to_ocsf(gathered)["finding_info"]
    assert info["title"].startswith("Risk of 10.0.0.1")
    assert info["analytic"]["type_id"] == 3


def test_rendered_ocsf_is_the_finding() -> None:
    value, headers = render(THREAT, Form.OCSF)
    assert msgspec.json.decode(value)["finding_info"]["uid"] == str(THREAT.threat_id)
    assert ("ironcore-schema", b"ocsf/2004") in headers


@given(
    key=st.none() | st.binary(max_size=50),
    value=st.none() | st.binary(max_size=200),
    headers=st.lists(
        st.tuples(st.text(max_size=10) | st.just("__connect.errors.topic"), st.none() | st.binary(max_size=10)),
        max_size=4,
    ),
    detail=st.text(max_size=50),
)
def test_a_dead_letter_comes_back_as_it_was(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]], detail: str
) -> None:
    letter = DeadLetter(
        key=key, value=value, headers=tuple(headers), topic="t", partition=3, offset=9, reason=Reason.INVALID,
        detail=detail,
    )  # fmt: skip
    assert DeadLetter.from_record(key, value, letter.to_headers()) == letter
