"""`ironcore worker`."""

from __future__ import annotations

import asyncio

import typer

from ironcore.cli.common import settings_or_exit
from streams import logs
from streams.errors import Fatal
from streams.worker import run_worker


def worker() -> None:
    """Run one worker: consume raw events, score them, store them, publish threats.

    Workers of one group share the partitions; start more to go faster. SIGTERM finishes the batches in hand.
    """
    settings = settings_or_exit()
    logs.configure(settings.log_level)
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(run_worker(settings.broker, settings.postgres_dsn, settings.redis_url, settings.worker))
    except Fatal as fault:
        logs.log.error("stopped: %s", fault)
        raise typer.Exit(1) from fault


def _loop() -> asyncio.AbstractEventLoop:
    import uvloop  # noqa: PLC0415 - not on every platform

    return uvloop.new_event_loop()
