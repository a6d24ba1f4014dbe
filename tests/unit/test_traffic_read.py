"""Readers of logs: every line is accounted for, whatever the format, and what is broken goes on as it is."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ironcore.traffic import read as reading
from ironcore.traffic.read import LogError, read
from schemas.formats import decode_record

LOGS = Path(__file__).parents[3] / "shared/data/logs"
needs_logs = pytest.mark.skipif(not LOGS.is_dir(), reason="the real logs are not beside the checkout")

NATIVE = b'{"kind":"flow","event_time":1700000000.5,"src_ip":"10.0.0.1","flow":{}}'
ZEEK = b'{"_path":"conn","ts":1700000001.5,"uid":"C1","id.orig_h":"10.0.0.2","id.orig_p":1,"id.resp_h":"10.0.0.9","id.resp_p":2,"proto":"tcp"}'  # noqa: E501
EVE = b'{"timestamp":"2023-11-14T22:13:22.500000+0000","event_type":"flow","src_ip":"10.0.0.3","src_port":1,"dest_ip":"10.0.0.9","dest_port":2,"proto":"TCP","flow":{}}'  # noqa: E501
TSV = b"""#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tlabel
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring
1700000003.5\tC9\t10.0.0.4\t1234\t10.0.0.9\t80\ttcp\tMalicious
a row that does not fit
1700000004.5\tC8\t10.0.0.5\t-\t10.0.0.9\t80\ttcp\t-
#close\t2023-11-14-22-13-24
"""

Write = Callable[[bytes], Path]


@pytest.fixture(params=["plain", "gzip"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    def to_file(data: bytes) -> Path:
        path = tmp_path / "log"  # without a suffix: the content tells
        path.write_bytes(gzip.compress(data) if request.param == "gzip" else data)
        return path

    return to_file


def test_json_lines_pass_untouched_with_key_and_time(write: Write) -> None:
    records = list(read(write(b"\n".join([NATIVE, ZEEK, EVE]))))
    assert [record.value for record in records] == [NATIVE, ZEEK, EVE]
    assert [record.key for record in records] == [b"10.0.0.1", b"10.0.0.2", b"10.0.0.3"]
    assert [record.event_time for record in records] == [1_700_000_000.5, 1_700_000_001.5, 1_700_000_002.5]
    assert all(record.headers == [("content-type", b"application/json")] for record in records)


def test_a_broken_line_is_sent_as_it_is_and_empty_lines_are_not(write: Write) -> None:
    broken = b'{"kind": "flow", \xff'
    spaced = b"  " + NATIVE + b" \t"
    records = list(read(write(NATIVE + b"\r\n\n  \n" + broken + b"\n" + spaced)))
    assert [record.value for record in records] == [NATIVE, broken, spaced]
    assert (records[1].key, records[1].event_time) == (None, None)
    assert decode_record(records[1].value, records[1].headers).rejects


def test_zeek_tsv_becomes_zeek_json_without_labels(write: Write) -> None:
    first, broken, last = read(write(TSV))
    assert dict(first.headers)["ironcore-format"] == b"zeek"
    assert msgspec.json.decode(first.value) == {
        "_path": "conn", "ts": 1_700_000_003.5, "uid": "C9", "id.orig_h": "10.0.0.4", "id.orig_p": 1234,
        "id.resp_h": "10.0.0.9", "id.resp_p": 80, "proto": "tcp",
    }  # fmt: skip
    assert (first.key, first.event_time) == (b"10.0.0.4", 1_700_000_003.5)
    assert broken.value == b"a row that does not fit"
    assert decode_record(broken.value, broken.headers).rejects
    assert "id.orig_p" not in msgspec.json.decode(last.value)


def test_parquet_flows_become_native_events(tmp_path: Path) -> None:
    row = {
        "ts": 1_700_000_000.25, "src_ip": "10.0.0.1", "src_port": 5, "dst_ip": "10.0.0.2", "dst_port": 80,
        "proto": "tcp", "duration": None, "bytes_out": None, "bytes_in": None, "ip_bytes_out": 60, "ip_bytes_in": 0,
        "pkts_out": 1, "pkts_in": 0, "conn_state": "S0", "label": 1,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([row, row]), tmp_path / "flows")
    records = list(read(tmp_path / "flows"))
    assert len(records) == 2
    assert (records[0].key, records[0].event_time) == (b"10.0.0.1", 1_700_000_000.25)
    event = decode_record(records[0].value, records[0].headers).events[0]
    assert event.flow is not None
    assert (event.flow.conn_state, event.flow.orig_ip_bytes, event.flow.duration_s) == ("S0", 60, None)


def test_a_line_above_the_limit_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINE_BYTES", 100)
    path = write(NATIVE + b"\n" + b"x" * 101 + b"\n")
    with pytest.raises(LogError, match=r"log: line 2 is longer than 100 bytes"):
        list(read(path))


def test_a_file_cut_short_is_named_after_its_last_line(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress((NATIVE + b"\n") * 5000)[:-20])
    with pytest.raises(LogError, match=r"cut\.gz: damaged after line \d+"):
        list(read(path))


def test_a_file_that_is_not_there_or_a_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(LogError, match=str(path)):
            list(read(path))


def test_parquet_of_something_else_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([{"a": 1}]), tmp_path / "other")
    with pytest.raises(LogError, match="other: no column ts"):
        list(read(tmp_path / "other"))


def test_an_empty_file_has_no_records(write: Write) -> None:
    assert list(read(write(b""))) == []


@needs_logs
@pytest.mark.parametrize("path", sorted(LOGS.glob("*.gz")), ids=lambda path: path.name)
def test_every_line_of_a_real_log_becomes_a_record_that_decodes(path: Path) -> None:
    with gzip.open(path) as lines:
        written = [line.rstrip(b"\n") for line in lines if not line.startswith(b"#")]
    records = list(read(path))
    assert len(records) == len(written) > 0
    if "tsv" not in path.name:
        assert [record.value for record in records] == written
    for record in records:
        decoded = decode_record(record.value, record.headers)
        assert decoded.events
        assert not decoded.rejects
        assert record.key
        assert record.event_time == decoded.events[0].event_time
