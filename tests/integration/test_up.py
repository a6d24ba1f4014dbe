"""`ironcore up` runs what the compose file runs, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import aiohttp
import psutil
import pytest

from ironcore.stack.ports import free_port
from tests.integration.conftest import until


async def test_up_runs_servers_worker_and_prometheus_and_stops_them_all(tmp_path: Path) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed on this machine")
    port = free_port()
    output = tmp_path / "up.txt"
    ports = [f"--{name}-port=0" for name in ("broker", "postgres", "redis")]
    with output.open("w") as file:
        up = subprocess.Popen(  # noqa: ASYNC220 - its output goes to a file
            [sys.executable, "-m", "ironcore", "up", *ports, "--prometheus", f"--prometheus-port={port}"],
            stdout=file, stderr=subprocess.STDOUT, cwd=tmp_path,
            env={
                **os.environ, "COLUMNS": "200",
                "IRONCORE_WORKER__METRICS_PORT": str(free_port()), "IRONCORE_API__PORT": str(free_port()),
            },
        )  # fmt: skip
    try:

        async def shown() -> bool:
            assert up.poll() is None, output.read_text()
            return "Ctrl-C stops it" in output.read_text()

        await until(shown, what="the table of parts", limit_s=120)
        assert re.search(r"worker-0 .*api .*prometheus ", output.read_text(), re.DOTALL)
        for job in ("worker", "api"):
            await until(partial(_scraped, port, job), what=f"a scrape of the {job}")
        link = re.search(r"http://127\.0\.0\.1:\d+/login#code=[\w-]+", output.read_text())
        assert link is not None
        children = psutil.Process(up.pid).children(recursive=True)
        assert len(children) >= 5
        up.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(up.wait, 60) == 0
        assert psutil.wait_procs(children, timeout=5)[1] == []
    finally:
        up.kill()


async def _scraped(port: int, job: str) -> bool:
    query = f'http://127.0.0.1:{port}/api/v1/query?query=up{{job="{job}"}}==1'
    async with aiohttp.ClientSession() as session, session.get(query) as answer:
        return bool((await answer.json())["data"]["result"])
