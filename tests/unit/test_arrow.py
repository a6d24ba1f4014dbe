"""Plain columns and Arrow's: the same answers to the same questions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from schemas import plain_columns

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


@pytest.mark.parametrize("heavy", ["numba", "pyarrow", "tensorflow"])
def test_what_is_heavy_is_barred(heavy: str) -> None:
    program = f"from ironcore.edge.light import bar_heavy\nbar_heavy()\nimport {heavy}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "ModuleNotFoundError" in done.stderr
