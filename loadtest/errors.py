"""What a load test says when its figures would mean nothing."""

from __future__ import annotations


class BenchError(RuntimeError):
    """Counts are wrong, or something did not come in time: no figure is worth reporting."""
