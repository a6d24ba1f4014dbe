"""`ironcore train`: a new artefact from labelled flows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ironcore.cli.common import console, errors

if TYPE_CHECKING:
    from models.artefact import Card

_EPOCHS, _SEED = 15, 7


def train(
    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Labelled flows, parquet.")],
    out: Annotated[Path, typer.Option(help="Folder to write weights.npz and card.json to.")] = Path("build/model"),
    seed: Annotated[int, typer.Option(min=0, help="Of the split, the first weights and the order of rows.")] = _SEED,
    epochs: Annotated[int, typer.Option(min=1, max=1000, help="Passes over the training rows.")] = _EPOCHS,
) -> None:
    """Train the network and write an artefact: weights and their card.

    Whole captures are held out for the threshold and for the figures in the card; never give it the file that you
    evaluate on. The same data and seed give the same weights on the same kind of machine. Use the result with
    `ironcore evaluate --model DIR`.
    """
    from models.build import build  # noqa: PLC0415 - TensorFlow takes seconds to import; only this command needs it

    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()) as progress:
        reading = progress.add_task("reading flows", total=None)
        fitting = progress.add_task("training", total=epochs)
        try:
            card = build(
                data,
                out,
                seed=seed,
                epochs=epochs,
                loaded=lambda rows: progress.advance(reading, rows),
                trained=lambda _, loss: progress.update(fitting, advance=1, description=f"training, loss {loss:.4f}"),
            )
        except (ValueError, OSError) as error:
            errors.print(f"[red]{error}[/red]", highlight=False)
            raise typer.Exit(1) from error
    _summarise(out, card)


def _summarise(out: Path, card: Card) -> None:
    figures = card.validation
    console.print(f"wrote {out}: {card.name} {card.version}, trained on {len(card.data.training_captures)} captures")
    console.print(
        f"held out {', '.join(card.data.validation_captures)} ({figures.rows} rows): "
        f"ROC-AUC {figures.roc_auc:.4f}, recall {figures.recall:.3f}, false positives {figures.fpr:.4f}"
    )
