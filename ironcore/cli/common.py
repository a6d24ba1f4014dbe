"""What the commands share: settings, or a clear way out; tables; the one JSON line at the end."""

from __future__ import annotations

import json
from typing import Any

import typer
from rich.console import Console

from ironcore import settings

console = Console()
errors = Console(stderr=True)


def settings_or_exit() -> settings.Settings:
    """Return the settings, or end with status 2 and what is wrong with them."""
    try:
        return settings.load()
    except settings.SettingsError as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(2) from error


def print_json_line(values: dict[str, Any]) -> None:
    """Print one JSON object on one line of standard output, unstyled."""
    typer.echo(json.dumps(values, default=str))
