"""Waiting to be told to stop: Ctrl-C, SIGTERM, a closed terminal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def told_to_stop() -> Iterator[Event]:
    """Give an event that is set by the first signal; more of them change nothing, as every wait here is bounded.

    Only for the main thread.
    """
    told = Event()
    before = {each: signal.signal(each, lambda *_: told.set()) for each in SIGNALS}
    try:
        yield told
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
