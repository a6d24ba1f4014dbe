"""`ironcore evaluate`: how good a model is on labelled flows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ironcore.cli.common import console, errors, print_json_line

if TYPE_CHECKING:
    from models.evaluation import Evaluation


def evaluate(
    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Labelled flows, parquet.")],
    model: Annotated[Path | None, typer.Option(help="Folder of an artefact; the shipped one without it.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Score labelled flows with the code that the stream uses and print the figures.

    Each capture is a network of its own, played in event-time order. A figure that needs a label which the file does
    not have is null.
    """
    from models.evaluation import evaluate as measure  # noqa: PLC0415 - TensorFlow takes seconds to import
    from models.scorer import Scorer  # noqa: PLC0415

    try:
        result = measure(data, Scorer.load(model))
    except (ValueError, OSError) as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from error
    if json:
        print_json_line(_without_nan(result))
    else:
        _print_tables(data, result)


def _without_nan(result: Evaluation) -> dict[str, object]:
    """Return the figures with null for NaN, which JSON has not."""
    return {name: None if value != value else value for name, value in result.items()}  # noqa: PLR0124 - NaN's mark


def _print_tables(data: Path, result: Evaluation) -> None:
    figures = Table(title=f"{data.name}: {result['rows']} rows", show_header=False)
    for label, name in (
        ("ROC-AUC", "roc_auc"),
        ("Average precision", "average_precision"),
        ("Threshold (risk)", "threshold"),
        ("Recall at the threshold", "recall"),
        ("False positives at the threshold", "fpr"),
        ("Recall at 1 % false positives", "recall_at_1pct_fpr"),
    ):
        figures.add_row(label, f"{result[name]:.4f}")  # type: ignore[literal-required]
    console.print(figures)
    attacks = Table("Attack", "Rows", "Called a threat", "Mean risk")
    for attack, of_attack in result["per_attack"].items():
        attacks.add_row(attack, str(of_attack["rows"]), f"{of_attack['recall']:.4f}", f"{of_attack['mean_risk']:.1f}")
    console.print(attacks)
