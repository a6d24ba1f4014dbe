"""CPU seconds and memory of a process, and of all that it started where it starts any."""

from __future__ import annotations

import psutil


class Meter:
    """Reads a process; with `family`, its children as well, which costs some milliseconds a look.

    A child that ended counts through its parent, which has waited for it.
    """

    def __init__(self, pid: int, *, family: bool = False) -> None:
        self._process, self._has_family = psutil.Process(pid), family

    def cpu_s(self) -> float:
        """Return user and system seconds of all threads so far."""
        return sum(_cpu_s(process) for process in self._processes())

    def rss_mb(self) -> float:
        """Return the resident memory in MB (10^6 bytes)."""
        return sum(_rss(process) for process in self._processes()) / 1e6

    def _processes(self) -> list[psutil.Process]:
        if not self._has_family:
            return [self._process]
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
