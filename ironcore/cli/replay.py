"""`ironcore replay`: sensor logs played into the pipeline."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ironcore.cli.common import ask_broker, errors, print_json_line, settings_or_exit
from ironcore.traffic.pace import Timetable, at_once, at_rate, at_speed, paced
from ironcore.traffic.read import LogError, read
from ironcore.traffic.send import SendError, Sent, connected, send
from schemas.topics import RAW


def replay(  # noqa: PLR0913, PLR0917 - a command has as many options as it needs
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The log; what it is, is seen from it.")],
    rate: Annotated[float | None, typer.Option(min=0.001, help="Records per second, evenly.")] = None,
    speed: Annotated[float | None, typer.Option(min=0.001, help="The log's timing, so many times as fast.")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="As fast as the broker takes them.")] = False,
    max_gap: Annotated[float, typer.Option(min=0.001, help="Longest pause in the log's timing, seconds.")] = 5.0,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many records.")] = None,
    topic: Annotated[str, typer.Option(help="Where to send.")] = RAW.name,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON at the end.")] = False,
) -> None:
    """Play a log into the pipeline: in its own time, or by --rate, --speed or --fast.

    Zeek TSV and JSON, Suricata EVE, OCSF, ECS and native JSON lines, plain or gzipped, and parquet files of flows.
    Records go out as they are, broken lines too: `ironcore dead-letters list` tells what was wrong with them.
    The status is 0 when the broker has taken all.
    """
    timetable = _timetable(rate, speed, max_gap, fast=fast)
    broker = settings_or_exit().broker
    try:
        sent = ask_broker(broker, _play(path, broker, topic, timetable, limit))
    except (LogError, SendError) as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from error
    _summarise(path, sent, as_json=json)


def _timetable(rate: float | None, speed: float | None, max_gap_s: float, *, fast: bool) -> Timetable:
    if (rate is not None) + (speed is not None) + fast > 1:
        raise typer.BadParameter("--rate, --speed and --fast exclude each other")
    if fast:
        return at_once
    return at_speed(speed or 1.0, max_gap_s) if rate is None else at_rate(rate)


async def _play(path: Path, broker: str, topic: str, timetable: Timetable, limit: int | None) -> Sent:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(path.name, total=limit)
        async with connected(broker) as producer:
            return await send(
                paced(islice(read(path), limit), timetable),
                producer,
                topic,
                lambda sent: progress.update(task, completed=sent.acknowledged),
            )


def _summarise(path: Path, sent: Sent, *, as_json: bool) -> None:
    per_s = sent.records / max(sent.seconds, 1e-9)
    if as_json:
        print_json_line({"path": str(path), **asdict(sent), "records_per_s": round(per_s, 1)})
    else:
        typer.echo(
            f"{sent.acknowledged:,} records ({sent.bytes:,} bytes) in {sent.seconds:.1f} s, {per_s:,.0f} a second"
        )
