"""`ironcore demo`."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ironcore.cli.common import errors, print_json_line, settings_or_exit
from ironcore.demo import Run, play
from ironcore.local_api import api_process, sign_in_link
from ironcore.stack import Stack, StackError, StackOptions
from ironcore.traffic.generate import generate
from ironcore.traffic.pace import Timetable, at_rate, at_speed
from ironcore.traffic.read import LogError, read
from ironcore.traffic.record import Record, native_record
from ironcore.traffic.send import SendError
from ironcore.view.render import follow
from ironcore.view.snapshot import Watch
from ironcore.workers import prepare, watched, worker_process

FOREVER_S = 365 * 86_400.0
#: A log is played in its own rhythm, as many times faster as it takes to fit into this.
LOG_SECONDS = 30.0
MAX_GAP_S = 1.0


def demo(  # noqa: PLR0913, PLR0917 - a command has as many options as it needs
    path: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="A sensor log to play.")] = None,
    duration: Annotated[float | None, typer.Option(min=1, help="Stop after so many seconds.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No live view; progress as lines.")] = False,
    rate: Annotated[float | None, typer.Option(min=1, help="Events a second.  [default: 1000, or the log's]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the generated traffic; the same seed plays the same.")] = 1,
    broker: Annotated[str, typer.Option(help="tansu, kafka (Apache Kafka) or HOST:PORT.")] = "tansu",
) -> None:
    """Show the whole pipeline at work, with servers of its own that are gone afterwards.

    Without a file it plays a generated office network with a port scan, a brute force, a beacon, an exfiltration and
    a flood in it. The last line is one JSON object; the status is not 0 when something was lost.
    """
    try:
        summary = _demo(path, duration, headless=headless, rate=rate, seed=seed, broker=broker)
    except (StackError, LogError, SendError) as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from error
    print_json_line(summary)
    if summary["lost"]:
        raise typer.Exit(1)


def _demo(  # noqa: PLR0913
    path: Path | None, duration: float | None, *, headless: bool, rate: float | None, seed: int, broker: str
) -> dict[str, Any]:
    settings = settings_or_exit()
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: what was started is stopped, and its folder removed
        signal.signal(number, signal.default_int_handler)
    with Stack(StackOptions(broker=broker)) as stack, ExitStack() as held:
        prepare(stack.endpoints, settings)
        worker = worker_process(stack.endpoints, settings, stack.logs / "worker.log")
        held.callback(worker.stop)
        errors.print("servers are up; the worker loads its model")
        worker.start()
        api = api_process(stack.endpoints, settings, stack.logs / "api.log", [worker], processes=1)
        held.callback(api.stop)
        api.start()
        link = sign_in_link(stack.endpoints, api.address)
        errors.print(f"dashboard (signs in once): {link}", soft_wrap=True, highlight=False)
        records, timetable = _traffic(path, duration, rate, seed)
        watch = Watch(stack.endpoints.broker, dashboard=link)
        run = Run(stack.endpoints, worker.address, watch, worker.check_alive)
        return asyncio.run(_play(run, records, timetable, duration, headless=headless))


async def _play(
    run: Run, records: Iterator[Record], timetable: Timetable, duration: float | None, *, headless: bool
) -> dict[str, Any]:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if duration is not None:
        loop.call_later(duration, stop.set)
    view = asyncio.create_task(
        follow(
            watched(run.watch, run.worker, lambda: run.sent.acknowledged),
            Console(stderr=True, force_terminal=False if headless else None),
        )
    )
    try:
        return await play(run, records, timetable, stop)
    finally:
        view.cancel()
        await asyncio.gather(view, return_exceptions=True)


def _traffic(
    path: Path | None, duration: float | None, rate: float | None, seed: int
) -> tuple[Iterator[Record], Timetable]:
    if path is None:
        rate = rate or 1000.0
        made = generate(seed, time.time(), duration or FOREVER_S, rate)
        return (native_record(labelled.event) for labelled in made), at_speed(1.0, MAX_GAP_S)
    return read(path), at_rate(rate) if rate else at_speed(_speed(path, duration or LOG_SECONDS), MAX_GAP_S)


def _speed(path: Path, seconds: float) -> float:
    """Return how many times faster than it was written a log must be played to fit."""
    times = [record.event_time for record in read(path) if record.event_time is not None]
    return max(1.0, (max(times) - min(times)) / seconds) if times else 1.0
