"""`ironcore schema`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ironcore.cli.common import errors
from schemas import generate


class Document(StrEnum):
    """What can be printed."""

    EVENT = "event"
    THREAT = "threat"
    DEAD_LETTER = "dead-letter"
    ASYNCAPI = "asyncapi"
    SETTINGS = "settings"


def schema(
    document: Annotated[Document, typer.Argument(help="Which contract.")] = Document.EVENT,
    write: Annotated[Path | None, typer.Option(help="Write all generated documents below this folder.")] = None,
) -> None:
    """Print a contract: JSON Schema of events, threats and dead letters, or the AsyncAPI document of the topics."""
    if write is not None:
        for path in generate.write(write):
            errors.print(f"wrote {path}")
        return
    typer.echo(generate.documents()[f"{document.value}.json"], nl=False)
