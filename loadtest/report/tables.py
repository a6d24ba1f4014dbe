"""Tables: the figures as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def show(result: Mapping[str, Any]) -> None:
    """Print the figures."""
    table = Table("figure", "value", box=None, padding=(0, 2))
    for name, value in result["figures"].items():
        table.add_row(name, json.dumps(value))
    Console().print(table)
