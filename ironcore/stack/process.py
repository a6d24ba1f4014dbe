"""A server of ours as a child process: start and wait until ready, stop in bounded time, kill, restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ironcore.stack import launch, ports
from ironcore.stack.errors import StackError
from ironcore.stack.family import Family
from ironcore.stack.probes import UNREADY, Probe, ask, wait_until_ready

LOG_LINES = 15
LOG_TAIL_BYTES = 16_384
GONE_S = 10.0

# The kernel ends a server when the *thread* that started it ends. This one lives as long as the interpreter.
_spawner = ThreadPoolExecutor(1, thread_name_prefix="stack-spawner")


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(slots=True)
class ChildProcess:
    """One server. `prepare` runs before each start (and must not repeat what is done), `probe` tells readiness.

    It gets a process group of its own, so that Ctrl-C reaches only the parent, which then stops it in order; when the
    parent is killed, Linux sends it `orphan_signal`. `ports` are checked before the start, and kept over restarts.
    """

    name: str
    address: str
    argv: Sequence[str]
    log: Path
    probe: Probe
    ports: tuple[int, ...] = ()
    prepare: Callable[[], None] = _nothing
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGKILL
    start_limit_s: float = 30.0
    stop_limit_s: float = 20.0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def shown(self) -> str:
        """The address: no password is in it."""
        return self.address

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process is there; not yet that it answers."""
        return self._process is not None and self._process.poll() is None

    @property
    def ready(self) -> bool:
        """Whether it answers now. Blocks for some milliseconds, at most `probes.ATTEMPT_S`."""
        if not self.running:
            return False
        try:
            ask(self.probe)
        except UNREADY:
            return False
        return True

    def start(self) -> None:
        """Start it and wait until it is ready. Raises StackError with the end of its log when it does not come up."""
        if self.running:
            return
        for port in self.ports:
            ports.require_free(self.name, port)
        self.prepare()
        self._process = _spawner.submit(self._spawn).result()
        try:
            wait_until_ready(self.probe, self.start_limit_s, self.check_alive)
        except TimeoutError as error:
            self.kill()
            raise StackError(f"{self.name}: {error}{self._log_end()}") from error
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to stop; kill it when it has not done so after `stop_limit_s`."""
        if self._process is None or not self.running:
            return
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(self.stop_limit_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL to it and to its children, and wait until they are gone."""
        if self._process is None or not self.running:
            return
        family = Family(self._process.pid)
        family.kill()
        self._process.wait(GONE_S)
        if left := family.wait(GONE_S):
            raise StackError(f"{self.name}: processes {left} survive SIGKILL")

    def restart(self) -> None:
        """Stop it, if it still runs, and start it on the same port and data."""
        self.stop()
        self.start()

    def check_alive(self) -> None:
        """Raise StackError, with the end of its log, when it was started and has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise StackError(f"{self.name} ended with status {self._process.returncode}{self._log_end()}")

    def _spawn(self) -> subprocess.Popen[bytes]:
        tie = [str(os.getpid()), str(int(self.orphan_signal)), self.user]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", launch.__file__, *tie, *self.argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                cwd=self.log.parent,
                process_group=0,
            )

    def _log_end(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()[-LOG_LINES:]
        return "".join(f"\n  | {line}" for line in lines)
