"""The API's log: that of the `ironcore` command, in each of its processes."""

from __future__ import annotations

import logging

log = logging.getLogger("ironcore")


def configure(level: str) -> None:
    """Log to standard error, a line an entry; libraries speak from WARNING on."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s", force=True
    )
    log.setLevel(level.upper())
