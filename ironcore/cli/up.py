"""`ironcore up`: the local stack in the foreground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.table import Table

from ironcore.cli.common import console, errors, settings_or_exit
from ironcore.local_api import API, api_process, sign_in_link
from ironcore.prometheus import prometheus as prometheus_beside
from ironcore.settings import Settings
from ironcore.stack import ChildProcess, Endpoints, Stack, StackError, StackOptions
from ironcore.stack.ports import free_port
from ironcore.stack.told import told_to_stop
from ironcore.workers import prepare, worker_process

WATCH_S = 1.0
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free port.")]


def up(  # noqa: PLR0913, PLR0917 - one for each option of the command
    broker: Annotated[
        str, typer.Option(help="tansu (in memory), kafka (Apache Kafka, durable) or HOST:PORT.")
    ] = "tansu",
    postgres: Annotated[str, typer.Option(help="embedded, or the DSN of a PostgreSQL.")] = "embedded",
    redis: Annotated[str, typer.Option(help="embedded, or the URL of a Redis or Valkey.")] = "embedded",
    data_dir: Annotated[
        Path | None, typer.Option(help="Keeps the data (not those of tansu); without it they go when this ends.")
    ] = None,
    broker_port: Port = 9092,
    postgres_port: Port = 5432,
    redis_port: Port = 6379,
    workers: Annotated[int, typer.Option(min=0, max=16, help="Workers to run; 0 runs the servers alone.")] = 1,
    api: Annotated[bool, typer.Option(help="Also the API and the dashboard, on `api.port`.")] = True,
    prometheus: Annotated[bool, typer.Option(help="Also the machine's own Prometheus, with our alert rules.")] = False,
    prometheus_port: Port = 9090,
) -> None:
    """Run a pipeline on this machine until Ctrl-C: broker, PostgreSQL, Valkey, workers and API, on loopback only.

    The database is migrated and the topics are created first. The first worker's metrics are on
    `worker.metrics_port`, those of the others on the ports after it. The link to the dashboard signs in once.

    The embedded PostgreSQL asks for no password: everybody who has an account on this machine can read its data.
    """
    options = StackOptions(broker, postgres, redis, data_dir, broker_port, postgres_port, redis_port)
    settings = settings_or_exit()
    try:
        beside = Beside(workers, api=api, prometheus_port=prometheus_port if prometheus else None)
        hold(options, lambda stack: _processes(stack, settings, beside))
    except StackError as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from error


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs beside the servers."""

    workers: int
    api: bool
    prometheus_port: int | None


def _processes(stack: Stack, settings: Settings, beside: Beside) -> Sequence[ChildProcess]:
    """Bring database and topics up to date, and describe workers, API and Prometheus."""
    prepare(stack.endpoints, settings)
    first = settings.worker.metrics_port
    workers = [
        worker_process(
            stack.endpoints,
            settings,
            stack.logs / f"worker-{number}.log",
            name=f"worker-{number}",
            port=first + number if first else 0,
        )
        for number in range(beside.workers)
    ]
    more: list[ChildProcess] = []
    if beside.api:
        more.append(api_process(stack.endpoints, settings, stack.logs / "api.log", workers, port=settings.api.port))
    if beside.prometheus_port is not None:
        folder, port = stack.logs.parent / "prometheus", beside.prometheus_port or free_port()
        more.append(prometheus_beside(folder, stack.logs / "prometheus.log", port, workers, more))
    return [*workers, *more]


def hold(options: StackOptions, more: Callable[[Stack], Sequence[ChildProcess]]) -> None:
    """Run the stack, and then what `more` makes of it, until told to stop. Raises StackError when a part ends early."""
    with told_to_stop() as told, Stack(options) as stack, ExitStack() as held:
        for process in (processes := more(stack)):
            held.callback(process.stop)
            process.start()
        show(stack, processes)
        while not told.wait(WATCH_S):
            for part in (*stack.services.values(), *processes):
                part.check_alive()


def show(stack: Stack, processes: Sequence[ChildProcess]) -> None:
    """Print what runs where, and the settings that lead other commands to it."""
    table = Table("part", "address", "process")
    for part in (*stack.services.values(), *processes):
        table.add_row(part.name, part.shown, str(part.pid or "not ours"))
    console.print(table)
    typer.echo(exports(stack.endpoints))
    for part in processes:
        if part.name == API:
            console.print(f"dashboard (signs in once): {sign_in_link(stack.endpoints, part.address)}", soft_wrap=True)
    kept = stack.options.data_dir
    console.print(f"logs in {stack.logs}; data {f'kept in {kept}' if kept else 'go when this ends'}. Ctrl-C stops it.")


def exports(endpoints: Endpoints) -> str:
    """Return the settings as lines for a shell."""
    return "\n".join(f"export IRONCORE_{name.upper()}={quote(value)}" for name, value in asdict(endpoints).items())
