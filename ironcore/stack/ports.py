"""Loopback ports for the embedded servers."""

from __future__ import annotations

import random
import socket

from ironcore.stack.errors import StackError

LOOPBACK = "127.0.0.1"

#: Below the range from which kernels pick the source ports of outgoing connections (32768 on Linux, 49152 on macOS):
#: a client that retries while its server restarts would sooner or later connect to itself and keep the port.
FREE_RANGE = range(20_000, 32_000)
TRIES = 100


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port now."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nothing listens on. Raises StackError when none is found."""
    for port in random.sample(FREE_RANGE, TRIES):
        if is_free(port):
            return port
    raise StackError(f"no free port found on {LOOPBACK} between {FREE_RANGE.start} and {FREE_RANGE.stop}")


def require_free(name: str, port: int) -> None:
    """Raise StackError, naming server and port, when something listens there."""
    if not is_free(port):
        raise StackError(f"{name}: port {port} of {LOOPBACK} is taken; choose another one, or 0 for any free port")
