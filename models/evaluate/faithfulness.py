"""Whether the reason named first matters: without it the risk should fall more than without another one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.evaluate.bootstrap import Interval, interval, share
from models.features import FEATURES
from models.scorer import Scorer

#: Falls that differ by less are the same.
_EQUAL = 0.01
_NAMES = [feature.name for feature in FEATURES]


class Faithfulness(NamedTuple):
    """Falls of the risk when a feature is set to its expected value, over threats."""

    threats: int
    fall_of_first: Interval  #: mean fall of the risk, the feature named first
    fall_of_random: Interval  #: mean fall, a feature drawn from the others that are observed
    first_is_larger: Interval  #: share of threats in which the first one's fall is the larger
    random_is_larger: Interval  #: share in which the other's is; in the rest neither moves a risk that stands firm


def faithfulness(scorer: Scorer, features: NDArray[np.float32], *, rows: int = 2000, seed: int = 0) -> Faithfulness:
    """Measure on up to `rows` threats drawn from rows of features.

    Raises:
        ValueError: None of the rows is a threat.
    """
    generator = np.random.default_rng(seed)
    threats = np.flatnonzero(scorer.score(features).threat)
    if not len(threats):
        raise ValueError("no row is a threat: there is nothing to explain")
    drawn = features[generator.permutation(threats)[:rows]]
    first = np.array([_NAMES.index(reasons[0].name) for reasons in scorer.explain(drawn, top=1)])
    risk = scorer.score(drawn).risk
    named = risk - scorer.score(_replaced(scorer, drawn, first)).risk
    other = risk - scorer.score(_replaced(scorer, drawn, _others(drawn, first, generator))).risk
    return Faithfulness(
        threats=len(drawn),
        fall_of_first=interval(lambda chosen: float(named[chosen].mean()), len(drawn), seed=seed),
        fall_of_random=interval(lambda chosen: float(other[chosen].mean()), len(drawn), seed=seed),
        first_is_larger=share(named > other + _EQUAL, seed=seed),
        random_is_larger=share(other > named + _EQUAL, seed=seed),
    )


def _others(
    features: NDArray[np.float32], first: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return for each row a column that is observed in it and is not the first one."""
    chances = generator.random(features.shape)
    chances[np.isnan(features)] = -1
    chances[np.arange(len(first)), first] = -2
    drawn: NDArray[np.int64] = chances.argmax(axis=1)
    return drawn


def _replaced(scorer: Scorer, features: NDArray[np.float32], column: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the rows with one column each set to what is expected of it."""
    expected = np.array([np.nan if median is None else median for median in scorer.card.benign_medians], np.float32)
    changed = features.copy()
    changed[np.arange(len(column)), column] = expected[column]
    return changed
