"""The `ironcore` command: one module a verb, imported when it is called for. A worker need not load the others."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

HELP = """CyberShield IronCore: raw security events in, scored threats out.

Try it: `ironcore demo`. Run it: `ironcore up`, then `ironcore replay FILE`.
Settings come from IRONCORE_* variables and ironcore.toml; docs/settings.md lists them."""

#: Verb: module, name in it, panel of the help.
VERBS = {
    "demo": ("demo", "demo", "Try it"),
    "up": ("up", "up", "Run it"),
    "worker": ("worker", "worker", "Run it"),
    "api": ("api", "api", "Run it"),
    "migrate": ("admin", "migrate", "Run it"),
    "topics": ("admin", "topics", "Run it"),
    "replay": ("replay", "replay", "Use it"),
    "status": ("status", "status", "Use it"),
    "user": ("user", "app", "Use it"),
    "edge": ("edge", "app", "Use it"),
    "dead-letters": ("dead_letters", "app", "Use it"),
    "schema": ("schema", "schema", "Use it"),
    "bench": ("bench", "bench", "Use it"),
    "backfill": ("backfill", "backfill", "Model"),
    "train": ("train", "train", "Model"),
    "evaluate": ("evaluate", "evaluate", "Model"),
    "model": ("model", "app", "Model"),
}


class Verbs(TyperGroup):
    """Finds a verb's command by its name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the verbs in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Return the command, or None for an unknown verb."""
        if cmd_name not in VERBS:
            return None
        module, name, panel = VERBS[cmd_name]
        found = getattr(import_module(f"ironcore.cli.{module}"), name)
        app = typer.Typer(rich_markup_mode="markdown", pretty_exceptions_show_locals=False, add_completion=False)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=cmd_name, rich_help_panel=panel)
            group: Any = typer.main.get_command(app)
            return group.commands[cmd_name]
        app.command(cmd_name, rich_help_panel=panel)(found)
        return typer.main.get_command(app)


main = typer.Typer(
    cls=Verbs, name="ironcore", help=HELP, no_args_is_help=True, rich_markup_mode="markdown", add_completion=False
)


@main.callback()
def _root() -> None:
    """Nothing of its own: every verb stands for itself."""
