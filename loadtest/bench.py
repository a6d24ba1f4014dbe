"""One run of the bench: its scale, its servers, its traffic, and what was found so far."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from loadtest.drivers.servers import Servers
from loadtest.scale import Scale
from loadtest.workload.traffic import Traffic, make_traffic

T = TypeVar("T")


@dataclass
class Bench:
    """What every measurement gets."""

    scale: Scale
    rounds: int
    servers: Servers
    folder: Path
    tell: Callable[[str], None]
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    _traffic: Traffic | None = None

    def traffic(self) -> Traffic:
        """Return the run's flows, made once; the topic holds a third more than what is measured."""
        if self._traffic is None:
            scale = self.scale
            count = max(scale.backlog_events * 4 // 3, scale.limit_events, scale.hot_events)
            self.tell(f"making {count:,} flows")
            self._traffic = self.aside(make_traffic, count)
            self.tell(f"  {self._traffic.described()}")
        return self._traffic

    def aside(self, work: Callable[..., T], *arguments: Any) -> T:
        """Call a function in a process of its own, which may load the model: this one stays small and quiet."""
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
            return process.submit(work, *arguments).result()
