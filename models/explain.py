"""Why this score: each feature's share of the risk logit.

The learnt part is attributed by integrated gradients (Sundararajan et al., ICML 2017) from the row of benign medians
in the network's code, its columns summed by feature. What behaviours add above the learnt logit is split among them by
log-survival, -log(1 - strength), in which a noisy-or is a sum, and goes to each behaviour's leading feature.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.behaviours import BEHAVIOURS, strengths
from models.encoding import FEATURE_OF_COLUMN, encode
from models.features import FEATURES
from models.network import Network, is_measured
from models.runtime import tf
from schemas.threat import Contribution, ContributionStruct

STEPS = 8  #: midpoints of the path

_NAMES = [feature.name for feature in FEATURES]
_SUM_BY_FEATURE = np.eye(len(FEATURES), dtype=np.float32)[FEATURE_OF_COLUMN]
_LEADS = np.eye(len(FEATURES), dtype=np.float32)[[_NAMES.index(b.lead) for b in BEHAVIOURS]]


def attribute(network: Network, features: tf.Tensor, medians: tf.Tensor) -> tf.Tensor:
    """Return the (n, len(FEATURES)) shares of the risk logits of n rows, against a (1, columns) row of medians."""
    learnt = network.learnt_risk_logit(features)
    code, base = encode(features, network.weights["edges"]), encode(medians, network.weights["edges"])
    # The first layer is linear in the code, so that its path is straight as well, and it is passed but once each way.
    begins, ends = network.first_layer(base), network.first_layer(code)
    points = tf.concat([begins + (step + 0.5) / STEPS * (ends - begins) for step in range(STEPS)], axis=0)
    with tf.GradientTape() as tape:
        tape.watch(points)
        logit = network.risk_logit(points)
    gradient = tf.reduce_mean(tf.reshape(tape.gradient(logit, points), (STEPS, -1, points.shape[1])), axis=0)
    gradient = gradient @ tf.transpose(network.weights["trunk_1"])
    measured = is_measured(features)
    flow = tf.where(measured[:, None], (code - base) * gradient, 0.0) @ _SUM_BY_FEATURE
    survival = -tf.math.log1p(-tf.minimum(strengths(features), 1 - 1e-6))
    total = tf.reduce_sum(survival, axis=1, keepdims=True)
    # logit(risk) - logit(p) with 1 - risk = (1 - p) exp(-total), free of cancellation.
    added = total + tf.math.log1p(-tf.math.expm1(-total) * tf.exp(-learnt[:, None]))
    return flow + (added * survival / tf.maximum(total, 1e-9)) @ _LEADS


def contributions_of(
    features: NDArray[np.float32], shares: NDArray[np.float32], medians: NDArray[np.float32], top: int
) -> list[list[Contribution]]:
    """Name the `top` shares of each row by size, leaving out those that are zero."""
    order = np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :top]
    columns = [np.take_along_axis(values, order, axis=1).tolist() for values in (features, shares)]
    return [
        [
            ContributionStruct(name=_NAMES[at], observed=_known(seen), expected=_known(usual), contribution=share)
            for at, seen, usual, share in zip(*row, strict=True)
            if share != 0
        ]
        for row in zip(order.tolist(), columns[0], medians[order].tolist(), columns[1], strict=True)
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
