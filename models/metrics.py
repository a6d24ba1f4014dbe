"""Figures of merit of a score, on binary labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.bool_]
Numbers = NDArray[np.floating]


def roc_auc(labels: Labels, scores: Numbers) -> float:
    """Return the area under the ROC curve: the chance that a positive outranks a negative, ties counting half.

    NaN when one class is absent (Mann-Whitney U; Hanley and McNeil, Radiology 143, 1982).
    """
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return float("nan")
    _, tie, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    u = mean_rank[tie][labels].sum() - positives * (positives + 1) / 2
    return float(u / (positives * negatives))


def average_precision(labels: Labels, scores: Numbers) -> float:
    """Return the sum over thresholds of precision times the recall gained there; NaN without positives."""
    if not labels.any():
        return float("nan")
    hits, alarms = curve(labels, scores)
    gained = np.diff(hits, prepend=0) / labels.sum()
    return float((gained * hits / alarms).sum())


def recall_at_fpr(labels: Labels, scores: Numbers, fpr: float) -> float:
    """Return the best recall among thresholds whose false-positive rate is at most `fpr`; NaN if a class is absent."""
    if labels.all() or not labels.any():
        return float("nan")
    hits, alarms = curve(labels, scores)
    allowed = (alarms - hits) / (~labels).sum() <= fpr
    return float((hits[allowed] / labels.sum()).max(initial=0.0))


def threshold_at_fpr(benign_scores: Numbers, fpr: float) -> float:
    """Return the lowest threshold at which at most a share `fpr` of the benign scores are alarms (score >= threshold).

    Raises:
        ValueError: There are no scores.
    """
    if not len(benign_scores):
        raise ValueError("no benign scores to choose a threshold from")
    ordered = np.sort(benign_scores)[::-1]
    return float(np.nextafter(ordered[min(int(fpr * len(ordered)), len(ordered) - 1)], np.inf))


def macro_f1(labels: Labels, called: Labels) -> float:
    """Return the mean of the F1 scores of both labels; a label that is absent and never given counts as 0."""
    scores = []
    for label in (True, False):
        hits = ((labels == label) & (called == label)).sum()
        scores.append(2 * hits / max((labels == label).sum() + (called == label).sum(), 1))
    return float(np.mean(scores))


def curve(labels: Labels, scores: Numbers) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return hits and alarms at each distinct threshold, the highest first."""
    order = np.argsort(-scores, kind="stable")
    last_of_tie = np.append(np.diff(scores[order]) != 0, True)
    hits = np.cumsum(labels[order])[last_of_tie]
    return hits, np.arange(1, len(scores) + 1)[last_of_tie]
