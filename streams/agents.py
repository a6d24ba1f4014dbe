"""The one agent: slabs of the raw topic go into the pipeline, and nothing is acknowledged here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from schemas.topics import RAW
from streams.app import App, SlabSchema
from streams.slab import Slab


def add_agent(app: App, take: Callable[[Slab], Awaitable[None]]) -> None:
    """Subscribe to the raw topic. `take` waits while enough are queued, which pauses the fetcher."""
    topic = app.topic(RAW.name, schema=SlabSchema())

    @app.agent(topic, name="score")
    async def score(slabs: Any) -> None:
        async for slab in slabs.noack():
            await take(slab)
