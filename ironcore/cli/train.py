"""`ironcore train`: a new artefact from labelled flows."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import asyncpg
import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ironcore.cli.common import console, errors, settings_or_exit

if TYPE_CHECKING:
    from models.artefact import Card
    from models.dataset import Dataset

_EPOCHS, _SEED, _VERSION = 15, 7, "1.1.1"


def train(  # noqa: PLR0913, PLR0917 - one for each option of the command
    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Labelled flows, parquet.")],
    out: Annotated[Path, typer.Option(help="Folder to write weights.npz and card.json to.")] = Path("build/model"),
    seed: Annotated[int, typer.Option(min=0, help="Of the split, the first weights and the order of rows.")] = _SEED,
    epochs: Annotated[int, typer.Option(min=1, max=1000, help="Passes over the training rows.")] = _EPOCHS,
    version: Annotated[
        str, typer.Option(help="Version in the card; to be registered it must be a new one.")
    ] = _VERSION,
    with_verdicts: Annotated[
        bool, typer.Option("--with-verdicts", help="Learn from closed threats too, and measure on the latest of them.")
    ] = False,
) -> None:
    """Train the network and write an artefact: weights and their card.

    Whole captures are held out for the threshold and for the figures in the card; never give it the file that you
    evaluate on. The same data and seed give the same weights on the same kind of machine. Use the result with
    `ironcore evaluate --model DIR`.
    """
    from models.build import build  # noqa: PLC0415 - TensorFlow takes seconds to import; only this command needs it

    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        _refuse(f"version {version!r} is not three numbers with points between them")
    verdicts = _verdicts() if with_verdicts else None
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as progress:
        reading = progress.add_task("reading flows", total=None)
        fitting = progress.add_task("training", total=epochs)
        try:
            card = build(
                data,
                out,
                seed=seed,
                epochs=epochs,
                version=version,
                verdicts=verdicts,
                loaded=lambda rows: progress.advance(reading, rows),
                trained=lambda _, loss: progress.update(fitting, advance=1, description=f"training, loss {loss:.4f}"),
            )
        except (ValueError, OSError) as error:
            _refuse(str(error))
    _summarise(out, card)


def _verdicts() -> Dataset:
    from models.verdicts import read_verdicts  # noqa: PLC0415

    async def ask(dsn: str) -> Dataset:
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"timezone": "UTC"})
        try:
            return await read_verdicts(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(ask(settings_or_exit().postgres_dsn))
    except ValueError as error:
        _refuse(str(error))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        _refuse(f"PostgreSQL cannot be asked for verdicts: {error or type(error).__name__}")


def _refuse(reason: str) -> NoReturn:
    errors.print(reason, style="red", markup=False, highlight=False)
    raise typer.Exit(1)


def _summarise(out: Path, card: Card) -> None:
    figures = card.validation
    console.print(f"wrote {out}: {card.name} {card.version}, trained on {len(card.data.training_captures)} captures")
    console.print(
        f"held out {', '.join(card.data.validation_captures)} ({figures.rows} rows): "
        f"ROC-AUC {figures.roc_auc:.4f}, recall {figures.recall:.3f}, false positives {figures.fpr:.4f}"
    )
    if verdicts := card.verdicts:
        console.print(
            f"verdicts: {verdicts.trained} trained on, {verdicts.validated} later ones held out: "
            f"recall {_share(verdicts.recall)}, still alarms {_share(verdicts.false_alarms)}"
        )


def _share(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.3f}"
