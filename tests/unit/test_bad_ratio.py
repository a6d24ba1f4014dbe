"""A bad deploy stops the worker; bad luck does not."""

from __future__ import annotations

import pytest

from streams.bad_ratio import BadRatio
from streams.errors import Fatal


def test_stops_above_the_limit_and_says_why() -> None:
    ratio = BadRatio(limit=0.5, records=100)
    ratio.add(99, 99)  # too few to judge
    with pytest.raises(Fatal, match=r"100 of the last 100 records were rejected.*worker\.max_bad_ratio"):
        ratio.add(1, 1)


def test_at_the_limit_it_goes_on() -> None:
    ratio = BadRatio(limit=0.5, records=10)
    for _ in range(100):
        ratio.add(10, 5)


def test_old_records_are_forgotten() -> None:
    ratio = BadRatio(limit=0.5, records=10)
    ratio.add(100, 40)
    with pytest.raises(Fatal, match="8 of the last 10"):
        ratio.add(10, 8)


def test_limit_of_one_never_stops() -> None:
    ratio = BadRatio(limit=1.0, records=10)
    for _ in range(10):
        ratio.add(100, 100)
