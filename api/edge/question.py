"""What a request asks, as a text."""

from __future__ import annotations

from typing import Any


def question_of(scope: Any) -> str:
    """Return what names an answer: path and query as they came, undecoded, so that no two questions share a name."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")
