"""The bench itself: every measurement and every peer runs, on tiny counts. Nothing here judges a speed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from loadtest.report.figures import figures_of
from tests.integration.conftest import kafka_or_skip


@pytest.mark.timeout(900)
def test_a_smoke_run_measures_everything_with_right_counts() -> None:
    """Wrong counts end a run with an error: a contestant's missing row, a threat that was not published."""
    kafka_or_skip()
    done = subprocess.run(
        [sys.executable, "-m", "ironcore", "bench", "--smoke", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert _shape(figures) == _shape(figures_of({}))
    assert [path for path, value in _leaves(figures) if value is None] == []


def _shape(value: Any) -> Any:
    return {name: _shape(inner) for name, inner in value.items()} if isinstance(value, dict) else None


def _leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [(path, value)]
    return [leaf for name, inner in value.items() for leaf in _leaves(inner, f"{path}.{name}")]
