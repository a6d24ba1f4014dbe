"""Bounds what a client may send."""

from __future__ import annotations

from typing import Any

from api.errors import ProblemError


def check_length(headers: list[tuple[bytes, bytes]], limit: int) -> None:
    """Refuse a body by the length that it announces. Raises ProblemError (413, 400)."""
    for name, value in headers:
        if name == b"content-length":
            if not value.isdigit():
                raise ProblemError(400, "Content-Length is no number")
            if int(value) > limit:
                raise _too_long(limit)


def bounded(receive: Any, limit: int) -> Any:
    """Return a `receive` that raises ProblemError (413) once more than `limit` bytes have come."""
    taken = 0

    async def receive_bounded() -> Any:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _too_long(limit)
        return message

    return receive_bounded


def _too_long(limit: int) -> ProblemError:
    return ProblemError(413, f"a body may have {limit} bytes: send less at once")
