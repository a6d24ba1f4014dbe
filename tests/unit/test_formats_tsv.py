"""Zeek's tab-separated logs become records of its JSON dialect."""

from __future__ import annotations

import json

from schemas.dead_letter import Reason, Reject
from schemas.formats import decode_record
from schemas.formats.zeek_tsv import TsvReader

HEADER = [
    "#separator \\x09",
    "#set_separator\t,",
    "#empty_field\t(empty)",
    "#unset_field\t-",
    "#path\tdns",
    "#open\t2024-05-06-07-08-09",
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tquery\trtt\tAA\tanswers\tTTLs\tlabel\tdetailedlabel",
    "#types\ttime\tstring\taddr\tport\tstring\tinterval\tbool\tvector[string]\tvector[interval]\tstring\tstring",
]
ROW = "1714979289.250000\tC1\t10.0.0.3\t53124\texample.org\t0.004000\tF\t192.0.2.7,192.0.2.8\t60.0,-\tBenign\t-"


def read(*lines: str) -> list[object]:
    return list(TsvReader().read(lines))


def test_a_row_has_the_types_and_names_of_zeeks_json() -> None:
    assert read(*HEADER, ROW + "\n", "#close\t2024-05-06-08-00-00") == [
        {
            "_path": "dns",
            "ts": 1714979289.25,
            "uid": "C1",
            "id.orig_h": "10.0.0.3",
            "id.orig_p": 53124,
            "query": "example.org",
            "rtt": 0.004,
            "AA": False,
            "answers": ["192.0.2.7", "192.0.2.8"],
            "TTLs": [60.0, None],
        }
    ]


def test_a_row_is_the_same_event_as_its_json() -> None:
    (row,) = read(*HEADER, ROW)
    written_by_zeek = {**row, "ts": 1714979289.250000, "rtt": 0.0040000001}  # type: ignore[dict-item]
    ours, zeeks = (decode_record(json.dumps(record).encode()).events[0] for record in (row, written_by_zeek))
    assert ours.event_id == zeeks.event_id


def test_unset_is_missing_and_empty_is_empty() -> None:
    (row,) = read(*HEADER, "1.0\tC1\t-\t-\t(empty)\t-\t-\t(empty)\t-\t-\t-")
    assert row == {"_path": "dns", "ts": 1.0, "uid": "C1", "query": "", "answers": []}


def test_escaped_bytes_are_undone() -> None:
    (row,) = read(*HEADER, ROW.replace("example.org", "a\\x09b\\xc3\\xa9\\xff"))
    assert isinstance(row, dict)
    assert row["query"] == "a\tb\u00e9\\xff"


def test_malformed_lines_are_named_and_the_rest_is_read() -> None:
    rows = read(*HEADER, ROW, "1.0\tC1", ROW.replace("53124", "many"), ROW.replace("\tF\t", "\tmaybe\t"), "", ROW)
    assert [type(row) for row in rows] == [dict, Reject, Reject, Reject, dict]
    rejects = [row for row in rows if isinstance(row, Reject)]
    assert {reject.reason for reject in rejects} == {Reason.MALFORMED}
    assert [reject.detail for reject in rejects] == [
        "line 10: 2 columns, but #fields names 11",
        "line 11: column id.orig_p: 'many' is no port",
        "line 12: column AA: 'maybe' is no bool",
    ]


def test_rows_before_a_header_are_malformed() -> None:
    (reject,) = read(ROW)
    assert isinstance(reject, Reject)
    assert reject.detail.startswith("line 1: a row before the headers")


def test_a_second_header_changes_the_columns() -> None:
    second = ["#path\tconn", "#fields\tts\tproto", "#types\ttime\tenum", "2.0\tudp"]
    assert read(*HEADER, ROW, *second)[1] == {"_path": "conn", "ts": 2.0, "proto": "udp"}


def test_other_separators_are_honoured() -> None:
    lines = [
        "#separator \\x7c",
        "#set_separator|;",
        "#path|x",
        "#fields|ts|names",
        "#types|time|set[string]",
        "1.0|a;b",
    ]
    assert read(*lines) == [{"_path": "x", "ts": 1.0, "names": ["a", "b"]}]
