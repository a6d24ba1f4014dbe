"""How good a scorer is on labelled rows."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

import numpy as np

from models.dataset import Dataset, load
from models.metrics import average_precision, recall_at_fpr, roc_auc
from models.scorer import Scorer
from models.scores import Scores


class AttackFigures(TypedDict):
    """Figures of one kind of attack (or of benign rows, whose recall is the false-positive rate)."""

    rows: int
    recall: float
    mean_risk: float


class Evaluation(TypedDict):
    """Figures of a scorer on a file."""

    rows: int
    roc_auc: float
    average_precision: float
    threshold: float
    recall: float
    fpr: float
    recall_at_1pct_fpr: float
    per_attack: dict[str, AttackFigures]


def evaluate(path: Path, scorer: Scorer) -> Evaluation:
    """Score a labelled parquet file, capture by capture in time order, and return the figures.

    Raises:
        ValueError: The file is unreadable, empty or unlabelled.
    """
    data = load(path)
    return figures(data, scorer.score(data.features), scorer.threshold)


def figures(data: Dataset, scores: Scores, threshold: float) -> Evaluation:
    """Return the figures of scores of the rows of `data`; NaN where a label is absent."""
    return Evaluation(
        rows=len(data),
        roc_auc=roc_auc(data.malicious, scores.risk),
        average_precision=average_precision(data.malicious, scores.risk),
        threshold=threshold,
        recall=_share(scores.threat[data.malicious]),
        fpr=_share(scores.threat[~data.malicious]),
        recall_at_1pct_fpr=recall_at_fpr(data.malicious, scores.risk, 0.01),
        per_attack={str(attack): _of_attack(data, scores, str(attack)) for attack in np.unique(data.attack)},
    )


def _of_attack(data: Dataset, scores: Scores, attack: str) -> AttackFigures:
    rows = data.attack == attack
    return AttackFigures(
        rows=int(rows.sum()), recall=_share(scores.threat[rows]), mean_risk=float(scores.risk[rows].mean())
    )


def _share(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    return float(flags.mean()) if len(flags) else float("nan")
