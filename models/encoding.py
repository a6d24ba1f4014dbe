"""How features enter the network: piecewise-linear quantile codes, flags, and which of them were missing.

Quantile codes (Gorishniy et al., NeurIPS 2022, section 3.2) give a small network what trees have: it need not learn the
scale of a counter that spans nine decades.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.flow_features import FLOW_FEATURES
from models.runtime import tf

BINS = 10
COLUMNS = len(FLOW_FEATURES)
NUMERIC = [column for column, feature in enumerate(FLOW_FEATURES) if feature.unit != "flag"]
FLAGS = [column for column, feature in enumerate(FLOW_FEATURES) if feature.unit == "flag"]
#: Width of the code: bins of numbers, flags, one missing-value indicator each.
WIDTH = len(NUMERIC) * BINS + len(FLAGS) + COLUMNS

#: Added before the logarithm, by unit; units that are not here are taken as they are.
_LOG_SHIFT = {"s": 1e-6, "B": 1.0, "packets": 1.0, "B/packet": 1.0}
_SHIFT = np.array([_LOG_SHIFT.get(FLOW_FEATURES[column].unit, np.nan) for column in NUMERIC], np.float32)
_IS_LOG = ~np.isnan(_SHIFT)

#: (WIDTH,) the feature that a column of the code speaks of.
FEATURE_OF_COLUMN = np.concatenate([np.repeat(NUMERIC, BINS), FLAGS, np.arange(COLUMNS)])


def fit_edges(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (len(NUMERIC), BINS + 1) edges at quantiles of the scaled features; a repeated one gives a thin bin."""
    scaled = _scale(tf.constant(features[:, NUMERIC])).numpy()
    scaled[:, np.isnan(scaled).all(axis=0)] = 0.0
    edges = np.nanquantile(scaled, np.linspace(0, 1, BINS + 1), axis=0).T
    return np.maximum.accumulate(edges + np.arange(BINS + 1) * 1e-4, axis=1).astype(np.float32)


def encode(features: tf.Tensor, edges: tf.Tensor) -> tf.Tensor:
    """Return the (n, WIDTH) code of (n, columns) features; a missing value is zero in its bins and one in its flag."""
    flow = features[:, :COLUMNS]
    missing = tf.math.is_nan(flow)
    numbers = _scale(tf.gather(flow, NUMERIC, axis=1))[:, :, None]
    bins = tf.clip_by_value((numbers - edges[:, :-1]) / (edges[:, 1:] - edges[:, :-1]), 0.0, 1.0)
    bins = tf.where(tf.math.is_nan(numbers), 0.0, bins)
    flags = tf.gather(tf.where(missing, 0.0, flow), FLAGS, axis=1)
    return tf.concat([tf.reshape(bins, (-1, len(NUMERIC) * BINS)), flags, tf.cast(missing, tf.float32)], axis=1)


def _scale(numbers: tf.Tensor) -> tf.Tensor:
    """Take logarithms of what spans decades."""
    logarithms = tf.math.log(tf.maximum(numbers, 0.0) + np.nan_to_num(_SHIFT, nan=1.0)) / np.log(10.0)
    return tf.where(_IS_LOG, logarithms, numbers)
