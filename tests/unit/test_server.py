"""The worker's port: all metrics, or those that are named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest

from ironcore.view.metrics import metrics_from_text
from streams.health import Health, Verdict
from streams.metrics import Metrics
from streams.server import start_server


class Well:
    """Health without a worker."""

    def healthy(self) -> Verdict:
        return Verdict(ok=True, detail="")

    def ready(self) -> Verdict:
        return Verdict(ok=False, detail="no partition")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    metrics = Metrics()
    metrics.events.labels("flow").inc(3)
    runner, port = await start_server("127.0.0.1", 0, cast(Health, Well()), metrics)
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


async def _get(url: str, **query: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url, params=query) as answer:
        return answer.status, await answer.text()


async def test_metrics_are_all_or_those_that_are_named(address: str) -> None:
    status, everything = await _get(f"{address}/metrics")
    assert status == 200
    assert metrics_from_text(everything).total("ironcore_events_total", kind="flow") == 3
    assert "ironcore_stage_seconds" in everything
    status, named = await _get(f"{address}/metrics", **{"name[]": "ironcore_events_total"})
    assert status == 200
    assert metrics_from_text(named).total("ironcore_events_total") == 3
    assert {line.split("{")[0] for line in named.splitlines() if line[0] != "#"} == {"ironcore_events_total"}


async def test_health_and_readiness_are_told_apart(address: str) -> None:
    assert (await _get(f"{address}/health"))[0] == 200
    status, text = await _get(f"{address}/ready")
    assert status == 503
    assert "no partition" in text
