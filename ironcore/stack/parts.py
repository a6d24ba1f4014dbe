"""Turns options into services: ours, or those that are there."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ironcore.stack import probes
from ironcore.stack.errors import StackError
from ironcore.stack.external import External
from ironcore.stack.kafka import kafka
from ironcore.stack.options import EMBEDDED, Service, StackOptions
from ironcore.stack.ports import free_port
from ironcore.stack.postgres import postgres
from ironcore.stack.tansu import tansu
from ironcore.stack.valkey import valkey

BROKERS = re.compile(r"[^:/\s,]+:\d+(,[^:/\s,]+:\d+)*")


def broker_of(options: StackOptions, folder: Path, logs: Path) -> Service:
    """Return the broker that the options name."""
    if options.broker == "tansu":
        return tansu(logs / "tansu.log", options.broker_port or free_port())
    if options.broker == "kafka":
        return kafka(folder / "kafka", logs / "kafka.log", options.broker_port or free_port(), free_port())
    if not BROKERS.fullmatch(options.broker):
        raise StackError(f"broker {options.broker!r} is neither 'tansu' nor 'kafka' nor HOST:PORT")
    return External("kafka", options.broker, options.broker, partial(probes.broker, options.broker))


def postgres_of(options: StackOptions, folder: Path, logs: Path) -> Service:
    """Return the PostgreSQL that the options name."""
    if options.postgres == EMBEDDED:
        port, durable = options.postgres_port or free_port(), options.data_dir is not None
        return postgres(folder / "postgres", logs / "postgres.log", port, durable=durable)
    shown = _without_password("postgres", options.postgres, {"postgres", "postgresql"})
    return External("postgres", options.postgres, shown, partial(probes.postgres, options.postgres))


def redis_of(options: StackOptions, folder: Path, logs: Path) -> Service:
    """Return the Redis or Valkey that the options name."""
    if options.redis == EMBEDDED:
        port, durable = options.redis_port or free_port(), options.data_dir is not None
        return valkey(folder / "valkey", logs / "valkey.log", port, durable=durable)
    shown = _without_password("redis", options.redis, {"redis", "rediss", "unix"})
    return External("redis", options.redis, shown, partial(probes.redis, options.redis))


def _without_password(name: str, url: str, schemes: set[str]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in schemes:
        raise StackError(f"{name}: give '{EMBEDDED}' or an address that begins with one of {sorted(schemes)}")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
