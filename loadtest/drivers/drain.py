"""Watches how a backlog is drained: events counted, and CPU seconds of everybody, at the same moments."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ironcore.stack import ChildProcess
from ironcore.view.metrics import Metrics, metrics_from_text
from loadtest.drivers.meter import Meter
from loadtest.errors import BenchError

SAMPLE_EVERY_S = 0.25
#: Longest without one more event.
STALL_S = 90.0
#: The measured part of a backlog: start-up and tail are left out.
FROM_SHARE, TO_SHARE = 0.1, 0.95
HTTP_TIMEOUT_S = 10.0
EVENTS = "ironcore_events_total"


class Sample(NamedTuple):
    """One look: events counted so far and CPU seconds used so far, by part."""

    at_s: float
    events: int
    cpu_s: Mapping[str, float]


class Drained(NamedTuple):
    """What happened between two looks."""

    events: int
    wall_s: float
    cpu_s: Mapping[str, float]

    @property
    def per_s(self) -> float:
        """Events per second of the clock."""
        return self.events / self.wall_s

    def per_cpu_s(self, part: str) -> float:
        """Events per CPU second of a part."""
        return self.events / self.cpu_s[part]


def metrics_of(address: str, name: str) -> Metrics:
    """Read one metric of a worker: all of them would be a thirtieth of its work. Raises OSError without an answer."""
    connection = http.client.HTTPConnection(address, timeout=HTTP_TIMEOUT_S)
    try:
        connection.request("GET", f"/metrics?name[]={name}")
        return metrics_from_text(connection.getresponse().read().decode())
    except http.client.HTTPException as error:
        raise OSError(f"{address}: {error!r}") from error
    finally:
        connection.close()


def events_of(processes: Sequence[ChildProcess]) -> int:
    """Return the events that workers have counted together."""
    return sum(int(metrics_of(process.address, EVENTS).total(EVENTS)) for process in processes)


def watch(
    processes: Sequence[ChildProcess],
    servers: Mapping[str, Meter],
    until: Callable[[int], bool],
    *,
    every_s: float = SAMPLE_EVERY_S,
) -> list[Sample]:
    """Look again and again until `until` is true of the events; "worker" is the CPU of the processes together.

    Raises BenchError when nothing moves for `STALL_S`, and StackError when a process ends.
    """
    workers = [Meter(process.pid) for process in processes if process.pid is not None]
    samples: list[Sample] = []
    moved = time.monotonic()
    while not samples or not until(samples[-1].events):
        for process in processes:
            process.check_alive()
        events = events_of(processes)
        cpu_s = {"worker": sum(worker.cpu_s() for worker in workers)}
        cpu_s |= {name: meter.cpu_s() for name, meter in servers.items()}
        if not samples or events > samples[-1].events:
            moved = time.monotonic()
        samples.append(Sample(time.monotonic(), events, cpu_s))
        if time.monotonic() - moved > STALL_S:
            raise BenchError(f"{processes[0].name} stands at {events} events for {STALL_S:.0f} s")
        time.sleep(every_s)
    return samples


def peak_per_s(samples: Sequence[Sample], over_s: float = 1.0) -> float:
    """Return the highest rate of events between two looks that lie at least `over_s` apart; 0 when none do."""
    return max(
        (
            (later.events - sample.events) / (later.at_s - sample.at_s)
            for number, sample in enumerate(samples)
            if (later := next((s for s in samples[number + 1 :] if s.at_s - sample.at_s >= over_s), None))
        ),
        default=0.0,
    )


def steady(samples: Sequence[Sample], total: int) -> Drained:
    """Return what happened in the middle of a drain of `total` events.

    A backlog so small that it went between two looks gives the whole, start-up included: a smoke test has no more.
    Raises BenchError when not even that was seen.
    """
    first = next(sample for sample in samples if sample.events >= total * FROM_SHARE)
    last = next((s for s in reversed(samples) if first.events < s.events <= total * TO_SHARE), None)
    if last is None:
        first, last = samples[0], next(sample for sample in samples if sample.events >= total)
    if last.events == first.events:
        raise BenchError(f"{total} events were drained before the first look")
    return Drained(
        last.events - first.events,
        last.at_s - first.at_s,
        {part: used - first.cpu_s[part] for part, used in last.cpu_s.items()},
    )
