"""Where the feed stands: the next offset of each partition of the outbound topic. Opaque text for clients."""

from __future__ import annotations

import re

Position = tuple[int, ...]
_TEXT = re.compile(r"[0-9]{1,19}(\.[0-9]{1,19}){0,255}")


def text_of(position: Position) -> str:
    """Return the text of a position."""
    return ".".join(map(str, position))


def position_of(text: str) -> Position | None:
    """Return the position of a text; None for any other text."""
    return tuple(map(int, text.split("."))) if _TEXT.fullmatch(text) else None
