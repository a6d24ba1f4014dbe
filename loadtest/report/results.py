"""Results on disk: one file a day and `latest.json`, written after each measurement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from loadtest.report.figures import figures_of
from loadtest.report.pictures import draw

FOLDER = Path(__file__).parents[1] / "results"
LATEST = "latest.json"


def result_of(
    found: Mapping[str, Mapping[str, Any]], *, machine: Mapping[str, Any], scale: str, rounds: int
) -> dict[str, Any]:
    """Return a run's whole result; `machine` is described before anything is written, which changes the revision."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "scale": scale,
        "rounds": rounds,
        "machine": machine,
        "figures": figures_of(found),
        "measurements": found,
    }


def refigured(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result with its figures made anew of its measurements."""
    return {**result, "figures": figures_of(result["measurements"])}


def write(result: Mapping[str, Any], folder: Path) -> None:
    """Write `<date>.json`, `latest.json` and the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1, default=float) + "\n"
    for name in (f"{result['date']}.json", LATEST):
        (folder / name).write_text(text, "utf-8")
    draw(result, folder)


def read_latest(folder: Path) -> dict[str, Any]:
    """Return the latest result; an empty one when there is none."""
    file = folder / LATEST
    if not file.is_file():
        return {}
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found
