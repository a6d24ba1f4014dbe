"""All that is said of the risks of labelled rows: figures with intervals, tables, curves, calibration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.evaluate.bootstrap import Interval, interval, share
from models.metrics import average_precision, curve, recall_at_fpr, roc_auc, threshold_at_fpr
from schemas.threat import CLASSES

CURVE_POINTS = 200
RELIABILITY_BINS = 10
MAX_FPR = 0.01

Risks = NDArray[np.float32]
Mix = list[tuple[str, int]]  #: classes that are there and their rows, most rows first


class Part(NamedTuple):
    """Rows of one capture or of one kind of attack."""

    name: str
    rows: int
    malicious: int
    mix: Mix
    roc_auc: float  #: within the part; of an attack, against all benign rows
    called: Interval  #: share of the malicious rows called a threat; of the benign ones where none is malicious
    false_alarms: Interval  #: share of the benign rows called a threat; NaN without any


class Sheet(NamedTuple):
    """Figures of risks of rows at a threshold."""

    rows: int
    malicious: int
    mix: Mix
    threshold: float  #: risk from which a row is called a threat
    roc_auc: Interval
    average_precision: Interval
    recall_at_1pct_fpr: Interval
    recall: Interval  #: at the threshold
    fpr: Interval  #: at the threshold
    calibration_error: float  #: mean distance of risk / 100 and share malicious, over tenths of the risk (ECE)
    attacks: list[Part]
    captures: list[Part]
    roc: list[tuple[float, float]]  #: false-positive rate, recall
    precision_recall: list[tuple[float, float]]  #: recall, precision
    reliability: list[tuple[float, float, int]]  #: mean risk / 100, share malicious, rows; by tenths of the risk


def sheet_of(data: Dataset, risk: Risks, threshold: float | None = None) -> Sheet:
    """Measure risks of the rows of `data`.

    Args:
        data: The n rows.
        risk: (n,) their risks.
        threshold: Risk from which a row is a threat; without one, that of 1 % false positives on these very rows.
    """
    labels = data.malicious
    if threshold is None:
        threshold = threshold_at_fpr(risk[~labels], MAX_FPR)
    called, reliability = risk >= threshold, _reliability(labels, risk)
    return Sheet(
        rows=len(data),
        malicious=int(labels.sum()),
        mix=_mix(data.classes),
        threshold=threshold,
        roc_auc=interval(lambda rows: roc_auc(labels[rows], risk[rows]), len(data)),
        average_precision=interval(lambda rows: average_precision(labels[rows], risk[rows]), len(data)),
        recall_at_1pct_fpr=interval(lambda rows: recall_at_fpr(labels[rows], risk[rows], MAX_FPR), len(data)),
        recall=share(called[labels]),
        fpr=share(called[~labels]),
        calibration_error=sum(abs(risk - share) * rows for risk, share, rows in reliability) / len(data),
        attacks=[_attack(data, risk, called, str(name)) for name in np.unique(data.attack)],
        captures=[_capture(data, risk, called, str(name)) for name in np.unique(data.capture)],
        roc=_roc(labels, risk),
        precision_recall=_precision_recall(labels, risk),
        reliability=reliability,
    )


def _mix(classes: NDArray[np.int64]) -> Mix:
    rows = np.bincount(classes, minlength=len(CLASSES)).tolist()
    return sorted(
        ((str(name), count) for name, count in zip(CLASSES, rows, strict=True) if count), key=lambda part: -part[1]
    )


def _attack(data: Dataset, risk: Risks, called: NDArray[np.bool_], name: str) -> Part:
    rows = data.attack == name
    against = rows | ~data.malicious
    return Part(
        name,
        int(rows.sum()),
        int(data.malicious[rows].sum()),
        _mix(data.classes[rows]),
        roc_auc(data.malicious[against], risk[against]) if data.malicious[rows].any() else float("nan"),
        share(called[rows]),
        share(called[rows & ~data.malicious]),
    )


def _capture(data: Dataset, risk: Risks, called: NDArray[np.bool_], name: str) -> Part:
    rows = data.capture == name
    return Part(
        name,
        int(rows.sum()),
        int(data.malicious[rows].sum()),
        _mix(data.classes[rows]),
        roc_auc(data.malicious[rows], risk[rows]),
        share(called[rows & data.malicious]),
        share(called[rows & ~data.malicious]),
    )


def _roc(labels: NDArray[np.bool_], risk: Risks) -> list[tuple[float, float]]:
    hits, alarms = curve(labels, risk)
    return _thinned((alarms - hits) / max((~labels).sum(), 1), hits / max(labels.sum(), 1))


def _precision_recall(labels: NDArray[np.bool_], risk: Risks) -> list[tuple[float, float]]:
    hits, alarms = curve(labels, risk)
    return _thinned(hits / max(labels.sum(), 1), hits / np.maximum(alarms, 1))


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Keep points of a curve evenly along its length."""
    length = np.cumsum(np.hypot(np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0])))
    kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], CURVE_POINTS)))
    return [(round(float(x[at]), 5), round(float(y[at]), 5)) for at in np.minimum(kept, len(x) - 1)]


def _reliability(labels: NDArray[np.bool_], risk: Risks) -> list[tuple[float, float, int]]:
    tenth = np.minimum((risk / 100 * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    groups = [tenth == number for number in range(RELIABILITY_BINS)]
    return [
        (float(risk[group].mean() / 100), float(labels[group].mean()), int(group.sum()))
        for group in groups
        if group.any()
    ]
