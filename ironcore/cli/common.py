"""What the commands share: settings, or a clear way out; tables; the one JSON line at the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import typer
from aiokafka.errors import KafkaError
from rich.console import Console

from ironcore import settings

T = TypeVar("T")
console = Console()
errors = Console(stderr=True)


def settings_or_exit() -> settings.Settings:
    """Return the settings, or end with status 2 and what is wrong with them."""
    try:
        return settings.load()
    except settings.SettingsError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(2) from error


def span_or_exit(begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return two moments in UTC, naive ones being in it, or end with status 2 when they are no span."""
    try:
        first, last = (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC) for at in (begin, end))
    except OverflowError as error:
        raise typer.BadParameter(f"{begin} to {end}: not within the years 1 to 9999 in UTC") from error
    if not first < last:
        raise typer.BadParameter("--from must be before --to")
    return first, last


def ask_broker(broker: str, question: Coroutine[Any, Any, T]) -> T:
    """Run what talks to a broker, or end with status 1 and what went wrong there."""
    try:
        return asyncio.run(question)
    except (KafkaError, OSError) as error:
        errors.print(f"[red]broker {broker}: {error}[/red]", highlight=False)
        raise typer.Exit(1) from error


def print_json_line(values: dict[str, Any]) -> None:
    """Print one JSON object on one line of standard output, unstyled."""
    typer.echo(json.dumps(values, default=str))
