"""Bounds the guessing of passwords: failed sign-ins of a user and of an address, a minute."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from api.errors import ProblemError
from api.redis import Remote
from schemas.keys import attempts_key

WINDOW_S = 60
MAX_REMEMBERED = 10_000


class Attempts:
    """Counts in Redis, for all processes; in this process alone while Redis is away."""

    def __init__(self, remote: Remote, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._remote, self._limit, self._clock = remote, limit, clock
        self._own: dict[str, tuple[int, float]] = {}
        self.one_at_a_time = asyncio.Lock()

    async def check(self, *who: str) -> None:
        """Raise ProblemError (429) when one of them has failed too often."""
        for each in who:
            if await self._failures(each) >= self._limit:
                raise ProblemError(
                    429,
                    f"too many failed sign-ins: try again in {WINDOW_S} seconds",
                    headers={"Retry-After": str(WINDOW_S)},
                )

    async def failed(self, *who: str) -> None:
        """Count a failed sign-in."""
        for each in who:
            counted = await self._remote.count(attempts_key(each), WINDOW_S)
            self._remember(each, counted or 0)

    async def _failures(self, who: str) -> int:
        told = await self._remote.get(attempts_key(who))
        count, until = self._own.get(who, (0, 0.0))
        return max(int(told or 0), count if self._clock() < until else 0)

    def _remember(self, who: str, told: int) -> None:
        count, until = self._own.get(who, (0, 0.0))
        if self._clock() >= until:
            count, until = 0, self._clock() + WINDOW_S
        if len(self._own) >= MAX_REMEMBERED:
            self._own.clear()
        self._own[who] = (max(count + 1, told), until)
