"""Answers in two levels: bounded and in this process, then in Redis for all processes; then the source.

An answer is at most `ttl_s` old wherever it is kept. Its key contains a token that changes with triage and with
suppressions, so that whoever decided something sees it at once.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from api.metrics import Metrics
from api.redis import Remote
from schemas.keys import answer_key

JSON = "application/json"
Source = Callable[[], Awaitable[bytes]]
Message = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
#: A longer question (path and query) is answered, and not kept.
MAX_QUESTION = 1024


class Limits(NamedTuple):
    """How old an answer may be, in seconds; how many a process keeps, and how many bytes of them."""

    ttl_s: float
    entries: int
    size: int


class Answer(msgspec.Struct, gc=False):
    """As Redis keeps it; encoded with msgpack."""

    body: bytes
    content_type: str
    until: float  #: seconds since 1970


class Kept(msgspec.Struct):
    """As a process keeps it: the two ASGI messages that it is sent by."""

    start: Message
    hot_start: Message  #: with the headers that the edge adds to every response
    body: Message
    until: float
    size: int


class Answers:
    """Both levels. Concurrent questions for the same answer wait for one."""

    def __init__(
        self,
        remote: Remote,
        metrics: Metrics,
        limits: Limits,
        headers: Headers,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._remote, self._metrics, self._clock = remote, metrics, clock
        self._limits, self._headers = limits, headers
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._bytes = 0
        self._coming: dict[str, asyncio.Task[Kept]] = {}
        self.token = ""
        self._found = self._asked = 0
        self._hits, self._redis_hits, self._misses = (
            metrics.answers.labels(by) for by in ("process", "redis", "source")
        )

    def hot(self, question: str) -> Kept | None:
        """Return an answer that this process has."""
        kept = self._kept.get(question)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self._drop(question)
            return None
        self._hits.inc()
        self._found += 1
        self._asked += 1
        return kept

    def hit_ratio(self) -> float | None:
        """Return the share of reads that did not reach the source; None before the first one."""
        return self._found / self._asked if self._asked else None

    def renew(self, token: str) -> None:
        """Forget what was answered before something was decided."""
        if token != self.token:
            self.token = token
            self._kept.clear()
            self._bytes = 0

    async def get(self, question: str, source: Source, content_type: str = JSON) -> Kept:
        """Return the answer to a question from the nearest place that has it. Raises what the source raises."""
        if (kept := self.hot(question)) is not None:
            return kept
        token = self.token
        key = answer_key(token, question)
        task = self._coming.get(key)
        if task is None:
            task = self._coming[key] = asyncio.create_task(self._fetch(token, question, source, content_type))
            task.add_done_callback(lambda done: self._arrived(key, done))
        return await asyncio.shield(task)

    def _arrived(self, key: str, done: asyncio.Task[Kept]) -> None:
        self._coming.pop(key, None)
        if not done.cancelled():
            done.exception()  # looked at, also when whoever asked has gone

    async def _fetch(self, token: str, question: str, source: Source, content_type: str) -> Kept:
        key = answer_key(token, question)
        self._asked += 1
        answer = await self._from_redis(key)
        if answer is None:
            self._misses.inc()
            until = self._clock() + self._limits.ttl_s
            answer = Answer(await source(), content_type, until)
            await self._remote.put(key, _pack(answer), self._limits.ttl_s)
        kept = _kept(answer, self._headers)
        if token == self.token and len(question) <= MAX_QUESTION:
            self._keep(question, kept)
        return kept

    async def _from_redis(self, key: str) -> Answer | None:
        data = await self._remote.get(key)
        if data is None:
            return None
        try:
            answer = _unpack(data)
        except msgspec.MsgspecError:
            return None
        if answer.until <= self._clock():
            return None
        self._redis_hits.inc()
        self._found += 1
        return answer

    def _keep(self, question: str, kept: Kept) -> None:
        self._drop(question)
        self._kept[question] = kept
        self._bytes += kept.size
        while len(self._kept) > self._limits.entries or self._bytes > self._limits.size:
            self._bytes -= self._kept.popitem(last=False)[1].size

    def _drop(self, question: str) -> None:
        if (old := self._kept.pop(question, None)) is not None:
            self._bytes -= old.size


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Answer).decode


def _kept(answer: Answer, more: Headers) -> Kept:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    return Kept(
        {"type": "http.response.start", "status": 200, "headers": headers},
        {"type": "http.response.start", "status": 200, "headers": [*headers, *more]},
        {"type": "http.response.body", "body": answer.body},
        answer.until,
        len(answer.body),
    )
