"""A CPU quota for a process: the kernel's (cgroup), or where that cannot be written, stops and starts of our own.

Source: https://docs.kernel.org/scheduler/sched-bwc.html.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

PERIOD_US = 20_000
CGROUP1, CGROUP2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


@contextmanager
def quota(pids: list[int], share: float) -> Iterator[str]:
    """Give each process at most `share` of one core until the block ends; yield how: "cgroup" or "signals"."""
    with ExitStack() as held:
        try:
            for pid in pids:
                held.enter_context(_cgroup(pid, share))
            how = "cgroup"
        except OSError:
            held.close()
            for pid in pids:
                held.enter_context(_signals(pid, share))
            how = "signals"
        yield how


@contextmanager
def _cgroup(pid: int, share: float) -> Iterator[None]:
    quota_us = round(share * PERIOD_US)
    is_v1 = (CGROUP1 / "cpu.cfs_quota_us").exists()
    folder = (CGROUP1 if is_v1 else CGROUP2) / f"ironcore-bench-{uuid4().hex[:8]}"
    folder.mkdir()
    try:
        if is_v1:
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (folder / "cpu.cfs_quota_us").write_text(str(quota_us))
        else:
            (folder / "cpu.max").write_text(f"{quota_us} {PERIOD_US}")
        (folder / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        _empty(folder)
        folder.rmdir()


def _empty(folder: Path) -> None:
    """Move what is left to the parent group: a group with members cannot be removed."""
    for pid in (folder / "cgroup.procs").read_text().split():
        (folder.parent / "cgroup.procs").write_text(pid)


@contextmanager
def _signals(pid: int, share: float) -> Iterator[None]:
    """Let the process run for its share of each period, by SIGSTOP and SIGCONT to that process id."""
    ended = threading.Event()
    period_s = PERIOD_US / 1e6

    def duty() -> None:
        try:
            while not ended.wait(share * period_s):
                os.kill(pid, signal.SIGSTOP)
                ended.wait((1 - share) * period_s)
                os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return

    thread = threading.Thread(target=duty, name="quota", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
