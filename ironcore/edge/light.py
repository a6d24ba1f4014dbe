"""Keeps a sensor's process small: what is heavy is not imported, even where it is installed."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

HEAVY = ("numba", "pyarrow", "tensorflow")
_WITHOUT_DOCSTRINGS = 2


def bar_heavy() -> None:
    """Make importing what is heavy fail as if it were not installed (None in `sys.modules` says so to Python)."""
    modules: MutableMapping[str, Any] = sys.modules
    modules.update(dict.fromkeys(HEAVY))


def without_docstrings() -> None:
    """Begin again under `python -OO`, which leaves docstrings out: 3 MB that no sensor reads."""
    if sys.flags.optimize < _WITHOUT_DOCSTRINGS:
        become_sensor(sys.argv[1:])


def become_sensor(arguments: Sequence[str]) -> NoReturn:
    """Let this process be the sensor's command, without docstrings and without what it holds now."""
    os.execv(sys.executable, [sys.executable, "-OO", "-m", "ironcore.edge", *arguments])  # noqa: S606 - no shell is wanted


def peak_mb() -> float | None:
    """Return the most memory that this process has had resident so far, MB; None where there is no /proc."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmHWM")), None)
