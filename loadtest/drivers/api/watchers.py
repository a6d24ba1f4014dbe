"""Live clients: WebSocket connections that read msgpack frames and note how old each threat is when it comes.

Run as a program: it says "ready" when all are connected, reads for its time, and prints its figures as JSON.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import uvloop

PING, CLOSE = 0x9, 0x8
AT_ONCE = 50


class Timed(msgspec.Struct):
    """The one field of a threat that is looked at: the publisher writes into it when it publishes."""

    scored_time: float


class Frame(msgspec.Struct):
    """What is looked at of a frame."""

    type: str
    items: list[Timed] = []
    dropped: int = 0


@dataclass(slots=True)
class Seen:
    """What all connections of this process saw."""

    open: int = 0
    lost: int = 0
    frames: int = 0
    threats: int = 0
    dropped: int = 0
    ages: list[float] = field(default_factory=list)
    measuring: bool = False
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def all_open(self, clients: int) -> None:
        """Wait until so many connections are open."""
        while self.open < clients:
            self.opened.clear()
            await self.opened.wait()


_decode = msgspec.msgpack.Decoder(Frame).decode


class Watcher(asyncio.Protocol):
    """One connection. Frames that many share are decoded once for all: the clients are not what is measured."""

    def __init__(self, host: str, path: str, token: str, seen: Seen, shared: dict[bytes, Frame]) -> None:
        self._seen, self._shared, self._buffer, self._open = seen, shared, b"", False
        key = base64.b64encode(os.urandom(16)).decode()
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        # uvloop has transports of its own, which are no subclasses
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request.encode())

    def data_received(self, data: bytes) -> None:
        """Take frames."""
        now = time.time()
        self._buffer = self._buffer + data if self._buffer else data
        if not self._open and not self._upgraded():
            return
        at = 0
        while (end := self._frame(at, now)) is not None:
            at = end
        self._buffer = self._buffer[at:]

    def connection_lost(self, _: Exception | None) -> None:
        """Count it."""
        self._seen.lost += 1

    def _upgraded(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if b" 101 " not in self._buffer[:32]:
            raise RuntimeError(f"not upgraded: {self._buffer[:200]!r}")
        self._buffer, self._open = self._buffer[end + 4 :], True
        self._seen.open += 1
        self._seen.opened.set()
        return True

    def _frame(self, at: int, now: float) -> int | None:
        """Take the frame that begins here (RFC 6455, section 5.2); None when it is not there as a whole."""
        buffer = self._buffer
        if len(buffer) < at + 2:
            return None
        length, begin = buffer[at + 1] & 0x7F, at + 2
        if length > 125:
            size = 2 if length == 126 else 8
            if len(buffer) < begin + size:
                return None
            length, begin = int.from_bytes(buffer[begin : begin + size], "big"), begin + size
        if len(buffer) < begin + length:
            return None
        self._take(buffer[at] & 0x0F, buffer[begin : begin + length], now)
        return begin + length

    def _take(self, opcode: int, payload: bytes, now: float) -> None:
        if opcode == PING and self._transport is not None:
            self._transport.write(bytes((0x8A, 0x80 | len(payload))) + b"\0\0\0\0" + payload)  # masked with zeros
        elif opcode < CLOSE and self._seen.measuring:
            self._note(payload, now)

    def _note(self, payload: bytes, now: float) -> None:
        frame = self._shared.get(payload)
        if frame is None:
            if len(self._shared) > 64:
                self._shared.clear()
            frame = self._shared[payload] = _decode(payload)
        self._seen.frames += 1
        self._seen.dropped += frame.dropped
        for item in frame.items:
            self._seen.threats += 1
            self._seen.ages.append(now - item.scored_time)


async def watch(  # noqa: PLR0913 - a plan, as it comes
    *, host: str, port: int, path: str, token: str, clients: int, seconds: float
) -> dict[str, Any]:
    """Connect, say that it is done, wait for a line on standard input, and measure for so long."""
    seen, shared, loop = Seen(), {}, asyncio.get_running_loop()  # type: Seen, dict[bytes, Frame], Any
    name = f"{host}:{port}"
    for begin in range(0, clients, AT_ONCE):
        count = min(AT_ONCE, clients - begin)
        await asyncio.gather(
            *(
                loop.create_connection(lambda: Watcher(name, path, token, seen, shared), host, port)
                for _ in range(count)
            )
        )
    async with asyncio.timeout(30):
        await seen.all_open(clients)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    seen.measuring = True
    await asyncio.sleep(seconds)
    seen.measuring = False
    ages = sorted(seen.ages)
    return {
        "open": seen.open - seen.lost,
        "frames": seen.frames,
        "threats": seen.threats,
        "dropped": seen.dropped,
        "ages_s": [round(age, 6) for age in ages[:: max(1, len(ages) // 2000)]],
    }


def main() -> None:
    """Read what to do from the first line of standard input."""
    print(json.dumps(uvloop.run(watch(**json.loads(sys.stdin.readline())))))


if __name__ == "__main__":
    main()
