"""A Faust transport that delivers slabs: one message for each partition of each fetch.

Faust's cost is per message, so a message that carries thousands of records removes it. Agents, group
membership, rebalancing and the commit timer stay Faust's; what does not fit slabs is its book-keeping of
single offsets and gaps, replaced here by a queue of owed slabs per partition.

Registered as the entry point `slab` of `faust.transports`: `slab://host:port` names it as a broker URL.
"""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import google_crc32c
from aiokafka.consumer import consumer as consumers
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import memory_records
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from streams.app import App
from streams.restore import find_starts
from streams.slab import Slab

#: Where a batch of Kafka's has its checksum, and what follows and is checked by it. Source:
#: https://kafka.apache.org/documentation/#recordbatch.
_CHECKSUM, _CHECKED = slice(17, 21), slice(21, None)


class MemoryRecords(memory_records._MemoryRecordsPy):  # type: ignore[misc] # noqa: SLF001 - the other one hides the bytes
    """A fetch of a partition, a batch of Kafka's after the other."""

    _next_slice: memoryview

    def checked_batch(self) -> Any:
        """Return the next batch. aiokafka computes its checksum in software, twenty times as slow.

        Raises:
            CorruptRecordException: It is cut off, or its checksum is wrong.
        """
        piece, batch = self._next_slice, self.next_batch()
        if google_crc32c.value(bytes(piece[_CHECKED])) != int.from_bytes(piece[_CHECKSUM]):
            raise CorruptRecordException(f"wrong checksum at offset {batch.base_offset}")
        return batch


class BareRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """A fetched partition whose records are taken a batch of Kafka's at a time, and stay as they were read.

    A step of Python's and a `ConsumerRecord` for each would double their cost.
    """

    next_fetch_offset: int
    _records: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._records_iterator = None  # it and this would hold each other, and the fetched bytes
        self._left: list[Any] = []  # read, and not taken
        self._end = self.next_fetch_offset  # of what was read

    @property
    def is_empty(self) -> bool:
        """Whether all was taken."""
        return not self._left and not self._records.has_next()

    def take(self, limit: int) -> list[Any]:
        """Return the next records, at most `limit`.

        Raises:
            CorruptRecordException: Nothing is left then, and the position stays, from which all is fetched again.
        """
        while len(self._left) < limit and self._records.has_next():
            try:
                batch = self._records.checked_batch() if self._check_crcs else self._records.next_batch()
            except CorruptRecordException as fault:
                self._records, self._left = MemoryRecords(b""), []
                raise CorruptRecordException(f"{self._tp}: {fault}") from None
            if not batch.is_control_batch:
                # The first batch may begin before what was asked for.
                self._left += batch if batch.base_offset >= self._end else [r for r in batch if r.offset >= self._end]
            self._end = max(self._end, batch.next_offset)
        taken, self._left = self._left[:limit], self._left[limit:]
        self.next_fetch_offset = self._left[0].offset if self._left else self._end
        return taken

    def __next__(self) -> Any:
        if taken := self.take(1):
            return taken[0]
        raise StopIteration


class FetchResult(fetcher.FetchResult):  # type: ignore[misc]
    """What a fetch brought of a partition."""

    def getall(self, max_records: int | None = None) -> list[Any]:
        """Return the records, at most so many, and move the position past them. Raises CorruptRecordException."""
        if not self.has_more() or not self.check_assignment(self._topic_partition):
            return []
        fetched: BareRecords = self._partition_records  # type: ignore[has-type]
        try:
            taken = fetched.take(max_records or sys.maxsize)
            self._update_position()
        finally:
            if fetched.is_empty:
                self._partition_records = None
        return taken


