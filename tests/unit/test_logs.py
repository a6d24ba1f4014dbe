"""A library that repeats itself is heard once; our own messages always."""

from __future__ import annotations

import logging

from streams.logs import SeldomRepeated


def record(name: str, text: str) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, __file__, 1, text, None, None)


def test_a_library_that_repeats_itself_is_heard_once() -> None:
    seldom = SeldomRepeated()
    heard = [seldom.filter(record("aiokafka", text)) for text in ("away", "away", "back", "away")]
    assert heard == [True, False, True, False]


def test_our_own_messages_always_pass() -> None:
    seldom = SeldomRepeated()
    assert all(seldom.filter(record("ironcore", "same")) for _ in range(3))
