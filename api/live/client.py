"""One live client: a bounded queue of frames that others share, and the task that sends them.

A client that does not take its frames loses the oldest ones, is told how many, and slows nobody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from api.live.codec import Codec, Message

Send = Callable[[Message], Awaitable[None]]


class Frame(NamedTuple):
    """A frame that can be dropped: what sends it, what is lost with it, and where the feed stands after it."""

    message: Message
    weight: int
    last_id: str


class Client:
    """Its verbs never wait, apart from `run`."""

    def __init__(self, send: Send, codec: Codec, limit: int, last_id: str) -> None:
        self.codec = codec
        self._send, self._limit, self._last_id = send, limit, last_id
        self._first: deque[Message] = deque()
        self._queue: deque[Frame] = deque()
        self._weight = self._dropped = 0
        self._dropped_until = ""
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._sending_since: float | None = None

    @property
    def idle(self) -> bool:
        """Whether it has taken everything."""
        return self._sending_since is None and not self._queue and not self._first

    def put(self, frame: Frame) -> int:
        """Queue a frame; return how many threats and changes were dropped for it."""
        dropped = 0
        self._queue.append(frame)
        self._weight += frame.weight
        while self._weight > self._limit:
            old = self._queue.popleft()
            self._weight -= old.weight
            dropped += old.weight
            self._dropped_until = old.last_id
        self._dropped += dropped
        self._wake.set()
        return dropped

    def put_first(self, message: Message) -> None:
        """Queue what goes before everything else and is not dropped."""
        self._first.append(message)
        self._wake.set()

    def put_if_idle(self, message: Message) -> None:
        """Queue what is of no use to a client that is behind."""
        if self.idle:
            self.put_first(message)

    def lose(self, number: int, until_id: str) -> int:
        """Tell the client of threats that are not here any more."""
        self._dropped += number
        self._dropped_until = until_id
        self._wake.set()
        return number

    def stalled_s(self) -> float:
        """Return for how long it has not taken what is being sent."""
        return 0.0 if self._sending_since is None else self._loop.time() - self._sending_since

    async def run(self) -> None:
        """Send until cancelled, or until the connection is gone."""
        while True:
            message = self._next()
            if message is None:
                await self._wake.wait()
                continue
            self._sending_since = self._loop.time()
            await self._send(message)
            self._sending_since = None

    def _next(self) -> Message | None:
        if self._first:
            return self._first.popleft()
        if self._dropped:
            return self._gap()
        if self._queue:
            frame = self._queue.popleft()
            self._weight -= frame.weight
            self._last_id = frame.last_id
            return frame.message
        self._wake.clear()
        return None

    def _gap(self) -> Message:
        gap = {
            "type": "gap",
            "dropped": self._dropped,
            "since_id": self._last_id,
            "until_id": self._dropped_until,
        }
        self._dropped, self._last_id = 0, self._dropped_until
        return self.codec.message(gap)
