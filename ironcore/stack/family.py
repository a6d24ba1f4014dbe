"""A process and its children, for killing them together."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from ironcore.stack.extras import extra

PAUSE_S = 0.02


class Family:
    """A process and all that it has started, as they are now; some leave its process group (PostgreSQL's do)."""

    def __init__(self, pid: int) -> None:
        self._psutil = extra("psutil")
        self._members: list[Any] = []
        with suppress(self._psutil.NoSuchProcess):
            head = self._psutil.Process(pid)
            self._members = [head, *head.children(recursive=True)]

    def kill(self) -> None:
        """Send SIGKILL to all."""
        for process in self._members:
            with suppress(self._psutil.NoSuchProcess):
                process.kill()

    def wait(self, limit_s: float) -> list[int]:
        """Wait until they are gone, at most so long. Returns the ids of those that are still there."""
        deadline = time.monotonic() + limit_s
        while (left := [each.pid for each in self._members if self._lives(each)]) and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
        return left

    def _lives(self, process: Any) -> bool:
        """Tell whether it still runs; whoever inherits a dead one may be slow to bury it, or never do."""
        try:
            return bool(process.status() != self._psutil.STATUS_ZOMBIE)
        except self._psutil.NoSuchProcess:
            return False
