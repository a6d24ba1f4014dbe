"""`ironcore edge export` and `ironcore edge run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ironcore.cli.common import console, errors
from ironcore.edge.light import become_sensor

app = typer.Typer(help="Score on a sensor, and send threats only.", no_args_is_help=True)


@app.command()
def export(
    model: Annotated[Path | None, typer.Option(help="Folder of an artefact; the shipped one without it.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write model.tflite and card.json to.")] = Path("build/edge"),
    data: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Labelled flows, parquet, to hold it against its source."),
    ] = None,
) -> None:
    """Export a model for sensors: one LiteRT file below 200 kB with int8 weights, and its card.

    With --data the card gets the difference in ROC-AUC, and a loss above 0.02 is refused. The rows are not needed for
    the quantisation.
    """
    from models.lite.export import export as write  # noqa: PLC0415 - TensorFlow takes seconds to import

    try:
        card = write(model, out, data)
    except (ValueError, OSError) as error:
        errors.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from error
    console.print(f"wrote {out}: {card.name} {card.version}, {card.model_bytes:,} bytes, {card.weights_type} weights")
    if (agreement := card.agreement) is None:
        console.print("not held against its source: give labelled flows with --data")
        return
    console.print(
        f"{agreement.file} ({agreement.rows:,} rows): ROC-AUC {agreement.roc_auc:.4f} for the source's "
        f"{agreement.source_roc_auc:.4f}, the same verdict on {agreement.same_verdict:.2%}"
    )


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def run(context: typer.Context) -> None:
    """Score a sensor's log where it is written: below 80 MB, without TensorFlow. `--help` tells more.

    The same as `ironcore-edge`, which this process becomes, so that nothing of the command stays in memory.
    """
    become_sensor(context.args)
