"""Redis, best effort: what cannot be had is None, and a failed Redis is left alone for a moment."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

T = TypeVar("T")
#: Longest that a request waits for Redis, and how long a failed Redis is left alone.
TIMEOUT_S, REST_S = 0.25, 1.0
MAX_CONNECTIONS = 32


class Remote:
    """A client whose calls never raise."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
            max_connections=MAX_CONNECTIONS,
        )
        self._rests_until = 0.0

    async def get(self, key: str) -> bytes | None:
        """Return a value."""
        found: Any = await self._try(lambda: self._redis.get(key))
        return None if found is None else bytes(found)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for a time."""
        await self._try(lambda: self._redis.set(key, value, px=max(1, int(seconds * 1000))))

    async def count(self, key: str, seconds: int) -> int | None:
        """Add one to a counter that lives so long from its first count, and return it."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.incr(key)
        pipe.expire(key, seconds, nx=True)
        counted = await self._try(pipe.execute)
        return int(counted[0]) if counted else None

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _try(self, call: Callable[[], Awaitable[T]]) -> T | None:
        if time.monotonic() < self._rests_until:
            return None
        try:
            return await call()
        except (RedisError, OSError, TimeoutError):
            self._rests_until = time.monotonic() + REST_S
            return None
