"""Child processes: started until ready, stopped in bounded time, killed with their children, never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ironcore.stack import ChildProcess, StackError
from ironcore.stack.ports import LOOPBACK, free_port, is_free, require_free

SERVER = """
import os, signal, socket, subprocess, sys, time
if "deaf" in sys.argv: signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "parent" in sys.argv: subprocess.Popen(["sleep", "600"], start_new_session=True)
if "broken" in sys.argv: sys.exit("the disk is on fire")
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True: listener.accept()[0].close()
"""


def child(folder: Path, *words: str, listens: bool = True) -> ChildProcess:
    port = free_port()

    async def probe() -> None:
        _, writer = await asyncio.open_connection(LOOPBACK, port if listens else free_port())
        writer.close()

    return ChildProcess(
        name="server",
        address=f"{LOOPBACK}:{port}",
        argv=[sys.executable, "-c", SERVER, str(port), *words],
        log=folder / "server.log",
        probe=probe,
        ports=(port,),
        start_limit_s=20.0,
        stop_limit_s=0.2 if "deaf" in words else 20.0,
    )


@pytest.fixture
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ChildProcess]:
    process = child(tmp_path, *getattr(request, "param", ()))
    process.start()
    yield process
    process.kill()


def pid_of(process: ChildProcess) -> int:
    assert process.pid is not None
    return process.pid


def test_it_is_ready_when_start_returns_and_gone_after_stop(started: ChildProcess) -> None:
    pid = pid_of(started)
    assert started.ready
    started.check_alive()
    started.stop()
    assert not psutil.pid_exists(pid)
    assert not started.ready
    assert started.pid is None


def test_a_second_start_changes_nothing(started: ChildProcess) -> None:
    pid = pid_of(started)
    started.start()
    assert started.pid == pid


def test_it_restarts_on_the_same_port_after_a_kill(started: ChildProcess) -> None:
    pid = pid_of(started)
    started.kill()
    assert is_free(started.ports[0])
    started.restart()
    assert started.ready
    assert started.pid != pid


def test_it_leads_a_process_group_that_ctrl_c_does_not_reach(started: ChildProcess) -> None:
    pid = pid_of(started)
    assert os.getpgid(pid) == pid != os.getpgrp()


@pytest.mark.parametrize("started", [("deaf",)], indirect=True)
def test_what_does_not_stop_is_killed(started: ChildProcess) -> None:
    pid = pid_of(started)
    started.stop()
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("started", [("parent",)], indirect=True)
def test_a_kill_takes_the_children_that_left_the_group(started: ChildProcess) -> None:
    (grandchild,) = psutil.Process(pid_of(started)).children()
    started.kill()
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_a_death_by_itself_is_noticed(started: ChildProcess) -> None:
    pid = pid_of(started)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # until it is dead, without burying it
    with pytest.raises(StackError, match="server ended with status -9"):
        started.check_alive()


def test_a_death_at_the_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"server ended with status 1\n  \| the disk is on fire"):
        child(tmp_path, "broken").start()


def test_what_never_answers_is_given_up_and_killed(tmp_path: Path) -> None:
    process = child(tmp_path, listens=False)
    process.start_limit_s = 0.3
    with pytest.raises(StackError, match=r"server: not ready after 0\.3 s: .*Connect call failed"):
        process.start()
    assert not process.running
    assert is_free(process.ports[0])


def test_a_port_that_is_taken_is_named(started: ChildProcess) -> None:
    port = started.ports[0]
    with pytest.raises(StackError, match=f"postgres: port {port} of 127.0.0.1 is taken"):
        require_free("postgres", port)
