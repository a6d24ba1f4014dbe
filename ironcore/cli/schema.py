"""`ironcore schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ironcore import generate
from ironcore.cli.common import console, errors


def schema(
    document: Annotated[str | None, typer.Argument(help="Path of a document, as listed without an argument.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write all of them below this folder instead.")] = None,
) -> None:
    """Print a contract: JSON Schemas of events and threats, the AsyncAPI document, settings, metrics."""
    documents = generate.documents()
    if write is not None:
        for path in generate.write(write):
            console.print(f"wrote {path}")
    elif document is None:
        for name in documents:
            console.print(name)
    elif document in documents:
        typer.echo(documents[document], nl=False)
    else:
        errors.print(f"[red]there is no {document}; there are: {', '.join(documents)}[/red]")
        raise typer.Exit(2)
