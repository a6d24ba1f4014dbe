"""Measures the API: hot and cold reads against a bare route of the same bytes, and many live clients.

Servers and drivers share the machine; CPU seconds are those of the servers alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from ironcore.stack import ChildProcess
from ironcore.stack.ports import LOOPBACK, free_port
from loadtest.drivers.api import bare

#: Share of the highest rate at which latencies are taken.
LOAD = 0.7
CONNECTIONS, WATCHING_PROCESSES = 16, 2
HOT_PATH = "/api/v1/threats?limit=100"


def measure_reads(  # noqa: PLR0913 - each is a part of what is measured
    address: str, token: str, pid: int, cold_paths: list[str], *, rounds: int, seconds: float = 5.0, processes: int = 2
) -> dict[str, Any]:
    """Measure hot reads, cold reads and the bare route in turns, so that a busy machine is unfair to none of them.

    Args:
        address: HOST:PORT of a running API.
        token: Its Authorization bearer.
        pid: Process id of `ironcore api`; its children are counted with it.
        cold_paths: Paths (with queries) that differ, so that none is in a cache: give more than are read.
        rounds: How often each is measured as fast as it goes.
        seconds: Length of each measurement.
        processes: Processes of the API; the bare route gets as many.

    Returns:
        For "hot", "cold" and "bare": requests_per_s and requests_per_cpu_s (the median of the rounds), and p50_ms,
        p95_ms, p99_ms at 70 % of that rate; "hot_share_of_bare" is the ratio of the requests_per_cpu_s.
    """
    with _bare_route(_body(address, token), processes) as (bare_address, bare_pid):
        targets = {
            "hot": (address, pid, [HOT_PATH]),
            "cold": (address, pid, cold_paths),
            "bare": (bare_address, bare_pid, [bare.PATH]),
        }
        measured = [
            {name: _rate(at, token, of, paths, seconds) for name, (at, of, paths) in targets.items()}
            for _ in range(rounds)
        ]
        found = {name: _median([each[name] for each in measured]) for name in targets}
        for name, (at, _, paths) in targets.items():
            found[name] |= _paced(at, token, paths, seconds, LOAD * found[name]["requests_per_s"])
    share = found["hot"]["requests_per_cpu_s"] / found["bare"]["requests_per_cpu_s"]
    return {**found, "hot_share_of_bare": round(share, 3)}


def measure_live(  # noqa: PLR0913 - each is a part of what is measured
    address: str,
    token: str,
    pid: int,
    broker: str,
    *,
    clients: int = 1000,
    threats_per_s: float = 200.0,
    seconds: float = 20.0,
) -> dict[str, Any]:
    """Connect live clients, publish threats, and return how old they were when they came, in milliseconds.

    "api_cores" is how many cores the API's processes (`pid` and its children) used meanwhile.
    """
    host, port = _split(address)
    share = [clients // WATCHING_PROCESSES + (at < clients % WATCHING_PROCESSES) for at in range(WATCHING_PROCESSES)]
    plan = {"host": host, "port": port, "path": "/ws/threats?format=msgpack", "token": token, "seconds": seconds}
    watchers = [_program("watchers", {**plan, "clients": count}) for count in share]
    try:
        for watcher in watchers:
            _expect_ready(watcher)
        publisher = _program("publisher", {"broker": broker, "rate": threats_per_s, "seconds": seconds + 6})
        _after_the_first_ticks(watchers)
        used, began = _cpu_s(pid), time.monotonic()
        seen = [_answer(watcher, seconds + 60) for watcher in watchers]
        cores = (_cpu_s(pid) - used) / (time.monotonic() - began)
        _answer(publisher, 60)
    finally:
        for watcher in watchers:
            watcher.kill()
    return {**_live_figures(seen, clients, threats_per_s, seconds), "api_cores": round(cores, 3)}


def _live_figures(seen: list[dict[str, Any]], clients: int, rate: float, seconds: float) -> dict[str, Any]:
    ages = sorted(age for part in seen for age in part["ages_s"])
    total = {name: sum(part[name] for part in seen) for name in ("open", "frames", "threats", "dropped")}
    return {
        "clients": clients,
        "clients_open_at_the_end": total["open"],
        "threats_per_s": rate,
        "delivered_share": round(total["threats"] / (clients * rate * seconds), 4),
        "dropped": total["dropped"],
        "frames_per_s": round(total["frames"] / seconds, 1),
        **_quantiles(ages),
    }


def _rate(address: str, token: str, pid: int, paths: list[str], seconds: float) -> dict[str, Any]:
    """Read as fast as it goes."""
    before = _cpu_s(pid)
    seen = _read(address, token, paths, seconds)
    used, count = _cpu_s(pid) - before, seen["count"]
    return {
        "requests_per_s": round(count / seen["took_s"], 1),
        "requests_per_cpu_s": round(count / used, 1),
        "body_bytes": seen["body_bytes"],
        "errors": seen["errors"],
    }


def _paced(address: str, token: str, paths: list[str], seconds: float, rate: float) -> dict[str, Any]:
    """Read at a rate, and return the latencies."""
    return _quantiles(_read(address, token, paths, seconds, rate=rate)["seconds"])


def _median(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return dict(sorted(rounds, key=lambda each: each["requests_per_cpu_s"])[len(rounds) // 2])


def _read(address: str, token: str, paths: list[str], seconds: float, *, rate: float | None = None) -> dict[str, Any]:
    host, port = _split(address)
    plan = {
        "host": host,
        "port": port,
        "paths": paths,
        "headers": {"Authorization": f"Bearer {token}"},
        "connections": CONNECTIONS,
        "seconds": seconds,
        "rate": rate,
    }
    seen: dict[str, Any] = _answer(_program("readers", plan), seconds + 60)
    return seen


@contextmanager
def _bare_route(body: bytes, processes: int) -> Iterator[tuple[str, int]]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="loadtest-") as folder:
        file = Path(folder) / "body"
        file.write_bytes(body)
        server = ChildProcess(
            name="bare route",
            address=f"{LOOPBACK}:{port}",
            argv=[
                sys.executable, "-m", "uvicorn", "--factory", "loadtest.drivers.api.bare:make", "--port", str(port),
                "--workers", str(processes), "--loop", "uvloop", "--http", "httptools", "--no-access-log",
                "--no-server-header", "--no-date-header", "--log-level", "warning",
            ],
            log=Path(folder) / "bare.log",
            probe=lambda: _probe(f"http://{LOOPBACK}:{port}{bare.PATH}"),
            ports=(port,),
            env={bare.BODY_VARIABLE: str(file), "PYTHONPATH": str(Path(__file__).parents[3])},
        )  # fmt: skip
        server.start()
        try:
            assert server.pid is not None
            yield server.address, server.pid
        finally:
            server.stop()


async def _probe(url: str) -> None:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            await answer.read()
    except aiohttp.ClientError as error:
        raise OSError(str(error)) from error


def _body(address: str, token: str) -> bytes:
    import urllib.request  # noqa: PLC0415 - for one request

    request = urllib.request.Request(f"http://{address}{HOT_PATH}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and its children."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def _program(name: str, plan: dict[str, Any]) -> subprocess.Popen[str]:
    program = subprocess.Popen(
        [sys.executable, "-m", f"loadtest.drivers.api.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        env=os.environ,
    )
    _tell(program, json.dumps(plan))
    return program


def _tell(program: subprocess.Popen[str], line: str) -> None:
    assert program.stdin is not None
    program.stdin.write(line + "\n")
    program.stdin.flush()


def _expect_ready(program: subprocess.Popen[str]) -> None:
    assert program.stdout is not None
    line = program.stdout.readline()
    if line.strip() != "ready":
        raise RuntimeError(f"a driver did not get ready: {line!r}")


def _after_the_first_ticks(programs: list[subprocess.Popen[str]]) -> None:
    """Begin when the publisher has been at it for a while: its start, and the first frames, are not measured."""
    time.sleep(3)
    for program in programs:
        _tell(program, "go")


def _answer(program: subprocess.Popen[str], limit_s: float) -> Any:
    out, _ = program.communicate(timeout=limit_s)
    if program.returncode:
        raise RuntimeError(f"a driver ended with {program.returncode}")
    return json.loads(out.strip().splitlines()[-1])


def _split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


def _quantiles(seconds: list[float]) -> dict[str, float | None]:
    """Return p50, p95 and p99 of sorted values, in milliseconds."""
    if not seconds:
        return {"p50_ms": None, "p95_ms": None, "p99_ms": None}
    at = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99}
    return {name: round(1000 * seconds[min(len(seconds) - 1, int(q * len(seconds)))], 2) for name, q in at.items()}
