"""A quota ends with its block: the process is neither stopped nor in a group of ours afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from loadtest.drivers import quota as quotas
from loadtest.drivers.quota import quota

BUSY = "while True: pass"


@pytest.fixture
def busy() -> Iterator[psutil.Process]:
    with subprocess.Popen([sys.executable, "-c", BUSY]) as started:
        yield psutil.Process(started.pid)
        started.kill()


def until_seen(process: psutil.Process, status: str) -> None:
    for _ in range(100_000):
        if process.status() == status:
            return
    pytest.fail(f"the process was never {status}")


def test_the_kernels_quota_or_signals_hold_a_process_until_the_end(busy: psutil.Process) -> None:
    with quota([busy.pid], 0.25) as how:
        assert how in {"cgroup", "signals"}
        held = Path(f"/proc/{busy.pid}/cgroup").read_text()
        assert how == "signals" or "ironcore-bench" in held
    assert "ironcore-bench" not in Path(f"/proc/{busy.pid}/cgroup").read_text()
    until_seen(busy, psutil.STATUS_RUNNING)


def test_where_no_group_can_be_written_signals_stop_and_continue(
    busy: psutil.Process, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(quotas, "CGROUP1", tmp_path / "none")
    monkeypatch.setattr(quotas, "CGROUP2", tmp_path / "nor-this")
    with quota([busy.pid], 0.25) as how:
        assert how == "signals"
        until_seen(busy, psutil.STATUS_STOPPED)
        until_seen(busy, psutil.STATUS_RUNNING)
    until_seen(busy, psutil.STATUS_RUNNING)
