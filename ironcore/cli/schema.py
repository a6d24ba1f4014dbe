"""`ironcore schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ironcore import documents
from ironcore.cli.common import console, errors


def schema(
    document: Annotated[str | None, typer.Argument(help="Path of a document, as listed without an argument.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write all of them below this folder instead.")] = None,
) -> None:
    """Print a contract: JSON Schemas of events and threats, the AsyncAPI document, settings, metrics."""
    found = documents.documents()
    if write is not None:
        for path in documents.write(write):
            console.print(f"wrote {path}")
    elif document is None:
        typer.echo("\n".join(found))
    elif document in found:
        typer.echo(found[document], nl=False)
    else:
        errors.print(f"[red]there is no {document}; there are: {', '.join(found)}[/red]")
        raise typer.Exit(2)
