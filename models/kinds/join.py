"""Joins what kinds show with the network's heads, and says why.

The same noisy-or as that of the behaviours (`models.network`): 1 - risk = (1 - network's) x product of (1 - strength).
What is added to the risk logit is split among detectors by log-survival, as `models.explain` does, and a detector's
share in equal parts among the traits of its formula that stand out from what is usual: where all of them are needed,
equal parts are their Shapley values (Shapley, 1953: unanimity games).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.kinds.kind import Part
from models.scores import Scores
from schemas.threat import CLASSES, DIGITS, Contribution, ContributionStruct

#: Nothing is surer than this: survival stays finite.
_MAX_STRENGTH = 1 - 1e-6
_MIN_RISK = 1e-9


def join(scores: Scores, parts: Sequence[Part], threshold: float) -> dict[int, list[Contribution]]:
    """Raise the scores of the parts' rows, in place, and return the reasons of those that are threats, by row.

    Args:
        scores: What the network says of n rows.
        parts: What the kinds say of some of them.
        threshold: Risk from which an event is a threat.
    """
    reasons: dict[int, list[Contribution]] = {}
    for part in parts:
        rows, shown = part.rows, np.minimum(part.strengths, _MAX_STRENGTH)
        before = np.clip(scores.risk[rows] / 100.0, _MIN_RISK, 1 - _MIN_RISK).astype(np.float64)
        spared = np.prod(1 - shown, axis=1)
        risk = before * spared + (1 - spared)
        speaks_for = np.eye(len(CLASSES))[[CLASSES.index(d.threat_class) for d in part.kind.detectors]]
        pull = shown @ speaks_for / np.maximum(shown.sum(axis=1, keepdims=True), 1e-9)
        classes = spared[:, None] * scores.class_probabilities[rows] + (1 - spared)[:, None] * pull
        scores.risk[rows] = 100 * risk
        scores.class_probabilities[rows] = classes
        scores.threat[rows] = scores.risk[rows] >= threshold
        scores.class_numbers[rows] = classes.argmax(axis=1)
        threats = np.flatnonzero(scores.threat[rows] & (spared < 1))
        for at, why in zip(threats.tolist(), _reasons(part, shown, before, risk, threats), strict=True):
            reasons[int(rows[at])] = why
    return reasons


def strongest(reasons: Sequence[Contribution], more: Sequence[Contribution], top: int = 5) -> list[Contribution]:
    """Return the `top` contributions of both, the strongest first."""
    return sorted([*reasons, *more], key=lambda reason: -abs(reason.contribution))[:top]


def _reasons(
    part: Part,
    shown: NDArray[np.float64],
    before: NDArray[np.float64],
    risk: NDArray[np.float64],
    threats: NDArray[np.intp],
) -> list[list[Contribution]]:
    added = np.log(risk[threats] / np.maximum(1 - risk[threats], _MIN_RISK)) - np.log(
        before[threats] / (1 - before[threats])
    )
    survival = -np.log1p(-shown[threats])
    shares = (added / survival.sum(axis=1))[:, None] * survival
    return [
        _named(part, traits.tolist(), row.tolist()) for traits, row in zip(part.traits[threats], shares, strict=True)
    ]


def _named(part: Part, traits: list[float], shares: list[float]) -> list[Contribution]:
    column = {trait.name: (at, trait.usual) for at, trait in enumerate(part.kind.traits)}
    given: dict[str, float] = {}
    for detector, share in zip(part.kind.detectors, shares, strict=True):
        standing_out = [name for name in detector.traits if traits[column[name][0]] > column[name][1]]
        for name in standing_out or detector.traits[:1]:
            given[name] = given.get(name, 0.0) + share / max(len(standing_out), 1)
    return [
        ContributionStruct(
            name=name,
            observed=round(traits[column[name][0]], DIGITS),
            expected=column[name][1],
            contribution=round(share, DIGITS),
        )
        for name, share in given.items()
        if share > 0
    ]
