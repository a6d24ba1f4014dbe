"""Cross-origin requests: closed, apart from the origins that the settings name."""

from __future__ import annotations

Headers = list[tuple[bytes, bytes]]
_METHODS, _HEADERS = b"GET, POST, DELETE", b"authorization, content-type, ironcore-format, x-requested-with"


class Origins:
    """Answers preflights and marks responses."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = {origin.encode() for origin in allowed}

    def marks(self, headers: Headers) -> Headers:
        """Return the headers that let the asking page read the response; none for a stranger."""
        if not self._allowed:
            return []
        origin = next((value for name, value in headers if name == b"origin"), b"")
        allows = [(b"access-control-allow-origin", origin)] if origin in self._allowed else []
        return [*allows, (b"vary", b"origin")]

    def preflight(self, method: str, headers: Headers) -> Headers | None:
        """Return the headers of the answer to a preflight from an allowed origin; None for anything else."""
        names = {name for name, _ in headers}
        if method != "OPTIONS" or b"access-control-request-method" not in names:
            return None
        marks = self.marks(headers)
        if not any(name == b"access-control-allow-origin" for name, _ in marks):
            return None
        return [
            *marks,
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _HEADERS),
            (b"access-control-max-age", b"600"),
        ]
