"""Hands what was read from Kafka to the live clients, a frame a tick for all clients of one filter and form."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from api.contract.filter import ThreatFilter
from api.item import Item
from api.live.client import Client, Frame
from api.live.codec import CODECS, Codec
from api.live.position import Position, position_of, text_of
from api.live.ring import Entry, Ring
from api.log import log
from api.metrics import Metrics
from api.selection import Test, test_of
from api.settings import ApiSettings
from schemas.triage import Change

#: Threats of one frame at most; a resumed client gets several.
FRAME_THREATS = 500
#: Handing a frame to a client costs some 30 µs of a core: with many clients, ticks are fewer and frames longer.
CLIENT_S = 6e-5
BEAT_S, PING_S = 1.0, 20.0


class Channel:
    """The clients that see the same."""

    def __init__(self, test: Test, codec: Codec) -> None:
        self.test, self.codec = test, codec
        self.clients: set[Client] = set()


class Hub:
    """One a process; runs on its event loop and needs no locks."""

    def __init__(self, settings: ApiSettings, metrics: Metrics, covers: Callable[[Item], bool]) -> None:
        self._settings, self._metrics, self._covers = settings, metrics, covers
        self._ring = Ring(settings.live_history)
        self._position: list[int] = []
        self._pending: list[tuple[Entry, float | None]] = []
        self._changes: list[Change] = []
        self._channels: dict[tuple[str, str], Channel] = {}
        self._of_client: dict[Client, tuple[str, str]] = {}
        self._tasks: dict[Client, asyncio.Task[None]] = {}
        self._stats: Callable[[], Any] = lambda: None

    def show_stats(self, stats: Callable[[], Any]) -> None:
        """Send what this returns every second."""
        self._stats = stats

    @property
    def clients(self) -> int:
        """Live clients of this process."""
        return len(self._of_client)

    @property
    def position(self) -> Position:
        """Where the feed stands; empty before it has begun."""
        return tuple(self._position)

    @property
    def last_id(self) -> str:
        """The same as text."""
        return text_of(self.position)

    # What the feed tells.

    def begin(self, position: Position) -> None:
        """Begin to read from here: nothing before it is known."""
        self._pending.clear()
        self._position = list(position)
        self._ring.begin(position)

    def arrive(self, item: Item, partition: int, offset: int, published_time: float | None) -> None:
        """Take a threat; its time of publication is None when it only fills the history."""
        self._pending.append((Entry(item, partition, offset), published_time))

    def passed(self, partition: int, offset: int) -> None:
        """Take note of a record that is no threat."""
        if not self._pending:
            self._position[partition] = offset + 1

    def changed(self, changes: Iterable[Change]) -> None:
        """Take what analysts did."""
        self._changes += changes

    # What clients ask.

    def join(self, client: Client, query: ThreatFilter, since: str | None, task: asyncio.Task[None]) -> None:
        """Add a client: hello, what it missed, and from now on what passes its filter."""
        self._tasks[client] = task
        self._metrics.live_clients.inc()
        resumed = self._missed(since)
        self._greet(client, resumed=resumed is not None)
        channel = self._enter(client, query)
        if resumed is not None:
            lost, entries = resumed
            if lost:
                self._metrics.live_dropped.inc(client.lose(lost, self.last_id))
            self._renew_suppressed(entries)
            for frame in self._frames(channel, entries, since or ""):
                self._metrics.live_dropped.inc(client.put(frame))

    def refilter(self, client: Client, query: ThreatFilter) -> None:
        """Give a client another filter from now on."""
        self._exit(client)
        self._enter(client, query)
        self._greet(client, resumed=False)

    def leave(self, client: Client) -> None:
        """Forget a client."""
        if self._tasks.pop(client, None) is not None:
            self._exit(client)
            self._metrics.live_clients.dec()

    # What time does.

    async def run(self) -> None:
        """Tick until cancelled."""
        beat, ping = time.monotonic() + BEAT_S, time.monotonic() + PING_S
        while True:
            await asyncio.sleep(max(self._settings.live_tick_s, self.clients * CLIENT_S))
            self.flush()
            now = time.monotonic()
            if now >= beat:
                beat = now + BEAT_S
                self._beat()
            if now >= ping:
                ping = now + PING_S
                self._to_all_idle({"type": "ping"})

    def flush(self) -> None:
        """Hand over what has come since the last tick."""
        if self._changes:
            changes, self._changes = self._changes, []
            self._ring.change(changes)
            self._tell_changes(changes)
        if self._pending:
            pending, self._pending = self._pending, []
            self._tell_threats(pending)

    def _tell_threats(self, pending: Sequence[tuple[Entry, float | None]]) -> None:
        entries, before_id = [entry for entry, _ in pending], self.last_id
        for entry in entries:
            entry.item.suppressed = self._covers(entry.item)
            self._position[entry.partition] = entry.offset + 1
            self._ring.add(entry)
        self._metrics.live_threats.inc(len(entries))
        news = [entry for entry, published in pending if published is not None]
        for channel in self._channels.values():
            for frame in self._frames(channel, news, before_id):
                self._give(channel, frame)
        now = time.time()
        for _, published in pending:
            if published is not None:
                self._metrics.live_seconds.observe(max(0.0, now - published))

    def _tell_changes(self, changes: Sequence[Change]) -> None:
        plain = [change.model_dump(mode="json") for change in changes]
        for codec in CODECS.values():
            for at in range(0, len(plain), FRAME_THREATS):
                part = plain[at : at + FRAME_THREATS]
                frame = Frame(codec.message({"type": "triage", "changes": part}), len(part), self.last_id)
                for channel in self._channels.values():
                    if channel.codec is codec:
                        self._give(channel, frame)

    def _give(self, channel: Channel, frame: Frame) -> None:
        for client in channel.clients:
            if dropped := client.put(frame):
                self._metrics.live_dropped.inc(dropped)

    def _beat(self) -> None:
        for client, task in self._tasks.items():
            if client.stalled_s() > self._settings.live_stall_s:
                log.info("a live client has taken nothing for %s s and is dropped", self._settings.live_stall_s)
                task.cancel()
        if self._of_client and (stats := self._stats()) is not None:
            self._to_all_idle({"type": "stats", "stats": stats})

    def _to_all_idle(self, frame: Any) -> None:
        messages = {name: codec.message(frame) for name, codec in CODECS.items()} if self._of_client else {}
        for client in self._of_client:
            client.put_if_idle(messages[client.codec.name])

    def _frames(self, channel: Channel, entries: Sequence[Entry], before_id: str) -> Iterator[Frame]:
        """Cut what passes the filter into frames. Only the last one says that everything was sent."""
        passed = [entry for entry in entries if channel.test(entry.item)]
        size = min(FRAME_THREATS, self._settings.live_queue)
        for at in range(0, len(passed), size):
            part = passed[at : at + size]
            last_id = self.last_id if at + size >= len(passed) else before_id
            items = [entry.encoded(channel.codec) for entry in part]
            frame = {"type": "threats", "items": items, "last_id": last_id}
            yield Frame(channel.codec.message(frame), len(part), last_id)

    def _missed(self, since: str | None) -> tuple[int, list[Entry]] | None:
        """Return what a client missed; None when it does not say, or speaks of another topic than this one."""
        position = position_of(since) if since is not None else None
        if position is None or len(position) != len(self._position):
            return None
        if any(mine < theirs for mine, theirs in zip(self._position, position, strict=True)):
            return None
        return self._ring.since(position)

    def _renew_suppressed(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if (suppressed := self._covers(entry.item)) is not entry.item.suppressed:
                entry.item.suppressed = suppressed
                entry.altered()

    def _greet(self, client: Client, *, resumed: bool) -> None:
        hello = {"type": "hello", "last_id": self.last_id, "server_time": time.time(), "resumed": resumed}
        client.put_first(client.codec.message(hello))

    def _enter(self, client: Client, query: ThreatFilter) -> Channel:
        key = (query.model_dump_json(), client.codec.name)
        channel = self._channels.get(key)
        if channel is None:
            channel = self._channels[key] = Channel(test_of(query), client.codec)
        channel.clients.add(client)
        self._of_client[client] = key
        return channel

    def _exit(self, client: Client) -> None:
        key = self._of_client.pop(client)
        channel = self._channels[key]
        channel.clients.discard(client)
        if not channel.clients:
            del self._channels[key]
