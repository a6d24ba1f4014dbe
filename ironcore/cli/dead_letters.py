"""`ironcore dead-letters list` and `ironcore dead-letters replay`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from ironcore import dead_letters
from ironcore.cli.common import ask_broker, console, print_json_line, settings_or_exit
from schemas.dead_letter import Reason

app = typer.Typer(help="Show and return the records that were rejected.", no_args_is_help=True)
ReasonOption = Annotated[Reason | None, typer.Option(help="Only letters with this reason.")]


@app.command("list")
def list_letters(
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the latest.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the value in full.")] = False,
) -> None:
    """Show rejected records: when, from where, why, and the beginning of the bytes."""
    broker = settings_or_exit().broker
    letters = ask_broker(broker, dead_letters.read(broker, reason=reason, limit=limit))
    if json:
        for stored in letters:
            print_json_line(_plain(stored))
        return
    table = Table("rejected", "read from", "reason", "what was wrong", "bytes", "begins with")
    for stored in letters:
        letter = stored.letter
        table.add_row(
            f"{datetime.fromtimestamp(stored.timestamp_ms / 1000, UTC):%F %T}",
            f"{letter.topic}/{letter.partition}@{letter.offset}",
            letter.reason.value,
            letter.detail,
            str(len(letter.value or b"")),
            repr((letter.value or b"")[:40])[2:-1],
        )
    console.print(table)


@app.command()
def replay(
    reason: ReasonOption = None,
    again: Annotated[bool, typer.Option("--again", help="Also those that were returned before.")] = False,
) -> None:
    """Return rejected records to the raw topic, bytes unchanged, each once; scored neighbours are not doubled."""
    broker = settings_or_exit().broker
    returned = ask_broker(broker, dead_letters.replay(broker, reason=reason, again=again))
    console.print(f"returned {returned} records")


def _plain(stored: dead_letters.Stored) -> dict[str, object]:
    letter = stored.letter
    return {
        "timestamp_ms": stored.timestamp_ms,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "reason": letter.reason.value,
        "detail": letter.detail,
        "key": None if letter.key is None else letter.key.decode("utf-8", "backslashreplace"),
        "value": None if letter.value is None else letter.value.decode("utf-8", "backslashreplace"),
    }
