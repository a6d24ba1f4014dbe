"""A run: the servers up, each measurement in its order, the result written after each."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ironcore.stack import Stack, StackError, StackOptions
from loadtest.bench import Bench
from loadtest.drivers.servers import Servers
from loadtest.errors import BenchError
from loadtest.registry import MEASUREMENTS, Measurement
from loadtest.report import results
from loadtest.report.machine import describe_machine
from loadtest.scale import Scale


def run(
    scale: Scale, *, rounds: int, only: Sequence[str], output: Path | None, tell: Callable[[str], None]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Measure, and return the result and what failed: the reason by the measurement's name.

    Args:
        scale: How much of everything.
        rounds: Rounds of the throughput, and of the API's reads.
        only: Names of measurements; all when empty. Others keep what `output` has of them.
        output: Folder that the result is written to after each measurement; None writes nothing.
        tell: Takes lines of progress.

    Raises:
        BenchError: A name is unknown.
        StackError: A server did not start.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # retries while topics are made anew are no news
    wanted, failed, machine = chosen(only), dict[str, str](), describe_machine()
    before = results.read_latest(output) if output and only else {}
    found: dict[str, Any] = dict(before.get("measurements", {}))
    with ExitStack() as held:
        logs = held.enter_context(tempfile.TemporaryDirectory(prefix="ironcore-bench-"))
        stack = held.enter_context(Stack(StackOptions(broker="kafka")))
        bench = Bench(scale, rounds, Servers(stack), Path(logs), tell)
        for measurement in wanted:
            tell(f"{measurement.name} …")
            try:
                measured = measurement.measure(bench)
            except (BenchError, StackError) as error:  # the others are worth their while
                tell(f"  failed: {error}")
                failed[measurement.name] = str(error)
                continue
            bench.found[measurement.name] = measured
            found[measurement.name] = {"measured": datetime.now(UTC).isoformat(timespec="seconds"), **measured}
            if output is not None:
                results.write(results.result_of(found, machine=machine, scale=scale.name, rounds=rounds), output)
    return results.result_of(found, machine=machine, scale=scale.name, rounds=rounds), failed


def chosen(only: Sequence[str]) -> list[Measurement]:
    """Return the measurements of these names in the registry's order, all without names. Raises BenchError."""
    known = [measurement.name for measurement in MEASUREMENTS]
    if unknown := sorted(set(only) - set(known)):
        raise BenchError(f"no measurement {unknown[0]!r}; there are {', '.join(known)}")
    return [measurement for measurement in MEASUREMENTS if not only or measurement.name in only]
