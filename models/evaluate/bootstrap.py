"""How far a figure could be off by the draw of the rows: percentile bootstrap (Efron and Tibshirani, 1993)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 200
COVERAGE = 0.95


class Interval(NamedTuple):
    """A figure and the bounds that 95 % of the redrawn ones keep."""

    value: float
    low: float
    high: float


def interval(figure: Callable[[NDArray[np.int64]], float], rows: int, *, seed: int = 0, draws: int = DRAWS) -> Interval:
    """Return a figure of `rows` rows with its interval.

    Args:
        figure: From the (rows,) chosen rows, with repetition, to the figure; NaN where a label is absent.
        rows: How many there are, at least 1.
        seed: Of the draws.
        draws: How many times the rows are redrawn.

    Raises:
        ValueError: There are no rows.
    """
    if rows < 1:
        raise ValueError("no rows to take a figure of")
    generator = np.random.default_rng(seed)
    redrawn = [figure(generator.integers(0, rows, rows)) for _ in range(draws)]
    known = [value for value in redrawn if not np.isnan(value)] or [np.nan]
    low, high = np.quantile(known, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Interval(figure(np.arange(rows)), float(low), float(high))


def share(flags: NDArray[np.bool_], *, seed: int = 0, draws: int = DRAWS) -> Interval:
    """Return the share of flags that are set with its interval; NaN without any flags.

    The share of redrawn rows is binomial, so it is drawn as one number.
    """
    if not len(flags):
        return Interval(np.nan, np.nan, np.nan)
    value = float(flags.mean())
    redrawn = np.random.default_rng(seed).binomial(len(flags), value, draws) / len(flags)
    low, high = np.quantile(redrawn, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Interval(value, float(low), float(high))
