"""Cache: hot results in Redis, best effort. Without Redis nothing is lost and nothing waits.

A threat's key says that it was published, so a redelivered batch asks here first and does not publish again. One that
is stored for the first time was not published, unless PostgreSQL has lost it since, and asks nothing.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry as RedisRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from schemas.keys import entity_key, threat_key
from schemas.threat import Threat
from streams.metrics import Metrics

T = TypeVar("T")
_encode = msgspec.msgpack.Encoder().encode
#: One command for a whole batch: a SET each, pipelined, costs the client five times as much.
_SET_ALL = "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[1]) end return #KEYS"
#: Longest that a batch waits for Redis, and how long a failed Redis is left alone.
TIMEOUT_S, REST_S = 0.25, 1.0


class Cache:
    """Two verbs that never raise: which threats are known, and remember these."""

    def __init__(self, url: str, *, ttl_s: int, metrics: Metrics) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=RedisRetry(NoBackoff(), 0),
        )
        self._set_all = self._redis.register_script(_SET_ALL)
        self._ttl_s, self._metrics, self._rests_until = ttl_s, metrics, 0.0

    async def unpublished(self, threats: Sequence[Threat]) -> list[Threat]:
        """Return the threats that are not known to be published; all of them when Redis cannot say."""
        if not threats:
            return []
        keys = [threat_key(threat.threat_id) for threat in threats]
        known = await self._try(lambda: self._redis.mget(keys), len(keys))
        if known is None:
            return list(threats)
        fresh = [threat for threat, found in zip(threats, known, strict=True) if found is None]
        self._metrics.cache.labels("miss").inc(len(fresh))
        self._metrics.cache.labels("hit").inc(len(threats) - len(fresh))
        return fresh

    async def remember(self, threats: Sequence[Threat]) -> None:
        """Keep published threats and what is newest of each entity, for `ttl_s`."""
        if not threats:
            return
        hot = hot_results(threats)
        values: list[Any] = [self._ttl_s, *hot.values()]
        if await self._try(lambda: self._set_all(keys=list(hot), args=values), len(threats)) is not None:
            self._metrics.cache.labels("written").inc(len(threats))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _try(self, call: Callable[[], Awaitable[T]], threats: int) -> T | None:
        """Return the answer for so many threats, or None when Redis failed now or a moment ago."""
        if time.monotonic() >= self._rests_until:
            try:
                return await call()
            except (RedisError, OSError, TimeoutError):
                self._rests_until = time.monotonic() + REST_S
        self._metrics.cache.labels("error").inc(threats)
        return None


def hot_results(threats: Sequence[Threat]) -> dict[str, bytes]:
    """Return the Redis keys and values of threats: each itself, and each entity's newest."""
    hot = {threat_key(threat.threat_id): _encode(threat) for threat in threats}
    latest = {threat.entity: threat for threat in threats}
    return hot | {entity_key(entity): _encode(_newest(threat)) for entity, threat in latest.items()}


def _newest(threat: Threat) -> dict[str, Any]:
    """Return what is kept of an entity's latest threat."""
    return {name: getattr(threat, name) for name in ("threat_id", "threat_class", "severity", "risk", "event_time")}
