"""Answers in two levels: bounded, never older than they may be, asked for once, and renewed by decisions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.answers import Answers, Limits
from api.metrics import Metrics


class FakeRedis:
    """Keeps values, or is away."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.away = False

    async def get(self, key: str) -> bytes | None:
        return None if self.away else self.kept.get(key)

    async def put(self, key: str, value: bytes, _: float) -> None:
        if not self.away:
            self.kept[key] = value


class Source:
    """Counts how often it is asked."""

    def __init__(self, body: bytes = b"{}") -> None:
        self.asked, self.body = 0, body

    async def __call__(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        return self.body


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def answers(remote: Any, clock: Clock, *, entries: int = 10, size: int = 1000) -> Answers:
    return Answers(remote, Metrics(), Limits(1.0, entries, size), [(b"x", b"y")], clock)


async def test_the_nearest_place_answers_and_nothing_is_too_old() -> None:
    remote, clock, source = FakeRedis(), Clock(), Source(b"[1]")
    here, there = answers(remote, clock), answers(remote, clock)
    assert here.hot("/q") is None
    assert (await here.get("/q", source)).body["body"] == b"[1]"
    assert here.hot("/q") is not None
    clock.now += 0.6
    assert (await there.get("/q", source)).body["body"] == b"[1]"
    assert source.asked == 1
    clock.now += 0.6  # what came from Redis is not younger for having been fetched
    assert there.hot("/q") is None
    await there.get("/q", source)
    assert source.asked == 2
    assert there.hit_ratio() == pytest.approx(1 / 2)


async def test_many_who_ask_at_once_wait_for_one() -> None:
    source = Source()
    cache = answers(FakeRedis(), Clock())
    await asyncio.gather(*(cache.get("/q", source) for _ in range(20)))
    assert source.asked == 1


async def test_without_redis_it_goes_on() -> None:
    remote, source = FakeRedis(), Source()
    remote.away = True
    cache = answers(remote, Clock())
    await cache.get("/q", source)
    await cache.get("/q", source)
    assert source.asked == 1


async def test_garbage_in_redis_is_a_miss() -> None:
    remote, source = FakeRedis(), Source()
    cache = answers(remote, Clock())
    await cache.get("/q", source)
    remote.kept = dict.fromkeys(remote.kept, b"\xc1")
    await answers(remote, Clock()).get("/q", source)
    assert source.asked == 2


async def test_a_decision_renews_every_answer_at_once() -> None:
    remote, source = FakeRedis(), Source()
    cache = answers(remote, Clock())
    await cache.get("/q", source)
    cache.renew("2")
    assert cache.hot("/q") is None
    await cache.get("/q", source)
    assert source.asked == 2


async def test_an_answer_that_was_on_its_way_during_a_decision_is_not_kept() -> None:
    cache = answers(FakeRedis(), Clock())
    asking = asyncio.create_task(cache.get("/q", Source()))
    await asyncio.sleep(0)
    cache.renew("2")
    await asking
    assert cache.hot("/q") is None


async def test_number_and_bytes_are_bounded_the_oldest_go() -> None:
    cache = answers(FakeRedis(), Clock(), entries=3, size=100)
    for name in "abcd":
        await cache.get(name, Source(b"x" * 10))
    assert [cache.hot(name) is not None for name in "abcd"] == [False, True, True, True]
    await cache.get("large", Source(b"x" * 90))
    assert [cache.hot(name) is not None for name in ("b", "c", "d", "large")] == [False, False, True, True]


async def test_a_fault_reaches_whoever_asked_and_is_not_kept() -> None:
    async def broken() -> bytes:
        raise OSError("away")

    cache = answers(FakeRedis(), Clock())
    with pytest.raises(OSError, match="away"):
        await cache.get("/q", broken)
    assert (await cache.get("/q", Source())).body["body"] == b"{}"


async def test_a_hot_answer_has_the_headers_of_the_edge() -> None:
    kept = await answers(FakeRedis(), Clock()).get("/q", Source())
    assert (b"x", b"y") in kept.hot_start["headers"]
    assert (b"x", b"y") not in kept.start["headers"]
