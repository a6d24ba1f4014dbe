"""What to start, and where it is then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class StackOptions:
    """Which servers to start or to use.

    `broker` is "tansu", "kafka" or the HOST:PORT[,...] of a broker that is there; `postgres` and `redis` are
    "embedded", or a DSN and a URL. `data_dir` keeps the data; without it a temporary folder is used, and removed at
    the end. A port of 0 stands for any free one.
    """

    broker: str = "tansu"
    postgres: str = EMBEDDED
    redis: str = EMBEDDED
    data_dir: Path | None = None
    broker_port: int = 0
    postgres_port: int = 0
    redis_port: int = 0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the servers are: HOST:PORT, postgresql://..., redis://..."""

    broker: str
    postgres_dsn: str
    redis_url: str


class Service(Protocol):
    """A server of the stack. All verbs block, in bounded time, and raise StackError."""

    @property
    def name(self) -> str:
        """The program's name: tansu, kafka, postgres, valkey."""

    @property
    def address(self) -> str:
        """Where clients find it, in their notation; the same over restarts."""

    @property
    def shown(self) -> str:
        """The address without a password."""

    @property
    def pid(self) -> int | None:
        """The process id, when it runs and is ours."""

    @property
    def ready(self) -> bool:
        """Whether it answers now, in its own protocol."""

    def start(self) -> None:
        """Start it and wait until it is ready; nothing when it runs."""

    def check_alive(self) -> None:
        """Raise StackError when it was started here and has ended by itself. Does not block."""

    def stop(self) -> None:
        """End it in order, at last by SIGKILL; nothing when it does not run."""

    def kill(self) -> None:
        """End it by SIGKILL."""

    def restart(self) -> None:
        """Stop it, if it runs, and start it on the same port and data."""
