"""What the shipped thresholds do: how much is found and how often it is wrong from each of them on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from models.evaluate.bootstrap import Interval, share
from models.evaluate.data import Data
from models.evaluate.unseen import Risks
from models.scorer import Scorer
from schemas.threat import severity_of


class Band(NamedTuple):
    """Figures of rows at a risk from which a severity begins."""

    severity: str
    risk: float
    recall: Interval
    fpr: Interval


class Thresholds(NamedTuple):
    """The shipped model's bands on the captures that set its threshold, and on days that it never saw."""

    validation: list[Band]
    later: list[Band]


def thresholds(scorer: Scorer, data: Data, later: Risks) -> Thresholds:
    """Measure the shipped model at its threshold and at each severity above; `later` are its risks of later days.

    Raises:
        ValueError: The training file is not the one that the model's card names.
    """
    card = scorer.card.data
    if card.sha256 not in {source.sha256 for source in data.sources}:
        raise ValueError(f"{scorer.name} {scorer.version} was trained on another file: its card has {card.sha256}")
    validation = data.training.where(np.isin(data.training.capture, card.validation_captures))
    return Thresholds(
        _bands(validation.malicious, scorer.score(validation.features).risk, scorer.threshold),
        _bands(data.later.malicious, later, scorer.threshold),
    )


def _bands(malicious: np.ndarray[tuple[int], np.dtype[np.bool_]], risk: Risks, threshold: float) -> list[Band]:
    bounds = [bound for bound in range(1, 101) if severity_of(bound) != severity_of(bound - 1)]
    return [
        Band(str(severity_of(bound)), bound, share(risk[malicious] >= bound), share(risk[~malicious] >= bound))
        for bound in sorted({threshold, *(bound for bound in bounds if bound > threshold)})
    ]
