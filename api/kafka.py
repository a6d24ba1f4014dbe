"""The producer of a process: starts when the broker is there, and waits for all replicas."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from api.log import log
from schemas.topics import MAX_MESSAGE_BYTES

RETRY_S = 1.0
AWAY = (KafkaError, OSError, TimeoutError)


class Out(NamedTuple):
    """A record to send."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


class Producer:
    """Sends and waits. Raises one of `AWAY` when the broker does not acknowledge in time."""

    def __init__(self, broker: str, send_s: float) -> None:
        self._broker, self._send_s = broker, send_s
        self._producer: AIOKafkaProducer | None = None

    @property
    def ready(self) -> bool:
        """Whether it has found the broker."""
        return self._producer is not None

    async def start(self) -> None:
        """Look for the broker until it is there."""
        while self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._broker,
                acks="all",
                enable_idempotence=False,  # the embedded broker refuses it; what is sent twice is told by its key
                linger_ms=1,
                request_timeout_ms=int(self._send_s * 1000),
                max_request_size=MAX_MESSAGE_BYTES,
            )
            try:
                await producer.start()
            except AWAY as fault:
                await producer.stop()
                log.warning("the broker %s is not there yet: %s", self._broker, fault)
                await asyncio.sleep(RETRY_S)
            else:
                self._producer = producer

    async def send(self, records: Sequence[Out]) -> int:
        """Send all, wait for the acknowledgements, and return the offset after the last one."""
        if self._producer is None:
            raise OSError(f"the broker {self._broker} has not been reached yet")
        producer = self._producer
        sent: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(self._send_s):
                for out in records:
                    sent.append(  # noqa: PERF401 - kept also when a later one fails
                        await producer.send(out.topic, key=out.key, value=out.value, headers=out.headers)
                    )
                done = await asyncio.gather(*sent)
        finally:
            for future in sent:
                future.add_done_callback(lambda done: done.cancelled() or done.exception())
        return max((found.offset + 1 for found in done), default=0)

    async def stop(self) -> None:
        """Send what is left, and close."""
        if self._producer is not None:
            await self._producer.stop()
