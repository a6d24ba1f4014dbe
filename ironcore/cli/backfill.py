"""`ironcore backfill`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ironcore.cli.common import errors, print_json_line, settings_or_exit, span_or_exit

if TYPE_CHECKING:
    from ironcore.backfill import Summary
    from models.scorer import Scorer


def backfill(
    begin: Annotated[datetime, typer.Option("--from", help="First event time; UTC unless it has an offset.")],
    end: Annotated[datetime, typer.Option("--to", help="Event time to stop before, likewise.")],
    model: Annotated[Path | None, typer.Option(help="Folder of an artefact; the shipped one without it.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as one line of JSON.")] = False,
) -> None:
    """Score stored history again with another model, beside what is there: nothing is published, nothing changed.

    The scores go to the table backfill_scores. The same span and model are the same run: it is resumed, and repeated
    without doubling.
    """
    from models.artefact import ArtefactError  # noqa: PLC0415 - TensorFlow takes seconds to import
    from models.scorer import Scorer  # noqa: PLC0415

    since, until = span_or_exit(begin, end)
    try:
        summary = _run(since, until, Scorer.load(model))
    except asyncpg.UndefinedTableError as error:
        errors.print("[red]the database is not migrated: run `ironcore migrate` first[/red]", highlight=False)
        raise typer.Exit(1) from error
    except (ArtefactError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        errors.print(f"[red]{error or type(error).__name__}[/red]", highlight=False)
        raise typer.Exit(1) from error
    if json:
        print_json_line(summary._asdict())
        return
    shift = "" if summary.mean_risk_shift is None else f", the mean risk moved by {summary.mean_risk_shift:+.3f}"
    typer.echo(
        f"run {summary.run_id}: {summary.events:,} events scored by {summary.model_version}; "
        f"{summary.were_threats:,} were threats, {summary.threats:,} are: {summary.became_threats:,} became one, "
        f"{summary.ceased_to_be_threats:,} ceased to be{shift}"
    )


def _run(begin: datetime, end: datetime, scorer: Scorer) -> Summary:
    from ironcore.backfill import Span  # noqa: PLC0415 - as above
    from ironcore.backfill import backfill as score_again  # noqa: PLC0415

    settings = settings_or_exit()
    columns = (SpinnerColumn(), TextColumn("events scored"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("backfill", total=None)
        return asyncio.run(
            score_again(
                settings.postgres_dsn,
                Span(begin, end),
                scorer,
                warm_up_s=settings.worker.restore_s,
                window_entities=settings.worker.window_entities,
                progress=lambda events: progress.advance(task, events),
            )
        )
