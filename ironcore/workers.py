"""Workers beside the local stack: what must be there first, and each worker as a child process."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path

import aiohttp

from ironcore.migrate import migrate
from ironcore.settings import FILE_VARIABLE, Settings
from ironcore.stack import ChildProcess, Endpoints
from ironcore.stack.ports import LOOPBACK, free_port
from ironcore.topics import create_topics
from ironcore.view.metrics import metrics_from_text
from ironcore.view.snapshot import Snapshot, Watch

START_LIMIT_S = 90.0
REFRESH_S = 0.5
HTTP_TIMEOUT = aiohttp.ClientTimeout(total=5)


def prepare(endpoints: Endpoints, settings: Settings, partitions: Mapping[str, int] | None = None) -> None:
    """Migrate the database and create the topics that are missing."""
    worker = settings.worker
    asyncio.run(
        migrate(endpoints.postgres_dsn, retention_days=worker.retention_days, ahead_days=worker.partitions_ahead_days)
    )
    asyncio.run(create_topics(endpoints.broker, partitions=partitions))


def worker_process(
    endpoints: Endpoints, settings: Settings, log: Path, *, name: str = "worker", port: int = 0, **overrides: object
) -> ChildProcess:
    """Describe a worker on the stack's servers; `overrides` are settings of `[worker]`."""
    port = port or free_port()
    variables = {"METRICS_HOST": LOOPBACK, "METRICS_PORT": port, **{k.upper(): v for k, v in overrides.items()}}
    return ChildProcess(
        name=name,
        address=f"{LOOPBACK}:{port}",
        argv=[sys.executable, "-m", "ironcore", "worker"],
        log=log,
        probe=partial(check_ready, f"{LOOPBACK}:{port}"),
        ports=(port,),
        env={
            "IRONCORE_BROKER": endpoints.broker,
            "IRONCORE_POSTGRES_DSN": endpoints.postgres_dsn,
            "IRONCORE_REDIS_URL": endpoints.redis_url,
            **settings_file(),
            **{f"IRONCORE_WORKER__{key}": str(value) for key, value in variables.items()},
        },
        start_limit_s=START_LIMIT_S,
        stop_limit_s=3 * settings.worker.drain_s,
    )


async def check_ready(address: str) -> None:
    """Ask a worker whether it is ready. Raises OSError when it is not."""
    await check_answers(f"http://{address}/ready")


async def check_answers(url: str) -> None:
    """Ask a server of HTTP. Raises OSError, with what it said, when it does not answer with 200."""
    status, text = await _get(url)
    if status != 200:
        raise OSError(f"{url} answers {status}: {text}")


async def scrape(address: str) -> str:
    """Return a worker's metrics as text. Raises OSError when it does not answer."""
    return (await _get(f"http://{address}/metrics"))[1]


async def _get(url: str) -> tuple[int, str]:
    try:
        async with aiohttp.ClientSession(timeout=HTTP_TIMEOUT) as session, session.get(url) as answer:
            return answer.status, await answer.text()
    except aiohttp.ClientError as error:
        raise OSError(str(error)) from error


async def watched(watch: Watch, address: str, sent: Callable[[], int | None] = lambda: None) -> AsyncIterator[Snapshot]:
    """Yield what there is to see of a worker, twice a second, until cancelled. Raises OSError when it is gone."""
    while True:
        watch.read(metrics_from_text(await scrape(address)), sent())
        yield watch.snapshot()
        await asyncio.sleep(REFRESH_S)


def settings_file() -> dict[str, str]:
    """Return the variable that names the settings file by its whole path: a child runs in another folder."""
    file = Path(os.environ.get(FILE_VARIABLE, "ironcore.toml"))
    return {FILE_VARIABLE: str(file.resolve())} if file.is_file() else {}
