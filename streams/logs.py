"""The worker's log."""

from __future__ import annotations

import logging

log = logging.getLogger("ironcore")


def configure(level: str) -> None:
    """Log to standard error, a line an entry; the libraries speak from WARNING on."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    log.setLevel(level.upper())
