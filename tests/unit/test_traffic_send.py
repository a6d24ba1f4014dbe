"""Sending against a producer that can be told to fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, RequestTimedOutError

from ironcore.traffic import send as sending
from ironcore.traffic.record import Record
from ironcore.traffic.send import MAX_ATTEMPTS, MAX_IN_FLIGHT, Sender, SendError, Sent, send

Verdict = Callable[[bytes, int], Exception | None]


class FakeProducer:
    """Answers each attempt by `verdict(value, attempt)`; keeps what it accepted, in order."""

    def __init__(self, verdict: Verdict = lambda *_: None, *, refuses_early: bool = False) -> None:
        self.verdict, self.refuses_early = verdict, refuses_early
        self.accepted: list[tuple[str, bytes | None, bytes, list[tuple[str, bytes]]]] = []
        self.attempts: dict[bytes, int] = {}
        self.held: list[asyncio.Future[Any]] | None = None

    async def send(
        self, topic: str, value: bytes, key: bytes | None, *, headers: list[tuple[str, bytes]]
    ) -> asyncio.Future[Any]:
        attempt = self.attempts[value] = self.attempts.get(value, 0) + 1
        error = self.verdict(value, attempt)
        if error and self.refuses_early:
            raise error
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if error:
            future.set_exception(error)
        elif self.held is not None:
            self.held.append(future)
        else:
            self.accepted.append((topic, key, value, headers))
            future.set_result(None)
        return future


@pytest.fixture(autouse=True)
def _no_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_BACKOFF_S", 0.0)


def _records(count: int) -> list[Record]:
    return [Record(b"%05d" % n, [("content-type", b"application/json")], b"key%d" % n, None) for n in range(count)]


async def _stream(records: Iterable[Record]) -> AsyncIterator[Record]:
    for record in records:
        yield record


async def test_everything_arrives_in_order_and_is_counted() -> None:
    producer, records, seen = FakeProducer(), _records(2500), list[Sent]()
    sent = await send(_stream(records), producer, "raw", seen.append)
    assert producer.accepted == [("raw", r.key, r.value, r.headers) for r in records]
    assert (sent.records, sent.acknowledged, sent.bytes) == (2500, 2500, 12_500)
    assert [progress.records for progress in seen] == list(range(1, 2501))


@pytest.mark.parametrize("refuses_early", [False, True])
@pytest.mark.parametrize("error", [RequestTimedOutError(), KafkaTimeoutError()])
async def test_a_passing_fault_is_tried_again_and_counted_once(error: KafkaError, *, refuses_early: bool) -> None:
    producer = FakeProducer(
        lambda value, n: error if value == b"00003" and n < MAX_ATTEMPTS else None, refuses_early=refuses_early
    )
    sent = await send(_stream(_records(10)), producer, "raw")
    assert sorted(value for _, _, value, _ in producer.accepted) == [r.value for r in _records(10)]
    assert producer.attempts[b"00003"] == MAX_ATTEMPTS
    assert (sent.records, sent.acknowledged) == (10, 10)


async def test_a_lasting_fault_is_reported_with_its_record_after_the_last_attempt() -> None:
    producer = FakeProducer(lambda value, _: RequestTimedOutError() if value == b"00003" else None)
    with pytest.raises(SendError, match=r"record b'00003' was not accepted: RequestTimedOutError") as caught:
        await send(_stream(_records(10)), producer, "raw")
    assert producer.attempts[b"00003"] == MAX_ATTEMPTS
    assert caught.value.record == _records(10)[3]
    assert (caught.value.sent.records, caught.value.sent.acknowledged) == (10, 9)


@pytest.mark.parametrize("refuses_early", [False, True])
@pytest.mark.parametrize("error", [MessageSizeTooLargeError(), RuntimeError("broken")])
async def test_a_fault_that_time_does_not_heal_is_not_tried_again(error: Exception, *, refuses_early: bool) -> None:
    producer = FakeProducer(lambda value, _: error if value == b"00003" else None, refuses_early=refuses_early)
    with pytest.raises(SendError, match="00003"):
        await send(_stream(_records(10)), producer, "raw")
    assert producer.attempts[b"00003"] == 1


async def test_nothing_more_is_sent_after_a_failure() -> None:
    producer = FakeProducer(
        lambda value, _: MessageSizeTooLargeError() if value == b"00003" else None, refuses_early=True
    )
    with pytest.raises(SendError):
        await send(_stream(_records(1000)), producer, "raw")
    assert len(producer.attempts) == 4


async def test_what_is_in_flight_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    producer = FakeProducer()
    producer.held = []
    sender = Sender(producer, "raw")
    for record in _records(MAX_IN_FLIGHT):
        await sender.put(record)
    blocked = asyncio.create_task(sender.put(_records(1)[0]))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not blocked.done()
    assert sender.sent.acknowledged == 0
    producer.held[0].set_result(None)
    await blocked
    assert (sender.sent.records, sender.sent.acknowledged) == (MAX_IN_FLIGHT + 1, 1)


async def test_a_cancelled_acknowledgement_is_a_failure() -> None:
    producer = FakeProducer()
    producer.held = []
    sender = Sender(producer, "raw")
    await sender.put(_records(1)[0])
    producer.held[0].cancel()
    with pytest.raises(SendError, match="stopped"):
        await sender.drain()


async def test_a_long_record_is_named_in_short() -> None:
    record = Record(b"x" * 5000, [], None, None)
    with pytest.raises(SendError, match="and 4920 bytes more") as caught:
        await send(_stream([record]), FakeProducer(lambda *_: MessageSizeTooLargeError()), "raw")
    assert len(str(caught.value)) < 300
