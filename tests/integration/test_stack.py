"""The embedded stack with its real servers: they talk, survive faults, and leave nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from ironcore.stack import Stack, StackError, StackOptions
from ironcore.stack.ports import free_port
from ironcore.stack.postgres import postgres

pytestmark = pytest.mark.integration

HOLD = """
import json, sys
from ironcore.stack import Stack
with Stack() as stack:
    print(json.dumps([str(stack.logs.parent), *(service.pid for service in stack.services.values())]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as stack:
        yield stack


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Give a folder that root's PostgreSQL, working as another user, may enter; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="ironcore-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(pids: list[int], limit_s: float = 20.0) -> list[int]:
    deadline = time.monotonic() + limit_s
    while (left := [pid for pid in pids if lives(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


async def put(dsn: str, text: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
    await connection.execute("INSERT INTO kept VALUES ($1)", text)
    await connection.close()


async def kept(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT text FROM kept")
    await connection.close()
    return [row["text"] for row in rows]


async def test_postgres_is_18_and_keeps_what_was_committed_over_a_kill(stack: Stack) -> None:
    dsn, server = stack.endpoints.postgres_dsn, stack.services["postgres"]
    await put(dsn, "committed")
    server.kill()
    assert not server.ready
    server.restart()
    assert stack.endpoints.postgres_dsn == dsn
    assert await kept(dsn) == ["committed"]
    connection = await asyncpg.connect(dsn)
    assert connection.get_server_version().major == 18
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    await connection.close()


async def test_the_role_that_needs_no_password_is_no_superuser(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.endpoints.postgres_dsn)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")
    await connection.close()
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(stack.endpoints.postgres_dsn.replace("ironcore@", "postgres@"))


async def test_valkey_answers_again_after_a_kill(stack: Stack) -> None:
    async with Redis.from_url(stack.endpoints.redis_url) as client:
        await client.set("name", "value", ex=60)
        assert await client.get("name") == b"value"
    stack.services["redis"].kill()
    stack.services["redis"].restart()
    async with Redis.from_url(stack.endpoints.redis_url) as client:
        assert await client.ping()


def test_servers_listen_on_loopback_only(stack: Stack) -> None:
    listening = [
        connection.laddr.ip
        for service in stack.services.values()
        for connection in psutil.Process(service.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {"127.0.0.1"}


def test_other_stacks_may_use_what_is_there(stack: Stack) -> None:
    there = stack.endpoints
    with Stack(StackOptions(there.broker, there.postgres_dsn, there.redis_url)) as second:
        assert second.endpoints == there
        assert [service.pid for service in second.services.values()] == [None] * 3
    assert all(service.ready for service in stack.services.values())


def test_nothing_is_left_after_the_end() -> None:
    with Stack() as stack:
        folder = stack.logs.parent
        pids = [service.pid for service in stack.services.values() if service.pid]
        family = [each for pid in pids for each in (pid, *children(pid))]
        assert folder.is_dir()
    assert wait_until_gone(family, 0.0) == []
    assert not folder.exists()


def children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent")
def test_a_killed_parent_leaves_no_server() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        folder, *pids = json.loads(parent.stdout.readline())
        family = [each for pid in pids for each in (pid, *children(pid))]
        assert len(family) > 3
        parent.kill()
    assert wait_until_gone(family) == []
    shutil.rmtree(folder)


async def test_a_data_folder_keeps_postgres_and_valkey(data_dir: Path) -> None:
    options = StackOptions(data_dir=data_dir)
    with Stack(options) as stack:
        await put(stack.endpoints.postgres_dsn, "first")
        async with Redis.from_url(stack.endpoints.redis_url) as client:
            await client.set("name", "value")
    with Stack(options) as stack:
        await put(stack.endpoints.postgres_dsn, "second")
        assert await kept(stack.endpoints.postgres_dsn) == ["first", "second"]
        async with Redis.from_url(stack.endpoints.redis_url) as client:
            assert await client.get("name") == b"value"


def test_up_tells_where_things_are_and_ends_when_told() -> None:
    command = [
        str(Path(sys.executable).with_name("ironcore")),
        "up",
        *(f"--{name}-port=0" for name in ("broker", "postgres", "redis")),
    ]
    environment = {**os.environ, "IRONCORE_API__PORT": "0", "IRONCORE_WORKER__METRICS_PORT": "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("export IRONCORE_REDIS_URL="):
                break
        family = children(process.pid)
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.wait(30) == 0
    exported = [line.split("=")[0] for line in lines if line.startswith("export ")]
    assert exported == [f"export IRONCORE_{name}" for name in ("BROKER", "POSTGRES_DSN", "REDIS_URL")]
    assert len(family) > 3
    assert wait_until_gone(family, 0.0) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL works as another user")
async def test_roots_postgres_runs_from_a_checkout_that_others_may_not_enter(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ironcore.stack.postgres.can_reach", lambda _: False)
    server = postgres(data_dir / "postgres", data_dir / "postgres.log", free_port(), durable=False)
    server.start()
    try:
        assert Path(server.argv[0]).is_relative_to(data_dir / "postgres" / "programs")
        assert psutil.Process(server.pid).username() == "nobody"
        await put(server.address, "text")
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL works as another user")
def test_a_data_folder_that_roots_postgres_may_not_enter_is_named(data_dir: Path) -> None:
    data_dir.chmod(0o700)
    with (
        pytest.raises(StackError, match=f"works as 'nobody', who may not enter a folder above {data_dir}/postgres"),
        Stack(StackOptions(data_dir=data_dir)),
    ):
        pass
