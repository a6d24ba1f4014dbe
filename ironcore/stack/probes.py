"""Asks a server, in its own protocol, whether it is ready: our servers, and those that are there already."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from redis.asyncio import Redis
from redis.exceptions import RedisError

#: Returns when the server answered; raises one of UNREADY when it did not.
Probe = Callable[[], Awaitable[None]]

UNREADY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, RedisError)
ATTEMPT_S = 5.0
PAUSE_S = 0.03


async def broker(address: str) -> None:
    """Ask the brokers at HOST:PORT[,...] which nodes there are."""
    await _reach_one_of(address.split(","))  # aiokafka would log an error for each attempt that is too early
    admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=int(ATTEMPT_S * 1000))
    try:
        await admin.start()
        await admin.describe_cluster()
    finally:
        await admin.close()


async def postgres(dsn: str) -> None:
    """Log in and ask for a row."""
    connection = await asyncpg.connect(dsn, timeout=ATTEMPT_S)
    try:
        await connection.fetchval("SELECT 1")
    finally:
        await connection.close()


async def redis(url: str) -> None:
    """Send PING."""
    async with Redis.from_url(url, socket_timeout=ATTEMPT_S, socket_connect_timeout=ATTEMPT_S) as client:
        await client.ping()


def ask(probe: Probe) -> None:
    """Ask once, in a thread of its own, as the caller's may have an event loop. Raises one of UNREADY."""
    with ThreadPoolExecutor(1, thread_name_prefix="stack-probe") as thread:
        thread.submit(lambda: asyncio.run(_bounded(probe))).result()


def wait_until_ready(probe: Probe, limit_s: float, check_alive: Callable[[], None]) -> None:
    """Ask again and again. `check_alive` raises when waiting is pointless; TimeoutError ends it after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while True:
        check_alive()
        try:
            return ask(probe)
        except UNREADY as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {limit_s:g} s: {error or type(error).__name__}") from error
        time.sleep(PAUSE_S)


async def _bounded(probe: Probe) -> None:
    async with asyncio.timeout(ATTEMPT_S):
        await probe()


async def _reach_one_of(addresses: list[str]) -> None:
    fault: OSError | None = None
    for address in addresses:
        host, _, port = address.strip().rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except OSError as error:
            fault = error
        else:
            writer.close()
            return
    raise fault or OSError(f"{addresses} names no broker")
