"""Plain columns and Arrow's: the same answers to the same questions, and the same features in the end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from models.features import FeatureExtractor
from schemas import plain_columns
from schemas.event import Event
from schemas.formats import decode_records
from tests.unit.model_events import failed_login, flow, refused

ROOT = Path(__file__).parents[2]
TEXTS = ["tcp", None, "", "icmp6", "tcp", "ä\u2400"]
NUMBERS = {"int64": [3, None, 2**62], "int32": [0, -1, 70_000], "float64": [0.5, None, 1e300]}


def answers(pa: Any, pc: Any) -> list[Any]:
    """Ask what the code between a record and its features asks."""
    text = pa.array(iter(TEXTS), pa.string(), size=len(TEXTS))
    names = pa.array(("", "tcp", "udp"))
    _, offsets, data = text.buffers()[:3]
    columns = pa.record_batch({"text": text})
    fixed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), 2, [None, pa.py_buffer(np.arange(32, dtype=np.uint8))])
    found = [
        text.null_count, len(text), text.to_pylist(), columns.column("text")[0].as_py(), text.take([5, 0]).to_pylist(),
        text.is_null().to_numpy(zero_copy_only=False), np.frombuffer(offsets, np.int32)[: len(text) + 1], bytes(data),
        pc.equal(text, "tcp").fill_null(False).to_numpy(zero_copy_only=False),
        pc.not_equal(text, "").fill_null(False).to_numpy(zero_copy_only=False),
        pc.index_in(text, value_set=names).fill_null(0).to_numpy(zero_copy_only=False),
        fixed[1].as_py(), len(fixed),
    ]  # fmt: skip
    for kind, values in NUMBERS.items():
        column = pa.array(values, getattr(pa, kind)())
        found += [column.to_numpy(zero_copy_only=False), column.fill_null(-1).to_numpy(zero_copy_only=False)]
    return found


def test_plain_columns_answer_as_arrow_does() -> None:
    for ours, theirs in zip(answers(plain_columns, plain_columns), answers(pa, pc), strict=True):
        if isinstance(theirs, np.ndarray):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        else:
            assert ours == theirs


IN_A_LIGHT_PROCESS = """
import sys
import numpy as np
from ironcore.edge.light import bar_heavy
bar_heavy()
from collections import namedtuple
from models.features import FeatureExtractor
from schemas.formats import decode_records
Record = namedtuple("Record", "value headers")
decoded = decode_records([Record(line.rstrip(b"\\n"), ()) for line in open(sys.argv[1], "rb")])
features = FeatureExtractor(window_entities=1024).extract(decoded.table, np.zeros(len(decoded.table), np.int32))
np.savez(sys.argv[2], features=features, ids=np.array(decoded.table.columns["event_id"].to_pylist()))
loaded = [name for name in ("numba", "pyarrow", "tensorflow", "pandas") if sys.modules.get(name)]
assert not loaded, loaded
"""


def test_features_and_identifiers_are_the_same_without_arrow_and_numba(tmp_path: Path) -> None:
    """Every kind, IPv6, a missing address, a name for an entity, an alert with a flow of its own."""
    odd = [
        {"kind": "alert", "event_time": 1.5, "src_ip": "::1", "alert": {"severity": 2}, "flow": {"orig_pkts": 3}},
        {"kind": "dns", "event_time": 2.0, "host": "ns", "dns": {"query": "a.example"}},
        {"kind": "flow", "event_time": 3.0, "src_ip": "10.0.0.1", "proto": "icmp6", "flow": {"orig_pkts": 1}},
        {"kind": "flow", "event_time": 3.1, "src_ip": "10.0.0.1", "proto": "gre", "flow": {"duration_s": 1.0}},
        {"kind": "http", "event_time": 4.0, "user": "ann", "http": {"uri": "/\0"}},
    ]
    scan = [refused(number / 10, port=1000 + number) for number in range(300)]
    beacon = [flow(5.0 * beat, dst=f"2001:db8::{beat % 3}", orig_bytes=580) for beat in range(40)]
    events = [*scan, *[failed_login(at) for at in range(20)], *beacon, *[msgspec.convert(e, Event) for e in odd]]
    lines = [msgspec.json.encode(event) for event in events]
    log, out = tmp_path / "log", tmp_path / "out.npz"
    log.write_bytes(b"\n".join(lines))
    done = subprocess.run(
        [sys.executable, "-c", IN_A_LIGHT_PROCESS, log, out], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    decoded = decode_records([_Record(line) for line in lines])
    ours = FeatureExtractor(window_entities=1024).extract(decoded.table, np.zeros(len(events), np.int32))
    light = np.load(out)
    assert light["ids"].tolist() == decoded.table.columns["event_id"].to_pylist()
    np.testing.assert_array_equal(light["features"], ours)


class _Record:
    headers = ()

    def __init__(self, value: bytes) -> None:
        self.value = value


@pytest.mark.parametrize("heavy", ["numba", "pyarrow", "tensorflow"])
def test_what_is_heavy_is_barred(heavy: str) -> None:
    program = f"from ironcore.edge.light import bar_heavy\nbar_heavy()\nimport {heavy}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr
