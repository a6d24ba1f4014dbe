"""The `ironcore` command: one module a verb; this one only lists them."""

from __future__ import annotations

import typer

from ironcore.cli import admin, dead_letters, demo, evaluate, replay, schema, status, train, up, worker

main = typer.Typer(
    name="ironcore",
    help="""CyberShield IronCore: raw security events in, scored threats out.

    Try it: `ironcore demo`. Run it: `ironcore up`, then `ironcore replay FILE`.
    Settings come from IRONCORE_* variables and ironcore.toml; docs/settings.md lists them.""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)

for verb, panel in (
    (demo.demo, "Try it"),
    (up.up, "Run it"),
    (worker.worker, "Run it"),
    (admin.migrate, "Run it"),
    (admin.topics, "Run it"),
    (replay.replay, "Use it"),
    (status.status, "Use it"),
    (schema.schema, "Use it"),
    (train.train, "Model"),
    (evaluate.evaluate, "Model"),
):
    main.command(rich_help_panel=panel)(verb)
main.add_typer(dead_letters.app, name="dead-letters", rich_help_panel="Use it")
