"""Why this score: each feature's share of the risk logit.

The learnt part is attributed by integrated gradients (Sundararajan et al., ICML 2017) from the row of benign medians
in the network's code, its columns summed by feature. What behaviours add above the learnt logit is split among them by
log-survival, -log(1 - strength), in which a noisy-or is a sum, and goes to each behaviour's leading feature.
"""

from __future__ import annotations

import numpy as np

from models.behaviours import BEHAVIOURS, strengths
from models.encoding import FEATURE_OF_COLUMN, encode
from models.features import FEATURES
from models.network import Network, is_measured
from models.runtime import tf

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
    slopes = tf.reshape(network.risk_slope(points), (STEPS, -1, points.shape[1]))
    gradient = tf.reduce_mean(slopes, axis=0) @ tf.transpose(network.weights["trunk_1"])
    measured = is_measured(features)
    flow = tf.where(measured[:, None], (code - base) * gradient, 0.0) @ _SUM_BY_FEATURE
    survival = -tf.math.log1p(-tf.minimum(strengths(features), 1 - 1e-6))
    total = tf.reduce_sum(survival, axis=1, keepdims=True)
    # logit(risk) - logit(p) with 1 - risk = (1 - p) exp(-total), free of cancellation.
    added = total + tf.math.log1p(-tf.math.expm1(-total) * tf.exp(-learnt[:, None]))
    return flow + (added * survival / tf.maximum(total, 1e-9)) @ _LEADS
