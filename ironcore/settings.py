"""All settings, read once: defaults, then a TOML file, then the environment. Anything unknown is refused by name.

`IRONCORE_BROKER=kafka:9092` sets `broker`; `IRONCORE_WORKER__BATCH_EVENTS=2048` sets `batch_events` of `[worker]`.
The file is `ironcore.toml` in the working directory, or what `IRONCORE_CONFIG` names.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.settings import ApiSettings
from streams.settings import WorkerSettings

PREFIX, NESTED, FILE_VARIABLE = "IRONCORE_", "__", "IRONCORE_CONFIG"


class SettingsError(ValueError):
    """A setting is unknown or invalid; the message names each, with where it came from."""


class Settings(BaseModel):
    """Where the servers are, and what a worker and the API do with them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    broker: str = Field(
        "127.0.0.1:9092", pattern=r"^[^:/\s]+:\d+(,[^:/\s]+:\d+)*$", description="Kafka, HOST:PORT[,…]."
    )
    postgres_dsn: str = Field(
        "postgresql://ironcore@127.0.0.1:5432/ironcore",
        pattern="^postgres(ql)?://",
        description="PostgreSQL 15 or newer.",
    )
    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern="^(rediss?|unix)://", description="Redis or Valkey.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="What is logged.")
    worker: WorkerSettings = Field(default_factory=WorkerSettings, description="The worker's own settings.")
    api: ApiSettings = Field(default_factory=ApiSettings, description="The API's own settings.")


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings. Raises SettingsError naming every setting that is unknown or invalid."""
    environment = os.environ if environment is None else environment
    file = Path(environment.get(FILE_VARIABLE, "ironcore.toml"))
    if FILE_VARIABLE in environment and not file.is_file():
        raise SettingsError(f"{FILE_VARIABLE} names {file}, which is not there")
    values = _from_file(file) if file.is_file() else {}
    origins = dict.fromkeys(_paths(values), f"{file}")
    for path, variable in _variables(environment).items():
        _put(values, path, environment[variable])
        origins[path] = variable
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_explain(error, origins)) from error


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{file}: {error}") from error


def _variables(environment: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    return {
        tuple(name.removeprefix(PREFIX).lower().split(NESTED)): name
        for name in environment
        if name.startswith(PREFIX) and name != FILE_VARIABLE
    }


def _paths(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    return [
        path
        for name, value in values.items()
        for path in (_paths(value, (*above, name)) if isinstance(value, Mapping) else [(*above, name)])
    ]


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value


def _explain(error: ValidationError, origins: Mapping[tuple[str, ...], str]) -> str:
    lines = []
    for fault in error.errors():
        path = tuple(str(part) for part in fault["loc"])
        what = "unknown setting" if fault["type"] == "extra_forbidden" else fault["msg"]
        lines.append(f"{'.'.join(path)} (from {origins.get(path, 'its default')}): {what}")
    return "settings refused:\n  " + "\n  ".join(lines)
