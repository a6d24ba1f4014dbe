"""How features enter the network: piecewise-linear codes on fixed scales, flags, and which of them were missing.

Piecewise-linear codes (Gorishniy et al., NeurIPS 2022, section 3.2) give a small network what trees have: it need not
learn the scale of a counter that spans nine decades. Their edges are fixed by what the numbers mean (a bare SYN of 40
to 60 bytes, a full packet, a second), not measured on a training file: quantiles of one laboratory cut another's
traffic in the wrong places.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.columns import COUNTERS
from models.features import FEATURES
from models.flow_features import FLOW_FEATURES
from models.runtime import tf

BINS = 5
_NAMES = [feature.name for feature in FEATURES]
#: The one feature of the windows that the network reads: a share, which no network's rate moves.
LEARNT_WINDOW_FEATURES = ("destination_unanswered",)
#: Columns of the feature matrix that the network reads.
INPUTS = [*range(len(FLOW_FEATURES)), *(_NAMES.index(name) for name in LEARNT_WINDOW_FEATURES)]
NUMERIC = [column for column in INPUTS if FEATURES[column].unit != "flag"]
FLAGS = [column for column in INPUTS if FEATURES[column].unit == "flag"]
#: Columns that tell what a sensor left out; the other columns are missing together with one of them.
MARKS = [
    _NAMES.index(name)
    for name in (*COUNTERS, "state_completed", "proto_tcp", "port_web", "dst_group", *LEARNT_WINDOW_FEATURES)
]
#: Width of the code: bins of numbers, flags, missing-value indicators.
WIDTH = len(NUMERIC) * BINS + len(FLAGS) + len(MARKS)

_SECONDS = (-6, -3, -1.3, 0, 1, 3)
_PAYLOAD = (0, 1.5, 2, 2.7, 4, 7)
_PACKETS = (0, 0.301, 0.477, 0.7, 1.3, 3)
_WITH_HEADERS = (0, 1.65, 1.85, 2.3, 3.3, 6)
_PAYLOAD_SIZE = (0, 1, 1.6, 2, 2.6, 3.2)
_PACKET_SIZE = (1.6, 1.66, 1.79, 2.1, 2.6, 3.2)
_BALANCE = (-1, -0.6, -0.1, 0.1, 0.6, 1)
_SHARE = (0, 0.2, 0.4, 0.6, 0.8, 1)
#: Edges by feature, decades where `_LOG_SHIFT` has its unit.
EDGES_OF: dict[str, tuple[float, ...]] = {
    "duration_s": _SECONDS,
    "orig_bytes": _PAYLOAD,
    "resp_bytes": _PAYLOAD,
    "orig_pkts": _PACKETS,
    "resp_pkts": _PACKETS,
    "orig_ip_bytes": _WITH_HEADERS,
    "resp_ip_bytes": _WITH_HEADERS,
    "orig_bytes_per_pkt": _PAYLOAD_SIZE,
    "resp_bytes_per_pkt": _PAYLOAD_SIZE,
    "orig_ip_bytes_per_pkt": _PACKET_SIZE,
    "resp_ip_bytes_per_pkt": _PACKET_SIZE,
    "pkt_interval_s": _SECONDS,
    "byte_balance": _BALANCE,
    "pkt_balance": _BALANCE,
    "destination_unanswered": _SHARE,
}
#: (len(NUMERIC), BINS + 1) edges of the code.
EDGES = np.array([EDGES_OF[_NAMES[column]] for column in NUMERIC], np.float32)

#: Added before the logarithm, by unit; units that are not here are taken as they are.
_LOG_SHIFT = {"s": 1e-6, "B": 1.0, "packets": 1.0, "B/packet": 1.0}
_SHIFT = np.array([_LOG_SHIFT.get(FEATURES[column].unit, np.nan) for column in NUMERIC], np.float32)
_IS_LOG = ~np.isnan(_SHIFT)

#: (WIDTH,) the feature that a column of the code speaks of.
FEATURE_OF_COLUMN = np.concatenate([np.repeat(NUMERIC, BINS), FLAGS, MARKS])


def encode(features: tf.Tensor, edges: tf.Tensor) -> tf.Tensor:
    """Return the (n, WIDTH) code of (n, columns) features; a missing value is zero in its bins and one in its flag."""
    numbers = _scale(tf.gather(features, NUMERIC, axis=1))[:, :, None]
    bins = tf.clip_by_value((numbers - edges[:, :-1]) / (edges[:, 1:] - edges[:, :-1]), 0.0, 1.0)
    bins = tf.where(tf.math.is_nan(numbers), 0.0, bins)
    flags = tf.gather(features, FLAGS, axis=1)
    flags = tf.where(tf.math.is_nan(flags), 0.0, flags)
    missing = tf.cast(tf.math.is_nan(tf.gather(features, MARKS, axis=1)), tf.float32)
    return tf.concat([tf.reshape(bins, (-1, len(NUMERIC) * BINS)), flags, missing], axis=1)


def _scale(numbers: tf.Tensor) -> tf.Tensor:
    """Take logarithms of what spans decades."""
    logarithms = tf.math.log(tf.maximum(numbers, 0.0) + np.nan_to_num(_SHIFT, nan=1.0)) / np.log(10.0)
    return tf.where(_IS_LOG, logarithms, numbers)


def encoded(features: NDArray[np.float32], rows: int = 16_384) -> NDArray[np.float32]:
    """Return the (n, WIDTH) code of n rows of features, in pieces that fit in memory."""
    pieces = [features[start : start + rows] for start in range(0, len(features), rows)]
    return np.concatenate([np.empty((0, WIDTH), np.float32), *(encode(tf.constant(p), EDGES).numpy() for p in pieces)])
