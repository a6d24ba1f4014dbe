"""`ironcore replay` with a producer of our own in the place of a broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from aiokafka.errors import MessageSizeTooLargeError
from typer.testing import CliRunner, Result

import ironcore.cli.replay as command
from ironcore.traffic.pace import Timetable
from ironcore.traffic.record import Record
from schemas.topics import RAW

LINES = [b'{"kind":"flow","event_time":%d,"src_ip":"10.0.0.%d","flow":{}}' % (1000 + n * 3, n) for n in range(10)]
Replay = Callable[..., Result]


class FakeProducer:
    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.refused = b""

    async def send(self, topic: str, value: bytes, *_: Any, **__: Any) -> asyncio.Future[Any]:
        if value == self.refused:
            raise MessageSizeTooLargeError
        self.sent.append((topic, value))
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_result(None)
        return future


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> FakeProducer:
    fake = FakeProducer()

    @asynccontextmanager
    async def connected(_: str) -> AsyncIterator[FakeProducer]:
        yield fake

    monkeypatch.setattr(command, "connected", connected)
    return fake


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(LINES) + b"\n")
    return path


@pytest.fixture
def replay() -> Replay:
    app = typer.Typer()
    app.command()(command.replay)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_every_line_is_sent_and_the_summary_is_one_line_of_json(
    replay: Replay, producer: FakeProducer, log: Path
) -> None:
    result = replay(log, "--fast", "--json")
    assert result.exit_code == 0, result.output
    assert producer.sent == [(RAW.name, line) for line in LINES]
    summary = json.loads(result.stdout)
    assert (summary["records"], summary["acknowledged"], summary["bytes"]) == (10, 10, sum(map(len, LINES)))
    assert result.stdout.count("\n") == 1


def test_limit_and_topic(replay: Replay, producer: FakeProducer, log: Path) -> None:
    result = replay(log, "--fast", "--limit", 3, "--topic", "other")
    assert producer.sent == [("other", line) for line in LINES[:3]]
    assert "3 records" in result.stdout


@pytest.mark.parametrize(
    ("options", "due_s"),
    [
        ((), [0, 3, 6, 9]),
        (("--speed", 3), [0, 1, 2, 3]),
        (("--max-gap", 2), [0, 2, 4, 6]),
        (("--rate", 10), [0, 0.1, 0.2, 0.3]),
        (("--fast",), [0, 0, 0, 0]),
    ],
)
def test_options_choose_the_pace(
    replay: Replay, producer: FakeProducer, log: Path, monkeypatch: pytest.MonkeyPatch, *,
    options: tuple[object, ...], due_s: list[float],
) -> None:  # fmt: skip
    due: list[float] = []

    async def hurried(records: Iterable[Record], timetable: Timetable) -> AsyncIterator[Record]:
        for record in records:
            due.append(timetable(record))
            yield record

    monkeypatch.setattr(command, "paced", hurried)
    assert replay(log, *options, "--limit", 4).exit_code == 0
    assert due == pytest.approx(due_s)


@pytest.mark.parametrize("options", [("--fast", "--rate", 1), ("--fast", "--speed", 1), ("--rate", 1, "--speed", 1)])
def test_paces_exclude_each_other(
    replay: Replay, producer: FakeProducer, log: Path, options: tuple[object, ...]
) -> None:
    result = replay(log, *options)
    assert result.exit_code == 2
    assert "exclude each other" in result.output
    assert not producer.sent


def test_a_refused_record_is_reported_and_the_status_tells(replay: Replay, producer: FakeProducer, log: Path) -> None:
    producer.refused = LINES[4]
    result = replay(log, "--fast")
    assert result.exit_code == 1
    assert "10.0.0.4" in result.stderr
    assert "MessageSizeTooLarge" in result.stderr.replace("\n", "")


def test_a_log_that_cannot_be_read_is_named(replay: Replay, producer: FakeProducer, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gz"
    damaged.write_bytes(b"\x1f\x8b not really")
    result = replay(damaged)
    assert result.exit_code == 1
    assert "damaged.gz" in result.stderr.replace("\n", "")
    assert replay(tmp_path / "absent").exit_code == 2


def test_a_broker_that_is_not_there_is_named(replay: Replay, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRONCORE_BROKER", "127.0.0.1:1")
    result = replay(log)
    assert result.exit_code == 1
    assert "broker 127.0.0.1:1" in result.stderr
