"""What is measured on held-out captures after training: the anomaly's quantiles and where a threat begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.behaviours import strengths
from models.dataset import Dataset
from models.encoding import encoded
from models.network import ANOMALY_KNOTS, MAX_LOGIT, Network
from models.runtime import tf

#: Risk from which an event is a threat. The risk head is shifted so that this figure has its false-positive rate.
THRESHOLD = 50.0
MAX_FPR = 0.01
MAX_SHIFT = 8.0


def calibrate(network: Network, held_out: Dataset, *, max_fpr: float = MAX_FPR) -> None:
    """Set the anomaly's knots and shift the risk head by what the held-out benign rows show.

    The knots are evenly spaced quantiles of the reconstruction error. The shift is the largest at which at most
    `max_fpr` of the benign rows have a risk of `THRESHOLD` or more, behaviours included; the severities, whose bands
    are fixed, keep their meaning this way.

    Raises:
        ValueError: No benign rows were held out.
    """
    benign = held_out.features[~held_out.malicious]
    if not len(benign):
        raise ValueError("no benign rows are held out to calibrate on")
    code = encoded(benign)
    fit_knots(network, code)
    fit_shift(network, code, strengths(tf.constant(benign)).numpy(), max_fpr)


def fit_knots(network: Network, code: NDArray[np.float32]) -> None:
    """Set the anomaly's knots to the quantiles of the reconstruction errors of (n, WIDTH) codes."""
    errors = network.reconstruction_error(tf.constant(code)).numpy()
    network.weights["anomaly_knots"].assign(_increasing(np.quantile(errors, np.linspace(0, 1, ANOMALY_KNOTS))))


def fit_shift(
    network: Network,
    code: NDArray[np.float32],
    shown: NDArray[np.float32],
    max_fpr: float,
    most: float = MAX_SHIFT,
) -> None:
    """Shift the risk head so that at most a share `max_fpr` of the rows are threats.

    Args:
        network: Changed in place.
        code: (n, WIDTH) codes of the rows.
        shown: (n, behaviours) strengths of their behaviours.
        max_fpr: Share of the rows.
        most: The largest shift.
    """
    evidence = network.evidence(tf.constant(code))[1].numpy()
    shift = min(_shift(evidence, np.prod(1 - shown, axis=1), max_fpr), most)
    network.weights["risk_bias"].assign_add([shift])


def _shift(evidence: NDArray[np.float32], spared: NDArray[np.float32], max_fpr: float) -> float:
    """Return the shift of the evidence that makes at most a share `max_fpr` of the rows threats.

    A row is one when (1 - learnt) x spared <= 1 - threshold, that is from a learnt logit of logit(1 - (1 - threshold) /
    spared) on; rows whose behaviours alone reach the threshold always are.
    """
    learnt_needed = 1 - (1 - THRESHOLD / 100) / np.maximum(spared, 1e-6)
    with np.errstate(divide="ignore", invalid="ignore"):
        logit = np.log(learnt_needed / (1 - learnt_needed))
        needed = np.where(learnt_needed > 0, MAX_LOGIT * np.arctanh(logit / MAX_LOGIT) - evidence, -np.inf)
    allowed = int(max_fpr * len(needed))
    first_too_many = np.sort(needed)[min(allowed, len(needed) - 1)]
    return float(np.clip(first_too_many - 1e-3, -MAX_SHIFT, MAX_SHIFT))


def _increasing(knots: NDArray[np.float64]) -> NDArray[np.float32]:
    """Part equal knots by a hair: the table divides by their distance."""
    return np.maximum.accumulate(knots + np.arange(len(knots)) * 1e-7).astype(np.float32)
