"""A trained network fitted to the network that it watches, by unlabelled traffic of its first hour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.behaviours import strengths
from models.calibration import MAX_FPR, fit_knots, fit_shift
from models.encoding import encoded
from models.network import Network
from models.runtime import tf

#: Rows whose behaviours reach this are taken for attacks and left out.
_BEHAVING = 0.25
#: Fewer rows than this say nothing about the rarest percent.
MIN_ROWS = 100


def fit_to(network: Network, features: NDArray[np.float32], *, max_fpr: float = MAX_FPR) -> None:
    """Set the anomaly's quantiles, and the shift of the risk, by local traffic.

    Most of a network's traffic is benign. So the quantiles become those of the rows that show no behaviour, and the
    evidence is shifted so that at most `max_fpr` of these rows are threats. The order of the learnt scores stays; an
    attack that is more than that share of the first hour and shows no behaviour is taken for usual.

    Args:
        network: Changed in place.
        features: (n, len(FEATURES)) rows of the first hour, unlabelled.
        max_fpr: Share of the local rows that may be threats.

    Raises:
        ValueError: There are fewer than `MIN_ROWS` rows that show no behaviour.
    """
    usual = features[strengths(tf.constant(features)).numpy().max(axis=1) < _BEHAVING]
    if len(usual) < MIN_ROWS:
        raise ValueError(f"{len(usual)} rows without a behaviour are too few to fit to; {MIN_ROWS} are needed")
    code = encoded(usual)
    fit_knots(network, code)
    fit_shift(network, code, strengths(tf.constant(usual)).numpy(), max_fpr)
