"""The life of a sensor's scorer: read, detect and send until the log ends or it is told to stop; then count."""

from __future__ import annotations

import asyncio
import signal
import time
from asyncio import FIRST_COMPLETED
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path

from ironcore.edge import position
from ironcore.edge.detect import Detector
from ironcore.edge.light import peak_mb
from ironcore.edge.outbox import Outbox, Parcel
from ironcore.edge.position import Place, Position
from ironcore.edge.tail import FileTail, Line, PipeTail, Tail
from models.lite.scorer import LiteScorer
from streams.logs import log

#: Lines that are scored at once: more would take more memory and little less time.
LINES = 64
_IDLE_S = 0.2
#: The windows are rebuilt from so much of the log's past, in event time, as a worker rebuilds its own.
WARM_UP_S = 600.0
_MARKS = 4096


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is told."""

    log: Path | None  #: None is standard input
    model: Path
    broker: str
    follow: bool
    position: Path | None
    held_threats: int
    window_entities: int
    drain_s: float  #: longest wait for Kafka at the end

    @property
    def room_s(self) -> float:
        """Longest wait for room in the outbox: what is followed waits in the log, what is piped in its writer."""
        return inf if self.follow or self.log is None else self.drain_s


@dataclass(slots=True)
class Counts:
    """What a run did."""

    lines_read: int = 0
    events_scored: int = 0
    lines_rejected: int = 0
    threats: int = 0
    threats_sent: int = 0
    threats_held: int = 0
    peak_mb: float | None = None


@dataclass(slots=True)
class _Past:
    """Where the log was at which event time; tells from where on the windows must be read again."""

    marks: deque[tuple[Place, float]] = field(default_factory=lambda: deque(maxlen=_MARKS))

    def begin_at(self, place: Place) -> None:
        """Begin a file."""
        self.marks.clear()
        self.marks.append((place, 0.0))

    def add(self, after: Place, latest_s: float, fingerprint: str) -> Position:
        """Note a place and the latest event time before it; return the position there."""
        if not self.marks or self.marks[-1][0].inode != after.inode:
            self.begin_at(Place(after.inode, 0))
        self.marks.append((after, max(latest_s, self.marks[-1][1])))
        while len(self.marks) > 2 and self.marks[1][1] < self.marks[-1][1] - WARM_UP_S:
            self.marks.popleft()
        return Position(settled=after, warm_up_from=self.marks[0][0], fingerprint=fingerprint)


async def run(options: Options) -> Counts:
    """Score the log and return the counts, as the only run that keeps its place in the position's file.

    Raises:
        OSError: The log is not there or compressed, or the position cannot be written.
        PositionError: The position's file is damaged, or another run has it.
        ArtefactError: The model is missing or altered.
    """
    with position.held(options.position) if options.position else nullcontext():
        return await _run(options)


async def _run(options: Options) -> Counts:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    begin = position.load(options.position) if options.position else None
    detector = Detector(LiteScorer.load(options.model), window_entities=options.window_entities)
    tail = FileTail(options.log, position=begin, follow=options.follow) if options.log else PipeTail()
    save = partial(position.save, options.position) if options.position else lambda _: None
    outbox, counts = Outbox(options.broker, limit=options.held_threats, save=save), Counts()
    sending = asyncio.create_task(outbox.run(), name="outbox")
    sending.add_done_callback(lambda _: stop.set())  # it ends only by a fault
    try:
        await _Reader(tail, detector, outbox, counts, stop, options.room_s).read(begin)
        await asyncio.wait((sending, asyncio.create_task(outbox.drain(options.drain_s))), return_when=FIRST_COMPLETED)
        if sending.done():
            sending.result()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await outbox.close()
        tail.close()
    counts.threats_sent, counts.threats_held, counts.peak_mb = outbox.sent, outbox.held, peak_mb()
    return counts


@dataclass(slots=True)
class _Reader:
    """Takes lines from the tail to the outbox."""

    tail: Tail
    detector: Detector
    outbox: Outbox
    counts: Counts
    stop: asyncio.Event
    room_s: float
    past: _Past = field(default_factory=_Past)

    async def read(self, begin: Position | None) -> None:
        """Take lines until they end, `stop` is set or the outbox stays full."""
        settled = begin.settled if begin and self.tail.resumed else None
        if begin and settled:
            self.past.begin_at(begin.warm_up_from)
        while not (self.stop.is_set() or self.tail.ended):
            lines = self.tail.poll()
            if not lines:
                await asyncio.sleep(_IDLE_S)
            for start in range(0, len(lines), LINES):
                part = lines[start : start + LINES]
                if old := [line.text for line in part if _is_settled(line, settled)]:
                    self.detector.observe(old)
                if not (new := part[len(old) :]):
                    continue
                settled = None  # from here on all is new, also when the file is truncated and written again
                if not await self._take(new):
                    return

    async def _take(self, lines: list[Line]) -> bool:
        """Score lines and hand over what came of them. Return False when it had to stop before there was room."""
        found, counts = self.detector.detect([line.text for line in lines]), self.counts
        counts.lines_read += len(lines)
        counts.events_scored += found.events
        counts.lines_rejected += len(found.rejects)
        counts.threats += len(found.threats)
        for reject in found.rejects[:1]:
            log.warning("%d of %d lines were rejected, the first: %s", len(found.rejects), len(lines), reject.detail)
        if not await self._has_room(len(found.threats)):
            return False  # not settled: read again after a restart
        after = lines[-1].after
        place = self.past.add(after, found.latest_s, self.tail.fingerprint(after))
        self.outbox.put(Parcel(found.threats, found.evidence, place))
        await asyncio.sleep(0)
        return True

    async def _has_room(self, threats: int) -> bool:
        """Wait until so many threats may be put. False when it was told to stop, or Kafka took nothing for long."""
        held, deadline = self.outbox.held, time.monotonic() + self.room_s
        while not self.outbox.has_room(threats):
            if self.stop.is_set():
                return False
            if self.outbox.held < held:
                held, deadline = self.outbox.held, time.monotonic() + self.room_s
            if time.monotonic() > deadline:
                log.error("Kafka took nothing for %s s: the rest of the log is not read", self.room_s)
                return False
            await asyncio.sleep(_IDLE_S)
        return True


def _is_settled(line: Line, settled: Place | None) -> bool:
    return settled is not None and line.after.inode == settled.inode and line.after.offset <= settled.offset
