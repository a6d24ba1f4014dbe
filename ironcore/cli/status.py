"""`ironcore status`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.table import Table

from ironcore.cli.common import console, print_json_line, settings_or_exit
from ironcore.status import healthy, look
from ironcore.view.render import follow
from ironcore.view.snapshot import Watch
from ironcore.workers import watched


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking at the worker, until Ctrl-C.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Show at a glance what is up, the lag, the throughput and the health; the status is 0 when all needed is well.

    The worker is the one on `worker.metrics_host` and `worker.metrics_port`.
    """
    settings = settings_or_exit()
    if watch:
        address = f"{settings.worker.metrics_host}:{settings.worker.metrics_port}"
        asyncio.run(follow(watched(Watch(settings.broker), address), console))
        return
    found = asyncio.run(look(settings))
    if json:
        print_json_line(found)
    else:
        table = Table("part", "state", show_header=False, box=None, padding=(0, 2))
        for name, state in found.items():
            text = "  ".join(f"{key} {value}" for key, value in state.items()) if isinstance(state, dict) else state
            table.add_row(name, text)
        console.print(table)
    if not healthy(found):
        raise typer.Exit(1)
