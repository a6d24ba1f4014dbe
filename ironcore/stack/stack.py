"""Starts the servers side by side, and stops them in reverse."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from ironcore.stack.locked import locked
from ironcore.stack.options import Endpoints, Service, StackOptions
from ironcore.stack.parts import broker_of, postgres_of, redis_of


class Stack:
    """A broker, a PostgreSQL and a Redis for one machine, as a context manager.

    `services` has "broker", "postgres" and "redis"; `logs` is the folder that their logs are in.
    Raises StackError when one of them does not start, after the others were stopped.
    """

    def __init__(self, options: StackOptions | None = None) -> None:
        self.options = options or StackOptions()
        self.services: Mapping[str, Service] = {}
        self.logs = Path()
        self._held = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as held:
            folder = held.enter_context(_folder(self.options.data_dir))
            held.enter_context(locked(folder))
            self.logs = folder / "logs"
            self.logs.mkdir(exist_ok=True)
            self.services = {
                "broker": broker_of(self.options, folder, self.logs),
                "postgres": postgres_of(self.options, folder, self.logs),
                "redis": redis_of(self.options, folder, self.logs),
            }
            for service in self.services.values():
                held.callback(service.stop)
            _start(list(self.services.values()))
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @property
    def endpoints(self) -> Endpoints:
        """Where the servers are."""
        return Endpoints(*(self.services[name].address for name in ("broker", "postgres", "redis")))


def _start(services: list[Service]) -> None:
    with ThreadPoolExecutor(len(services), thread_name_prefix="stack-start") as pool:
        starts = [pool.submit(service.start) for service in services]
        wait(starts)  # in here: whoever interrupts us, no server may start after the others were stopped
    for start in starts:
        start.result()


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
        yield data_dir.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="ironcore-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)  # root's PostgreSQL works as another user and must pass
        yield folder
