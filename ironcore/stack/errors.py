"""What goes wrong with the stack."""

from __future__ import annotations


class StackError(RuntimeError):
    """A server of the stack cannot be started, reached or stopped; the message says which and why."""
