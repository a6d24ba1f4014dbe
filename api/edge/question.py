"""What a request asks, as a text."""

from __future__ import annotations

from typing import Any


def question_of(scope: Any) -> str:
    """Return what names an answer: the path and the query as they came."""
    query: bytes = scope["query_string"]
    return f"{scope['path']}?{query.decode('latin-1')}" if query else str(scope["path"])
