"""`ironcore migrate` and `ironcore topics`: what must be there before the first worker."""

from __future__ import annotations

import asyncio
from typing import Annotated

import asyncpg
import typer
from rich.table import Table

from ironcore.cli.common import ask_broker, console, errors, settings_or_exit
from ironcore.migrate import migrate as apply_migrations
from ironcore.topics import create_topics, partition_counts
from schemas.topics import TOPICS


def migrate() -> None:
    """Bring the database up to date (forward only), make the days ahead and drop those past retention."""
    settings = settings_or_exit()
    try:
        applied = asyncio.run(
            apply_migrations(
                settings.postgres_dsn,
                retention_days=settings.worker.retention_days,
                ahead_days=settings.worker.partitions_ahead_days,
            )
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        errors.print(f"[red]the database could not be migrated: {error}[/red]", highlight=False)
        raise typer.Exit(1) from error
    for step in applied:
        console.print(f"applied {step.version:04d} {step.name}")
    console.print("the database is up to date")


def topics(
    create: Annotated[bool, typer.Option("--create", help="Create the topics that are missing.")] = False,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each partition, with --create.")] = 1,
) -> None:
    """Show the topics: name, key, value, partitions, retention, who writes and who reads them."""
    broker = settings_or_exit().broker
    if create:
        for name, outcome in ask_broker(broker, create_topics(broker, replication=replication)).items():
            console.print(f"{name}: {outcome}")
    counts = ask_broker(broker, partition_counts(broker))
    table = Table("topic", "partitions", "retention", "key", "value", "written by", "read by")
    for topic in TOPICS:
        there = counts[topic.name]
        table.add_row(
            topic.name,
            str(there) if there else f"missing (wants {topic.partitions})",
            topic.kept,
            topic.key,
            topic.value,
            topic.written_by,
            topic.read_by,
        )
    console.print(table)
