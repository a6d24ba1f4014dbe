"""`ironcore bench`."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Annotated

import typer

from ironcore.cli.common import errors, print_json_line
from ironcore.stack import StackError


def bench(  # noqa: PLR0913, PLR0917 - a command has as many options as it needs
    json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object, the last line.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="Measure only this; may be repeated.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of throughput and API reads.  [default: 3]")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of everything; figures are rough.")] = False,
    smoke: Annotated[bool, typer.Option("--smoke", help="Tiny counts: does all run, are counts right?")] = False,
    output: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder of results.  [default: loadtest/results for a full run]"),
    ] = None,
) -> None:
    """Measure this checkout beside its peers, on servers of its own (Apache Kafka, PostgreSQL, Valkey).

    A full run takes half an hour and writes its results and pictures; see loadtest/README.md.
    """
    try:
        from loadtest import scale as scales  # noqa: PLC0415 - a checkout has it, an installation has not
        from loadtest.errors import BenchError  # noqa: PLC0415
        from loadtest.report import tables  # noqa: PLC0415
        from loadtest.report.results import FOLDER  # noqa: PLC0415
        from loadtest.run import run  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        errors.print(f"[red]{missing}: the bench runs in a checkout with `make setup`[/red]", highlight=False)
        raise typer.Exit(1) from missing
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: what was started is stopped
        signal.signal(number, signal.default_int_handler)
    scale = scales.SMOKE if smoke else scales.QUICK if quick else scales.FULL
    if output is None and scale is scales.FULL:
        output = FOLDER
    began = time.monotonic()

    def tell(line: str) -> None:
        typer.echo(f"{time.monotonic() - began:7.1f} s  {line}", err=True)

    try:
        result, failed = run(scale, rounds=rounds or scale.rounds, only=only or (), output=output, tell=tell)
    except (BenchError, StackError) as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from error
    if output == FOLDER:
        tables.rewrite(result)
    if json:
        print_json_line(result["figures"])
    else:
        tables.show(result)
    if failed:
        errors.print(f"[red]failed: {', '.join(failed)}[/red]", highlight=False)
        raise typer.Exit(1)
