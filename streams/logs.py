"""The worker's log."""

from __future__ import annotations

import logging
import time

log = logging.getLogger("ironcore")

#: A library's message is repeated at most this often: aiokafka tells twenty times a second that a broker is away.
REPEAT_S = 10.0
MAX_REMEMBERED = 1000


def configure(level: str) -> None:
    """Log to standard error, a line an entry; the libraries speak from WARNING on, and do not repeat themselves."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    for handler in logging.getLogger().handlers:
        handler.addFilter(SeldomRepeated())
    log.setLevel(level.upper())


class SeldomRepeated(logging.Filter):
    """Passes a library's message when it was not logged within `REPEAT_S`; our own always pass."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log it."""
        if record.name == log.name:
            return True
        text, now = record.getMessage(), time.monotonic()
        if now - self._last.get(text, -REPEAT_S) < REPEAT_S:
            return False
        if len(self._last) >= MAX_REMEMBERED:
            self._last.clear()
        self._last[text] = now
        return True
