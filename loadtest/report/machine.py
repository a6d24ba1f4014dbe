"""What the figures were measured on: the machine, the versions of what was measured, and the revision."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

LIBRARIES = (
    "ai-edge-litert", "aiokafka", "asyncpg", "confluent-kafka", "faststream", "faust-streaming", "google-crc32c",
    "hiredis", "msgspec", "numba", "numpy", "pgpq", "pyarrow", "quixstreams", "redis", "tensorflow-cpu", "uvloop",
    "xxhash",
)  # fmt: skip
SERVERS = {
    "broker": "Apache Kafka (KRaft), one node, no compression, heap of 512 MB, compiled at C1",
    "postgres": "PostgreSQL, shared_buffers of 128 MB, max_wal_size of 2 GB, fsync off",
    "redis": "Valkey, in memory",
}


def describe_machine() -> dict[str, Any]:
    """Return a description without names or addresses of the machine."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "servers": SERVERS,
        "revision": _revision(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _revision() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"
