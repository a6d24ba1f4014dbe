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
_UNITS = [FEATURES[column].unit for column in NUMERIC]
_SHIFT = np.array([_LOG_SHIFT[unit] for unit in _UNITS if unit in _LOG_SHIFT], np.float32)
#: So many of `NUMERIC` are taken in decades; they come first.
_LOGS = len(_SHIFT)
assert all(unit in _LOG_SHIFT for unit in _UNITS[:_LOGS])
#: Taken from the bins of what is missing, which leaves none of them above zero.
_BEYOND = np.float32(1e9)

#: (WIDTH,) the feature that a column of the code speaks of.
FEATURE_OF_COLUMN = np.concatenate([np.repeat(NUMERIC, BINS), FLAGS, MARKS])


def encode(features: tf.Tensor, edges: tf.Tensor) -> tf.Tensor:
    """Return the (n, WIDTH) code of (n, columns) features; a missing value is zero in its bins and one in its flag."""
    missing = tf.cast(tf.math.is_nan(features), tf.float32)
    known = tf.where(tf.math.is_nan(features), 0.0, features)
    in_decades, as_they_are = NUMERIC[:_LOGS], NUMERIC[_LOGS:]
    decades = tf.math.log(tf.maximum(tf.gather(known, in_decades, axis=1), 0.0) + _SHIFT) / np.log(10.0)
    return tf.concat(
        [
            _bins(decades, tf.gather(missing, in_decades, axis=1), edges[:_LOGS]),
            _bins(tf.gather(known, as_they_are, axis=1), tf.gather(missing, as_they_are, axis=1), edges[_LOGS:]),
            tf.gather(known, FLAGS, axis=1),
            tf.gather(missing, MARKS, axis=1),
        ],
        axis=1,
    )


def _bins(numbers: tf.Tensor, missing: tf.Tensor, edges: tf.Tensor) -> tf.Tensor:
    """Return the (n, k * BINS) bins of (n, k) numbers as products, which take LiteRT half the time of selections.

    With less than 1,024 weights they stay in float where large layers become int8 (`models.lite`).
    """
    of_number = np.repeat(np.eye(numbers.shape[1], dtype=np.float32), BINS, axis=1)
    widths, begins = tf.reshape(edges[:, 1:] - edges[:, :-1], (-1,)), tf.reshape(edges[:, :-1], (-1,))
    bins = numbers @ (of_number / widths) - missing @ (_BEYOND * of_number) - begins / widths
    return tf.clip_by_value(bins, 0.0, 1.0)


def encoded(features: NDArray[np.float32], rows: int = 16_384) -> NDArray[np.float32]:
    """Return the (n, WIDTH) code of n rows of features, in pieces that fit in memory."""
    pieces = [features[start : start + rows] for start in range(0, len(features), rows)]
    return np.concatenate([np.empty((0, WIDTH), np.float32), *(encode(tf.constant(p), EDGES).numpy() for p in pieces)])
