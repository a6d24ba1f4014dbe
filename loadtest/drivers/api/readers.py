"""A bounded number of connections that read over HTTP/1.1 and do as little as a client can, so that servers show.

Run as a program: the figures go to standard output as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

CONNECT_S = 10.0
#: Of the sorted times, about so many are told, at equal distances: enough for a 99th percentile.
MAX_TOLD = 2000


@dataclass(slots=True)
class Plan:
    """What to read. With a rate, requests are sent by the clock, and a late answer counts from when it was due."""

    host: str
    port: int
    paths: list[str]
    headers: dict[str, str]
    connections: int
    seconds: float
    rate: float | None = None


@dataclass(slots=True)
class Seen:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    errors: int = 0
    body_bytes: int = 0


class Reader(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, plan: Plan, seen: Seen) -> None:
        self._seen, self._buffer, self._missing = seen, bytearray(), -1
        head = "".join(f"{name}: {value}\r\n" for name, value in plan.headers.items())
        self._requests = [
            f"GET {path} HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\n{head}\r\n".encode() for path in plan.paths
        ]
        self._number, self._due, self._answered = 0, 0.0, asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        # uvloop has transports of its own, which are no subclasses
        self._transport = cast(asyncio.Transport, transport)

    async def ask(self, due: float) -> None:
        """Send the next request and wait for its answer; `due` is when it should have been sent."""
        assert self._transport is not None
        self._due = due
        self._answered.clear()
        self._transport.write(self._requests[self._number % len(self._requests)])
        self._number += 1
        await self._answered.wait()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        if self._missing < 0:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head(bytes(self._buffer[:end]).lower(), len(self._buffer) - end - 4)
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self._buffer.clear()
            self._seen.seconds.append(time.perf_counter() - self._due)
            self._answered.set()

    def _head(self, head: bytes, body_so_far: int) -> None:
        if b" 200 " not in head.partition(b"\r\n")[0] + b" ":
            self._seen.errors += 1
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        self._seen.body_bytes = length
        self._missing = length - body_so_far

    def connection_lost(self, _: Exception | None) -> None:
        """Count a connection that the server closed."""
        if not self._answered.is_set():
            self._seen.errors += 1
            self._answered.set()


async def read(plan: Plan) -> dict[str, Any]:
    """Carry out a plan and return what was seen; seconds are those of single requests, sorted."""
    seen, loop = Seen(), asyncio.get_running_loop()
    readers = []
    for _ in range(plan.connections):
        async with asyncio.timeout(CONNECT_S):
            readers.append((await loop.create_connection(lambda: Reader(plan, seen), plan.host, plan.port))[1])
    began = time.perf_counter()
    if plan.rate is None:
        await asyncio.gather(*(_as_fast_as_it_goes(reader, began + plan.seconds) for reader in readers))
    else:
        await asyncio.gather(*(_by_the_clock(reader, plan, began, at) for at, reader in enumerate(readers)))
    took = time.perf_counter() - began
    count, ordered = len(seen.seconds), sorted(seen.seconds)
    return {
        "count": count,
        "seconds": [round(each, 6) for each in ordered[:: max(1, count // MAX_TOLD)]],
        "errors": seen.errors,
        "took_s": took,
        "body_bytes": seen.body_bytes,
    }


async def _as_fast_as_it_goes(reader: Reader, until: float) -> None:
    while (now := time.perf_counter()) < until:
        await reader.ask(now)


async def _by_the_clock(reader: Reader, plan: Plan, began: float, at: int) -> None:
    """Send each connection's share; one that is late goes on at once, and its waiting counts."""
    assert plan.rate is not None
    step = plan.connections / plan.rate
    due = began + step * at / plan.connections
    while due < began + plan.seconds:
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        await reader.ask(due)
        due += step


def main() -> None:
    """Read the plan from the first line of standard input."""
    print(json.dumps(uvloop.run(read(Plan(**json.loads(sys.stdin.readline()))))))


if __name__ == "__main__":
    main()
