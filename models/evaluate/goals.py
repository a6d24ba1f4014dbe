"""What was to be reached, and what was."""

from __future__ import annotations

from typing import NamedTuple


class Goal(NamedTuple):
    """A figure to reach: at least `reach`, or at most where `at_most`."""

    of: str
    figure: str
    reach: float
    at_most: bool = False


class Outcome(NamedTuple):
    """A goal and the figures of each seed."""

    of: str
    figure: str
    reach: float
    at_most: bool
    by_seed: list[float]
    median: float
    is_reached: bool


def outcome(goal: Goal, by_seed: list[float]) -> Outcome:
    """Judge the median of the seeds (of an even number, the worse of the two in the middle)."""
    worst_first = sorted(by_seed, reverse=goal.at_most)
    median = worst_first[(len(worst_first) - 1) // 2]
    is_reached = median <= goal.reach if goal.at_most else median >= goal.reach
    return Outcome(goal.of, goal.figure, goal.reach, goal.at_most, by_seed, median, is_reached)
