"""Poison: it lands in the dead letters with its reason and its bytes, and its neighbours are unharmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import msgpack
from aiokafka import AIOKafkaProducer

from ironcore import dead_letters
from ironcore.ledger import Ledger
from ironcore.stack import Endpoints
from schemas.dead_letter import Reason
from schemas.topics import RAW
from tests.integration.conftest import Workers, until
from tests.integration.traffic import all_stored, flows, raw, rows, send_noted

GOOD = b'{"kind":"flow","event_time":1700000000.5,"src_ip":"10.1.1.%d","flow":{"orig_bytes":1}}'
POISON: dict[bytes, Reason] = {
    b"": Reason.EMPTY,
    b"{broken": Reason.MALFORMED,
    b"\xff\xfe\x00": Reason.MALFORMED,
    b"[" * 100_000: Reason.MALFORMED,
    b'{"kind":"flow","event_time":NaN,"flow":{}}': Reason.MALFORMED,
    b'{"what":"is this"}': Reason.UNKNOWN_FORMAT,
    b'{"kind":"flow","event_time":"yesterday","flow":{}}': Reason.INVALID,
    b'{"kind":"flow","event_time":1,"src_port":70000,"flow":{}}': Reason.INVALID,
    b'{"kind":"flow","event_time":1,"flow":{"orig_bytes":-1}}': Reason.INVALID,
    b'{"kind":"flow","event_time":1,"src_ip":"999.1.1.1","flow":{}}': Reason.INVALID,
    b'{"kind":"dns","event_time":1}': Reason.INVALID,
    msgpack.packb({"kind": "flow", "event_time": float("nan"), "flow": {}}): Reason.INVALID,
    b"[" + GOOD % 77 + b',{"kind":"flow"}]': Reason.INVALID,
    b'{"kind":"flow","event_time":1,"host":"' + b"x" * 10_000_000 + b'","flow":{}}': Reason.TOO_LARGE,
}


async def test_poison_is_kept_with_its_reason_and_its_neighbours_are_scored(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    workers.start()
    ledger = Ledger()
    mixed = [record for number, value in enumerate(POISON) for record in raw(GOOD % (number + 100), value)]
    await send_noted(endpoints.broker, mixed, ledger)
    await until(lambda: all_stored(database, ledger), what="the good neighbours")
    good = len(POISON) + 1  # one more is the neighbour within the batch
    assert await rows(database) == (good, good)

    async def all_letters() -> bool:
        return len(await dead_letters.read(endpoints.broker)) >= len(POISON)

    await until(all_letters, what="the dead letters")
    letters = [stored.letter for stored in await dead_letters.read(endpoints.broker)]
    assert {letter.value or b"": letter.reason for letter in letters} == POISON
    in_batch = next(letter for letter in letters if (letter.value or b"").startswith(b"[{"))
    assert "element 2" in in_batch.detail
    assert workers.unexpected_errors() == []


async def test_records_that_clients_would_refuse_to_send_are_dead_letters_too(
    endpoints: Endpoints, workers: Workers
) -> None:
    """No key and no value; a header without a value; a value that is larger than any record once it is unpacked."""
    worker = workers.start()
    async with packing(endpoints.broker) as producer:
        nothing = producer.create_batch()
        nothing.append(key=None, value=None, timestamp=None)
        nothing.append(key=b"tombstone", value=None, timestamp=None, headers=[("empty", None)])
        nothing.append(key=None, value=b"x" * 40_000_000, timestamp=None)
        await (await producer.send_batch(nothing, RAW.name, partition=0))

    async def letters() -> list[dead_letters.Stored]:
        found = await dead_letters.read(endpoints.broker)
        return found if len(found) == 3 else []

    found = [stored.letter for stored in await until(letters, what="three dead letters")]
    assert {letter.reason for letter in found} == {Reason.EMPTY, Reason.TOO_LARGE}
    assert next(letter for letter in found if letter.key == b"tombstone").headers == (("empty", None),)
    assert "40000000 bytes are left where they were read" in next(
        letter.detail for letter in found if letter.reason is Reason.TOO_LARGE
    )
    assert worker.ready


@asynccontextmanager
async def packing(broker: str) -> AsyncIterator[AIOKafkaProducer]:
    async with AIOKafkaProducer(
        bootstrap_servers=broker, compression_type="gzip", max_batch_size=64_000_000, max_request_size=64_000_000
    ) as producer:
        yield producer


async def test_replay_returns_each_letter_once(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    """What was rejected as too large is scored when it is returned to a worker with a larger limit."""
    strict = workers.start("strict", record_bytes=1024)
    big = b'{"kind":"http","event_time":1700000000,"src_ip":"10.2.2.2","http":{"uri":"' + b"u" * 2000 + b'"}}'
    await send_noted(endpoints.broker, raw(big), Ledger())

    async def rejected() -> bool:
        return len(await dead_letters.read(endpoints.broker)) == 1

    await until(rejected, what="the dead letter")
    strict.stop()
    workers.start("generous")
    assert await dead_letters.replay(endpoints.broker) == 1
    assert await dead_letters.replay(endpoints.broker) == 0
    ledger = Ledger()
    ledger.add(big, [])
    await until(lambda: all_stored(database, ledger), what="the returned record")


async def test_a_bad_deploy_stops_the_worker_and_says_why(endpoints: Endpoints, workers: Workers) -> None:
    worker = workers.start(bad_ratio_records=100, max_bad_ratio=0.5)
    await send_noted(endpoints.broker, [*flows(10), *raw(*[b"{%d" % n for n in range(300)])], Ledger())

    async def stopped() -> bool:
        return worker.pid is None

    await until(stopped, what="the worker's end")
    [reason] = workers.unexpected_errors()
    assert "records were rejected, more than the limit of 50%" in reason
