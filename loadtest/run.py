"""A run: the servers up, each measurement in its order, the result written after each."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ironcore.stack import Stack, StackOptions
from loadtest.bench import Bench
from loadtest.drivers.servers import Servers
from loadtest.errors import BenchError
from loadtest.registry import MEASUREMENTS, Measurement
from loadtest.report import results
from loadtest.scale import Scale


def run(
    scale: Scale, *, rounds: int, only: Sequence[str], output: Path | None, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Measure and return the result.

    Args:
        scale: How much of everything.
        rounds: Rounds of the throughput measurement.
        only: Names of measurements; all when empty. Others keep what `output` has of them.
        output: Folder that the result is written to after each measurement; None writes nothing.
        tell: Takes lines of progress.

    Raises:
        BenchError: A name is unknown, or counts are wrong.
        StackError: A server or a worker did not start or ended.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # retries while topics are made anew are no news
    before = results.read_latest(output) if output and only else {}
    found: dict[str, Any] = dict(before.get("measurements", {}))
    with ExitStack() as held:
        logs = held.enter_context(tempfile.TemporaryDirectory(prefix="ironcore-bench-"))
        stack = held.enter_context(Stack(StackOptions(broker="kafka")))
        bench = Bench(scale, rounds, Servers(stack), Path(logs), tell)
        held.callback(bench.close)
        for measurement in chosen(only):
            tell(f"{measurement.name} …")
            measured = measurement.measure(bench)
            bench.found[measurement.name] = measured
            found[measurement.name] = {"measured": datetime.now(UTC).isoformat(timespec="seconds"), **measured}
            if output is not None:
                results.write(results.result_of(found, scale=scale.name, rounds=rounds), output)
    return results.result_of(found, scale=scale.name, rounds=rounds)


def chosen(only: Sequence[str]) -> list[Measurement]:
    """Return the measurements of these names in the registry's order, all without names. Raises BenchError."""
    known = [measurement.name for measurement in MEASUREMENTS]
    if unknown := sorted(set(only) - set(known)):
        raise BenchError(f"no measurement {unknown[0]!r}; there are {', '.join(known)}")
    return [measurement for measurement in MEASUREMENTS if not only or measurement.name in only]
