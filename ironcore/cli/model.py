"""`ironcore model`: which models there are, which one scores, and how it goes."""

from __future__ import annotations

import asyncio
import getpass
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.table import Column, Table

from ironcore.cli.common import console, errors, print_json_line, settings_or_exit, span_or_exit

if TYPE_CHECKING:
    from ironcore.models import Desk, Listed
    from models.artefact import Card, Packed
    from schemas.assignment import Assignment

T = TypeVar("T")
HOUR_S = 3600.0
MAX_HOURS = 8784.0  # a leap year
app = typer.Typer(no_args_is_help=True, help="The life of a model: register, compare, challenge, promote, roll back.")
Version = Annotated[str, typer.Argument(help="Version of a model, as `ironcore model list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]


@app.command(name="list")
def list_models(*, json: AsJson = False) -> None:
    """List the models: their figures, who scores, who is compared, and how many workers run each."""
    found = _at_desk(lambda desk: desk.models())
    if json:
        print_json_line({"models": [_plain(each) for each in found]})
        return
    version = Column("version", no_wrap=True)  # it is what other commands take
    table = Table(version, "role", "workers", "created", "ROC-AUC", "recall", "false positives", "registered")
    for (card, _, by, at), roles, workers in found:
        table.add_row(
            card.version,
            ", ".join(roles),
            str(workers),
            card.created,
            f"{card.validation.roc_auc:.4f}",
            f"{card.validation.recall:.3f}",
            f"{card.validation.fpr:.4f}",
            f"{at:%Y-%m-%d %H:%M} by {by}" if by else "shipped",
        )
    console.print(table)


def _plain(listed: Listed) -> dict[str, object]:
    (card, sha256, registered_by, registered_time), roles, workers = listed
    return {
        "version": card.version,
        "role": ", ".join(roles),
        "workers": workers,
        "created": card.created,
        "roc_auc": card.validation.roc_auc,
        "recall": card.validation.recall,
        "false_positives": card.validation.fpr,
        "registered_by": registered_by,
        "registered_time": registered_time,
        "sha256": sha256,
    }


@app.command()
def show(version: Version) -> None:
    """Print a card as JSON."""
    typer.echo(_at_desk(lambda desk: desk.card(version)).model_dump_json(indent=1))


@app.command()
def compare(before: Version, after: Version) -> None:
    """Show two cards side by side, and what workers saw when AFTER challenged BEFORE."""

    async def ask(desk: Desk) -> Any:
        return await desk.card(before), await desk.card(after), await desk.compared(before, after)

    first, second, compared = _at_desk(ask)
    table = Table("figure", before, after)
    for (name, one), (_, other) in zip(_figures(first), _figures(second), strict=True):
        table.add_row(name, one, other)
    console.print(table)
    if not compared.compared:
        console.print(f"{after} has not challenged {before}")
        return
    shadow = Table("in shadow", before, after)
    shadow.add_row("events", str(compared.compared), str(compared.compared))
    shadow.add_row("alerts", str(compared.champion_alerts), str(compared.challenger_alerts))
    shadow.add_row("called the same", f"{compared.agreement:.4f}", "")
    if compared.timed:
        shadow.add_row(
            "µs an event",
            f"{compared.champion_s / compared.timed * 1e6:.2f}",
            f"{compared.challenger_s / compared.timed * 1e6:.2f}",
        )
    console.print(shadow)


@app.command()
def register(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder that `ironcore train` wrote.")],
) -> None:
    """Keep an artefact in PostgreSQL, where every worker reaches it. Its version is that of its card, for good."""
    from models import artefact, registry  # noqa: PLC0415

    async def ask(desk: Desk) -> Card:
        return await registry.register(desk.connection, artefact.read(folder), getpass.getuser())

    card = _at_desk(ask)
    console.print(f"registered {card.name} {card.version}", highlight=False)


@app.command()
def export(
    version: Version,
    out: Annotated[Path, typer.Argument(file_okay=False, help="New folder for card and weights.")],
) -> None:
    """Write an artefact to a folder: what `--model` takes, of `ironcore backfill` and `ironcore edge export`."""
    from models import artefact, registry  # noqa: PLC0415 - the models' libraries take seconds to import

    if out.exists() and any(out.iterdir()):
        _refuse(f"{out} is not empty")

    async def ask(desk: Desk) -> Packed:
        packed = await registry.find(desk.connection, version)
        artefact.unpack(packed)
        return packed

    packed = _at_desk(ask)
    try:
        artefact.write(out, packed)
    except OSError as error:
        _refuse(str(error))
    console.print(f"wrote {version} to {out}", highlight=False)


@app.command()
def fit(
    version: Annotated[
        str | None,
        typer.Argument(help="The version that is fitted, of a fit its source; the champion when left out."),
    ] = None,
    hours: Annotated[
        float, typer.Option(min=0.01, max=MAX_HOURS, help="So much of the past, without --from and --to.")
    ] = 1.0,
    begin: Annotated[
        datetime | None, typer.Option("--from", help="First event time; UTC unless it has an offset.")
    ] = None,
    end: Annotated[datetime | None, typer.Option("--to", help="Event time to stop before, likewise.")] = None,
    then_challenge: Annotated[bool, typer.Option("--challenge", help="Let it score unseen at once.")] = False,
) -> None:
    """Fit a model to this network by its own unlabelled traffic, and register it under a version of its own.

    The anomaly's quantiles become those of the stored flows that show no behaviour, and so do the histograms that drift
    is measured against; where more than a hundredth of them are threats, the risk is shifted down to that share. An
    attack that is more than that is taken for usual.
    """
    if (begin is None) != (end is None):
        raise typer.BadParameter("give both --from and --to, or neither")
    worker, now = settings_or_exit().worker, time.time()
    since, until = now - hours * HOUR_S, now
    if begin and end:
        since, until = (moment.timestamp() for moment in span_or_exit(begin, end))

    async def ask(desk: Desk) -> tuple[Card, Assignment | None]:
        card = await desk.fit(
            version, (since, until), warm_up_s=worker.restore_s, window_entities=worker.window_entities
        )
        return card, await desk.challenge(card.version) if then_challenge else None

    card, assignment = _at_desk(ask)
    local = card.local
    assert local is not None
    console.print(
        f"fitted {local.source} to {local.usual:,} of {local.sampled:,} flows ({local.flows:,} stored, "
        f"{_utc(since)} to {_utc(until)}) and registered {card.version}",
        highlight=False,
        soft_wrap=True,
    )
    if assignment:
        _told(assignment)


@app.command()
def promote(  # noqa: PLR0913, PLR0917 - one for each option of the command
    version: Version,
    gates: Annotated[
        bool, typer.Option("--gates", help="Refuse what did not show in shadow that it is as good.")
    ] = False,
    min_events: Annotated[int, typer.Option(min=1, help="With --gates: events scored in shadow.")] = 10_000,
    min_agreement: Annotated[float, typer.Option(min=0, max=1, help="With --gates: share called the same.")] = 0.98,
    max_alert_ratio: Annotated[float, typer.Option(min=1, help="With --gates: alerts, more or fewer.")] = 2.0,
    max_latency_ratio: Annotated[float, typer.Option(min=0, help="With --gates: time for the same events.")] = 1.5,
) -> None:
    """Let a version score every event: workers swap between two batches, without a restart."""
    from models.gates import Gates  # noqa: PLC0415

    bounds = Gates(min_events, min_agreement, max_alert_ratio, max_latency_ratio) if gates else None
    _told(_at_desk(lambda desk: desk.promote(version, bounds)))


@app.command()
def rollback() -> None:
    """Let the champion before this one score again; a second time takes that back."""
    _told(_at_desk(lambda desk: desk.roll_back()))


@app.command()
def challenge(
    version: Annotated[str | None, typer.Argument(help="Version that scores unseen, beside the champion.")] = None,
    none: Annotated[bool, typer.Option("--none", help="End it.")] = False,
) -> None:
    """Let a version score a sample of the events unseen, to be compared with the champion."""
    if (version is None) != none:
        _refuse("name a version, or say --none")
    _told(_at_desk(lambda desk: desk.challenge(version)))


@app.command()
def drift(
    version: Annotated[str | None, typer.Argument(help="The champion when left out.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=MAX_HOURS, help="So much of the past is judged.")] = 24.0,
    baseline_hours: Annotated[
        float,
        typer.Option(
            min=0, max=MAX_HOURS, help="Compare with so much before that, of this network; 0: with the training."
        ),
    ] = 0.0,
    out: Annotated[Path, typer.Option(help="Folder for drift.html and drift.json.")] = Path("reports"),
    json: AsJson = False,
) -> None:
    """Report how far what is scored has moved from what was trained on, feature by feature."""
    from models.drift_page import page  # noqa: PLC0415

    async def ask(desk: Desk) -> Any:
        champion, _ = await desk.holders()
        until = time.time()
        since = until - hours * HOUR_S
        before = (since - baseline_hours * HOUR_S, since) if baseline_hours else None
        return await desk.drift(version or champion.version, since, until, before)

    report = _at_desk(ask)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "drift.html").write_text(page(report), "utf-8")
        (out / "drift.json").write_text(report.model_dump_json(indent=1) + "\n", "utf-8")
    except OSError as error:
        _refuse(str(error))
    moved = {column.name: column.psi for column in report.columns if column.verdict}
    if json:
        print_json_line({"version": report.version, "rows": report.rows, "moved": moved})
        return
    table = Table("column", "index", "")
    for column in sorted(report.columns, key=lambda each: -each.psi):
        if column.verdict:
            table.add_row(column.name, f"{column.psi:.3f}", column.verdict)
    console.print(f"{report.rows} sampled flows; {len(moved)} of {len(report.columns)} columns moved")
    console.print(table)
    console.print(f"wrote {out / 'drift.html'} and {out / 'drift.json'}", highlight=False)


@app.command()
def reference(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder of an artefact.")],
    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The file that it was trained on.")],
) -> None:
    """Give a card the histograms that drift is measured against, as `ironcore train` does; weights stay as they are."""
    from models.build import refer  # noqa: PLC0415

    try:
        card = refer(folder, data)
    except (ValueError, OSError) as error:
        _refuse(str(error))
    assert card.reference is not None
    console.print(f"{folder}: reference of {card.reference.rows} benign rows", highlight=False)


def _utc(time_s: float) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d %H:%M:%S}"


def _figures(card: Card) -> Iterator[tuple[str, str]]:
    figures = card.validation
    yield "created", card.created
    yield "trained on", f"{card.data.file}, {card.data.rows} rows, {len(card.data.training_captures)} captures"
    yield "validated on", f"{figures.rows} rows of {len(card.data.validation_captures)} captures"
    yield "ROC-AUC", f"{figures.roc_auc:.4f}"
    yield "average precision", f"{figures.average_precision:.4f}"
    yield "recall", f"{figures.recall:.4f}"
    yield "false positives", f"{figures.fpr:.4f}"
    yield "threshold", f"{card.threshold:g}"
    verdicts = card.verdicts
    local = card.local
    yield "fitted to", f"{local.usual} flows of {_utc(local.since_time)} to {_utc(local.until_time)}" if local else "-"
    yield "verdicts trained, held out", f"{verdicts.trained}, {verdicts.validated}" if verdicts else "none"


def _told(assignment: Assignment) -> None:
    who = assignment.artefact.version if assignment.artefact else "nobody"
    before = assignment.previous.version if assignment.previous else "nobody"
    console.print(f"{assignment.role.value}: {who} (before: {before}); workers follow", highlight=False)


def _at_desk(question: Callable[[Desk], Awaitable[T]]) -> T:
    from ironcore.models import Desk, RefusedError  # noqa: PLC0415
    from models.artefact import ArtefactError  # noqa: PLC0415

    settings = settings_or_exit()

    async def ask() -> T:
        connection = await asyncpg.connect(settings.postgres_dsn, timeout=10)
        try:
            return await question(Desk(connection, settings.broker))
        finally:
            await connection.close()

    try:
        return asyncio.run(ask())
    except (ArtefactError, RefusedError) as error:
        _refuse(str(error))
    except asyncpg.UndefinedTableError:
        _refuse("the database is not migrated: run `ironcore migrate` first")
    except KafkaError as error:
        _refuse(f"broker {settings.broker}: {error}")
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        _refuse(f"PostgreSQL or the broker cannot be reached: {error or type(error).__name__}")


def _refuse(reason: str) -> NoReturn:
    errors.print(reason, style="red", markup=False, highlight=False)
    raise typer.Exit(1)
