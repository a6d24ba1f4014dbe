"""Pacing, on a clock that only moves when it is slept on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironcore.traffic.pace import Timetable, at_once, at_rate, at_speed, paced
from ironcore.traffic.record import Record


class FakeClock:
    def __init__(self) -> None:
        self.now = 50.0
        self.naps = 0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.naps += 1


def _record(event_time: float | None) -> Record:
    return Record(b"", [], None, event_time)


async def _played(times: Sequence[float | None], timetable: Timetable) -> list[float]:
    """Return when each record was yielded, seconds after the start."""
    clock = FakeClock()
    source = paced(map(_record, times), timetable, clock=clock, sleep=clock.sleep)
    return [clock.now - 50.0 async for _ in source]


async def test_a_rate_is_kept_whatever_the_log_says() -> None:
    played = await _played([7.0, None, 3.0, 9e9] * 25, at_rate(20.0))
    assert played == pytest.approx([number / 20.0 for number in range(100)])


async def test_the_time_of_the_log_is_kept() -> None:
    assert await _played([100.0, 100.5, 103.5], at_speed(1.0, 60.0)) == pytest.approx([0.0, 0.5, 3.5])


async def test_speed_divides_time() -> None:
    assert await _played([100.0, 101.0, 103.0], at_speed(10.0, 60.0)) == pytest.approx([0.0, 0.1, 0.3])


async def test_a_long_gap_is_cut() -> None:
    assert await _played([0.0, 1.0, 90_000.0, 90_001.0], at_speed(1.0, 5.0)) == pytest.approx([0.0, 1.0, 6.0, 7.0])


async def test_out_of_order_and_unknown_times_follow_at_once_and_cost_nothing_later() -> None:
    played = await _played([None, 10.0, 5.0, None, 11.0, 10.5, 12.0], at_speed(1.0, 60.0))
    assert played == pytest.approx([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 2.0])


async def test_at_once_waits_for_nothing() -> None:
    assert await _played([0.0, 1e9], at_once) == [0.0, 0.0]


async def test_one_that_comes_late_is_made_up_for() -> None:
    clock, played = FakeClock(), []
    async for _ in paced([_record(None)] * 5, at_rate(1.0), clock=clock, sleep=clock.sleep):
        played.append(clock.now - 50.0)
        clock.now += 2.5 if len(played) == 1 else 0.0  # sending the first one took long
    assert played == pytest.approx([0.0, 2.5, 2.5, 3.0, 4.0])


async def test_the_event_loop_gets_its_turn_when_nothing_waits() -> None:
    clock = FakeClock()
    assert len([r async for r in paced([_record(None)] * 1000, at_once, clock=clock, sleep=clock.sleep)]) == 1000
    assert clock.naps >= 3


@given(st.lists(st.none() | st.floats(0, 4e9)), st.floats(0.01, 1000), st.floats(0.01, 100))
def test_due_times_never_go_back_nor_further_than_the_gap(
    times: list[float | None], speed: float, gap_s: float
) -> None:
    timetable = at_speed(speed, gap_s)
    due = [timetable(_record(at)) for at in times]
    assert due[:1] in ([], [0.0])
    assert all(0 <= b - a <= gap_s + 1e-6 for a, b in pairwise(due))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_impossible_paces_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        at_rate(bad)
    with pytest.raises(ValueError, match="pace"):
        at_speed(bad, 1.0)
    with pytest.raises(ValueError, match="pace"):
        at_speed(1.0, 0.0 if math.isinf(bad) else bad)
