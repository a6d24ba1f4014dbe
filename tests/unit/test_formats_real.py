"""Every line of the real logs becomes an event, and distinct lines become distinct events."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from schemas.event import SecurityEvent
from schemas.formats import decode_record
from schemas.formats.zeek_tsv import TsvReader

LOGS = Path(__file__).parents[3] / "shared" / "data" / "logs"
pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason="the real logs are not at ../shared/data/logs")

JSON_LOGS = {
    "suricata_eve": {"flow": 1015, "alert": 748, "dns": 680, "http": 56, "tls": 1},
    "zeek_json_apt29_day1": {"flow": 1208, "tls": 756, "http": 62, "dns": 53, "auth": 35, "alert": 26},
    "zeek_json_metron": {"http": 1049, "dns": 297},
}
TSV_LOGS = {"conn": {"flow": 7124}, "dns": {"dns": 9359}, "http": {"http": 838}, "ssl": {"tls": 2074}}


def _json_lines(name: str) -> list[bytes]:
    with gzip.open(LOGS / f"{name}.jsonl.gz") as log:
        return log.read().splitlines()


def _tsv_lines(name: str) -> Iterator[bytes]:
    with gzip.open(LOGS / f"zeek_tsv_{name}.log.labeled.gz", "rt") as log:
        for row in TsvReader().read(log):
            assert isinstance(row, dict), row
            yield msgspec.json.encode(row)


def _check(lines: list[bytes], kinds: dict[str, int]) -> None:
    events = [_only_event(line) for line in lines]
    assert Counter(event.kind for event in events) == kinds
    # Lines and identifiers are in one-to-one relation: none lost as a false repeat, no repeat taken for another.
    pairs = {(line, event.event_id) for line, event in zip(lines, events, strict=True)}
    assert len(pairs) == len(set(lines)) == len({event.event_id for event in events})


def _only_event(line: bytes) -> SecurityEvent:
    decoded = decode_record(line)
    assert decoded.rejects == []
    (event,) = decoded.events
    return event


@pytest.mark.parametrize("name", JSON_LOGS)
def test_every_line_of_a_json_log_is_an_event(name: str) -> None:
    _check(_json_lines(name), JSON_LOGS[name])


@pytest.mark.parametrize("name", TSV_LOGS)
def test_every_line_of_a_tsv_log_is_an_event(name: str) -> None:
    _check(list(_tsv_lines(name)), TSV_LOGS[name])


@pytest.mark.parametrize("name", JSON_LOGS)
def test_a_log_sent_as_json_lines_gives_the_same_events(name: str) -> None:
    lines = _json_lines(name)[:1000]
    decoded = decode_record(b"\n".join(lines), max_bytes=4_194_304)
    assert decoded.rejects == []
    assert decoded.events == [_only_event(line) for line in lines]


def _excerpt(path: Path) -> SecurityEvent:
    return _only_event(re.sub(r"//[^\"\n]*$", "", path.read_text(), flags=re.MULTILINE).encode())


@pytest.mark.parametrize("name", ["conn", "dns", "http", "ssh", "ssl"])
def test_a_zeek_record_and_its_ocsf_form_tell_the_same(name: str) -> None:
    """The OCSF excerpts have seconds, and times of other days than the raw records; `http` and `ssh` drop the user."""
    raw, ocsf = _excerpt(LOGS / "ocsf" / f"{name}_log.raw"), _excerpt(LOGS / "ocsf" / f"{name}_log.ocsf")
    same = ("kind", "source_id", "sensor", "src_ip", "src_port", "dst_ip", "dst_port", "dns", "http", "auth")
    assert {field: getattr(raw, field) for field in same} == {field: getattr(ocsf, field) for field in same}
    if raw.flow and ocsf.flow:
        assert msgspec.structs.replace(raw.flow, duration_s=65.0) == ocsf.flow  # type: ignore[type-var]
    if raw.tls and ocsf.tls:  # OCSF keeps these three elsewhere or not at all
        unsaid = {"established": None, "validation_status": None, "name_matches": None}
        assert msgspec.structs.replace(raw.tls, **unsaid) == ocsf.tls  # type: ignore[type-var]
