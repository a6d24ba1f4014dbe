"""A sensor's process, without Arrow and numba, finds in events of every kind what the full process finds."""

from __future__ import annotations

import ast
import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest

from ironcore.edge.run import LINES
from models.lite.export import export
from schemas import plain_columns
from schemas.event import Kind
from tests.unit.model_events import flow
from tests.unit.model_events import refused as refused_flow
from tests.unit.sensor import ROOT, Measured, measured, measured_lightly
from tests.unit.test_kinds import event, generated, refused, tunnelled

GOLDEN = ROOT / "tests" / "golden" / "formats"
LOGS = ROOT.parent / "shared" / "data" / "logs"
REAL_LINES = 1000

HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n"
COMMON = ("ts:time", "uid:string", "id.orig_h:addr", "id.orig_p:port", "id.resp_h:addr", "id.resp_p:port")
ZEEK_LOGS: dict[str, tuple[tuple[str, ...], list[tuple[str, ...]]]] = {
    "dns": (
        ("proto:enum", "query:string", "qtype_name:string", "rcode_name:string", "answers:vector[string]"),
        [("udp", f"{'ab3d5f7h' * 6}{number:04}.t.example.com", "TXT", "NOERROR", "-") for number in range(150)],
    ),
    "http": (
        ("method:string", "host:string", "uri:string", "user_agent:string", "status_code:count", "tags:set[enum]"),
        [
            ("GET", "shop.example", "/?id=1'+or+'1'='1", "sqlmap/1.7", "404", "(empty)"),
            ("GET", "shop.example", "/", "Mozilla/5.0", "200", "-"),
        ],
    ),
    "ssl": (
        ("version:string", "server_name:string", "established:bool", "validation_status:string"),
        [("TLSv10", "198.51.100.7", "T", "self signed certificate"), ("TLSv13", "example.org", "T", "ok")],
    ),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    export(None, folder)
    return folder


def zeek_log(path: str) -> list[list[bytes]]:
    """Return a log as a sensor reads it: its comments are a batch of their own, and its last line is another."""
    fields, rows = ZEEK_LOGS[path]
    names, types = zip(*(field.split(":") for field in (*COMMON, *fields)), strict=True)
    head = HEAD.format(path=path) + "\t".join(["#fields", *names]) + "\n" + "\t".join(["#types", *types])
    body = [
        "\t".join((f"{1_750_000_000 + number}.5", f"C{number}", "10.0.0.5", "50000", "198.51.100.7", "443", *row))
        for number, row in enumerate(rows)
    ]
    lines = [head.splitlines(), body, ["#close\t2025-06-15-15-06-40"]]
    return [[line.encode() for line in part] for part in lines]


def made_lines() -> list[bytes]:
    """Return attacks of every kind, events with little in them, and the golden records, which have every field."""
    attacks = [
        *tunnelled(60),
        *generated(30, "NXDOMAIN"),
        *[refused(30 + number / 10, user=f"user{number % 9}") for number in range(40)],
        event("auth", 40, outcome="success", method="ssh", user="ann"),
        *[event("http", 41 + n, method="GET", uri=f"/{n}?x=../../etc/passwd", status_code=404) for n in range(30)],
        event("http", 72, uri="/boaform/x", user_agent="masscan/1.3", host="a.example"),
        event("tls", 73, version="TLSv10", server_name="198.51.100.7", established=True, dst_port=8443),
        event("tls", 74, subject="CN=a", issuer="CN=a", not_after=1.0, version="SSLv3", name_matches=False),
        event("alert", 75, severity=1, signature="ET MALWARE"),
        *[refused_flow(76 + number / 10, port=1000 + number) for number in range(200)],
        *[flow(100 + 5.0 * beat, dst=f"2001:db8::{beat % 3}", orig_bytes=580) for beat in range(40)],
        event("tls", 300, src="::1", established=True, version="TLSv13"),
    ]
    odd: list[dict[str, Any]] = [
        {"kind": "alert", "event_time": 1.5, "src_ip": "::1", "alert": {"severity": 2}, "flow": {"orig_pkts": 3}},
        {"kind": "dns", "event_time": 2.0, "host": "ns", "dns": {"query": "a.example"}},
        {"kind": "flow", "event_time": 3.0, "src_ip": "10.0.0.1", "proto": "icmp6", "flow": {"orig_pkts": 1}},
        {"kind": "flow", "event_time": 3.1, "src_ip": "10.0.0.1", "proto": "gre", "flow": {"duration_s": 1.0}},
        {"kind": "http", "event_time": 4.0, "user": "ann", "http": {"uri": "/\0"}},
    ]
    golden = [case["record"] for path in sorted(GOLDEN.glob("*.json")) for case in json.loads(path.read_text())]
    return [
        *(msgspec.json.encode(each) for each in [*attacks, *odd]),
        *(json.dumps(record).encode() for record in golden),
    ]


def assert_same(light: Measured, full: Measured) -> None:
    assert light.columns == full.columns
    np.testing.assert_array_equal(light.features, full.features)
    assert light.shown == full.shown
    assert light.rejected == full.rejected
    assert light.threats == full.threats


def test_every_kind_is_seen_alike(model: Path) -> None:
    batches = list(batched_lines(made_lines()))
    light, full = measured_lightly(batches, model), measured(batches, model)
    assert_same(light, full)
    assert set(light.columns["kind"]) == set(get_args(Kind))
    assert set(light.shown) == {"dns", "http", "tls", "auth"}
    for kind, rows in light.shown.items():
        strongest = max(max(strengths) for _, _, strengths in rows)
        assert strongest >= (0.3 if kind == "tls" else 0.5), kind
    assert {threat["threat_class"] for threat in light.threats} >= {
        "command_and_control", "exploit", "brute_force", "scan",
    }  # fmt: skip


def test_zeek_logs_are_read_alike_with_comments_alone_in_a_batch(model: Path) -> None:
    batches = [part for path in ZEEK_LOGS for part in zeek_log(path)]
    light = measured_lightly(batches, model)
    assert_same(light, measured(batches, model))
    assert Counter(light.columns["kind"]) == {"dns": 150, "http": 2, "tls": 2}
    assert light.rejected == []
    assert {(threat["threat_class"], threat["src_ip"]) for threat in light.threats} == {
        ("command_and_control", "10.0.0.5"), ("exploit", "10.0.0.5"),
    }  # fmt: skip


@pytest.mark.skipif(not LOGS.is_dir(), reason="the real logs are not at ../shared/data/logs")
def test_real_logs_are_read_alike(model: Path) -> None:
    batches = [part for path in sorted(LOGS.glob("*.gz")) for part in batched_lines(real_lines(path))]
    light = measured_lightly(batches, model)
    assert_same(light, measured(batches, model))
    assert set(light.columns["kind"]) == set(get_args(Kind))
    assert light.threats


def real_lines(path: Path) -> list[bytes]:
    with gzip.open(path) as log:
        return [line.rstrip(b"\n") for line in islice(log, REAL_LINES)]


def batched_lines(lines: list[bytes]) -> Iterator[list[bytes]]:
    return (lines[start : start + LINES] for start in range(0, len(lines), LINES))


#: Asked for by a worker that writes to PostgreSQL, never by a sensor.
WORKERS_OWN = {("schemas.addresses", "BinaryArray")}
LOADED = """
import sys
from ironcore.edge.light import bar_heavy
bar_heavy()
import ironcore.edge.run
print(*(name for name, module in sys.modules.items() if getattr(module, "pa", None) or getattr(module, "pc", None)))
"""


def test_whatever_a_sensor_asks_of_arrow_by_name_its_stand_in_has() -> None:
    """Methods of columns are not told apart here: the tests above call them."""
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = [name for name in done.stdout.split() if name != "schemas.arrow"]
    assert {"schemas.table", "models.columns"} <= set(modules)
    asked = {(module, name) for module in modules for name in names_of_arrow(module)}
    assert {name for module, name in asked if module == "models.columns"} >= {"array", "equal", "index_in"}
    missing = {(module, name) for module, name in asked if not hasattr(plain_columns, name)}
    assert missing == WORKERS_OWN


def names_of_arrow(module: str) -> Iterator[str]:
    """Yield the names that a module's code takes from `pa` and `pc`; annotations are never looked up."""
    tree = ast.parse((ROOT / (module.replace(".", "/") + ".py")).read_text())
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"pa", "pc"}:
            yield node.attr
        for field, value in ast.iter_fields(node):
            if field not in {"annotation", "returns"}:
                waiting += [
                    part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST)
                ]