class Fetcher(fetcher.Fetcher):  # type: ignore[misc]
    """Fetches while somebody waits for records of which none lie here, and not ahead."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._waits: list[Collection[Any]] = []  # who waits: for these partitions; for all where none are named
        super().__init__(*args, **kwargs)

    async def fetched_records(self, partitions: Collection[Any], *args: Any, **kwargs: Any) -> dict[Any, list[Any]]:
        """Return what was fetched and not taken yet; fetch when there is nothing."""
        with self._waiting(partitions):
            records: dict[Any, list[Any]] = await super().fetched_records(partitions, *args, **kwargs)
        return records

    async def next_record(self, partitions: Collection[Any]) -> Any:
        """Return the next record."""
        with self._waiting(partitions):
            return await super().next_record(partitions)

    @contextmanager
    def _waiting(self, partitions: Collection[Any]) -> Iterator[None]:
        self._waits.append(partitions)
        self._notify(self._wait_consume_future)  # its routine looks again for what to do
        try:
            yield
        finally:
            self._waits.remove(partitions)

    def _get_actions_per_node(self, assignment: Any) -> tuple[Any, ...]:
        fetches, *others = super()._get_actions_per_node(assignment)
        wanted = any(not any(not of or tp in of for tp in self._records) for of in self._waits)
        return fetches if wanted else [], *others


# aiokafka has no other way; the whole process reads slabs
fetcher.MemoryRecords, fetcher.PartitionRecords, fetcher.FetchResult = MemoryRecords, BareRecords, FetchResult
consumers.Fetcher = Fetcher


@dataclass(slots=True, eq=False)
class Owed:
    """The end of a slab that was handed out, and whether its sinks have taken it."""

    next_offset: int
    settled: bool = False


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread with a shorter long poll: Faust sets 1.5 s, and the embedded broker waits it out."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer: Any = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = int(cast(App, self.app).fetch_wait_s * 1000)  # noqa: SLF001 - read at its start
        return consumer


class Consumer(driver.Consumer):
    """Faust's aiokafka consumer, in slabs.

    The order on a revocation: 1. commit what is settled; 2. let Faust stop the flow, wait for the batches in
    hand (at most `drain_s`) and commit again; 3. forget what the revoked partitions still owe: it is given back.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._app = cast(App, self.app)
        self._owed: defaultdict[TP, deque[Owed]] = defaultdict(deque)
        self._restore_until: dict[TP, int] = {}
        self._restore_begins: set[TP] = set()

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Fetch once, when records are wanted, and yield a message for each partition that has some."""
        try:
            async with asyncio.timeout(timeout):
                await self._app.wanted.wait()
        except TimeoutError:
            return
        records_of, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if records_of is None or self.should_stop or not self.flow_active:
            return  # when a rebalance began during the fetch, the records come again after the seek that ends it
        if records_of:
            self._app.wanted.clear()
        slabs = [
            (tp, part, restores)
            for tp, records in records_of.items()
            if active is None or tp in active or tp in self._buffered_partitions
            for part, restores in self._split(tp, records)
        ]
        for number, (tp, part, restores) in enumerate(slabs, 1):
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            more = number < len(slabs)
            yield tp, self._message(tp, part, restores=restores, more=more, generation=generation)

    def _split(self, tp: TP, records: list[Any]) -> Iterator[tuple[list[Any], bool]]:
        """Cut a fetch at the committed offset: what lies before it only restores the windows."""
        until = self._restore_until.get(tp, 0)
        if records[0].offset >= until:
            yield records, False
            return
        cut = next((i for i, record in enumerate(records) if record.offset >= until), len(records))
        yield records[:cut], True
        if cut < len(records):
            yield records[cut:], False

    def _message(self, tp: TP, records: list[Any], *, restores: bool, more: bool, generation: int) -> Message:
        owed = Owed(records[-1].offset + 1)
        if not restores:
            self._owed[tp].append(owed)
        first_of_restore = restores and tp in self._restore_begins
        self._restore_begins.discard(tp)
        left = max(0, self._end(tp) - owed.next_offset)

        def settle() -> None:
            owed.settled = True
            message.ack(self)
            message.value = None  # message, slab and this would hold each other until the collector comes

        message: Message = ConsumerMessage(
            tp.topic,
            tp.partition,
            records[-1].offset,
            records[-1].timestamp / 1000.0,
            records[-1].timestamp_type,
            None,
            None,
            cast(Any, Slab(tp.topic, tp.partition, records, restores, first_of_restore, left, more, settle)),
            None,
            tp=tp,
            generation_id=generation,
        )
        return message

    def ack(self, message: Message) -> bool:
        """Forget the message. It moves no offset: Faust also acks what it skips; only `Slab.settle` counts."""
        self._unacked_messages.discard(message)
        waiting, message.acked = self._waiting_for_ack, True
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        return True

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return (tp for tp in list(self._owed) if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        """Return the end of the settled head of the queue, which is what may be committed."""
        owed, offset = self._owed[tp], None
        while owed and owed[0].settled:
            offset = owed.popleft().next_offset
        return offset

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: slabs carry their own ends, so a gap between two of them means nothing."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust's livelock check counts single offsets. `streams.health` watches the commits."""

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, then back by the windows' length so that they are rebuilt."""
        await super().perform_seek()
        committed = {tp: offset for tp in self.assignment() if (offset := self._committed_offset[tp])}
        consumer = self._thread._ensure_consumer()  # noqa: SLF001 - Faust has no public way to its driver
        starts = await self._thread.call_thread(find_starts, consumer, committed, self._app.rewind)
        for tp, start in starts.items():
            await self.seek(tp, start)
        self._restore_until = {tp: committed[tp] for tp in starts}
        self._restore_begins = set(starts)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish or give back the revoked partitions, in the order that the class documents."""
        await self.commit()  # 1.
        await super().on_partitions_revoked(revoked)  # 2.
        self._forget(revoked)  # 3.

    def _forget(self, tps: Iterable[TP]) -> None:
        for tp in tps:
            self._owed.pop(tp, None)
            self._restore_until.pop(tp, None)
            self._restore_begins.discard(tp)

    async def wait_empty(self) -> None:
        """Wait for the batches in hand, at most `drain_s`; what is not done by then is given back."""
        try:
            await asyncio.wait_for(super().wait_empty(), self._app.drain_s)
        except TimeoutError:
            self.log.warning(
                "gave back %d slabs that were not done in %s s", len(self._unacked_messages), self._app.drain_s
            )
            self._unacked_messages.clear()
            await self.commit_and_end_transactions()

    def standings(self) -> dict[TP, tuple[int, int, bool]]:
        """Return for each assigned partition the committed offset, the end of the log, and whether it owes slabs."""
        return {
            tp: (self._committed_offset[tp] or 0, self._end(tp), bool(self._owed.get(tp))) for tp in self._assigned()
        }

    def _end(self, tp: TP) -> int:
        try:
            return self.highwater(tp) or 0
        except (AssertionError, AttributeError):  # the consumer's thread has just lost the partition
            return 0

    def _assigned(self) -> set[TP]:
        try:
            return self.assignment()
        except ConsumerNotStarted:
            return set()


class Transport(driver.Transport):
    """The aiokafka transport with the slab consumer."""

    Consumer = Consumer
