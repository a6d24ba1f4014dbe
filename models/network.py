"""One network, three heads: anomaly, threat class and risk, in one function of rows of features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.behaviours import BEHAVIOURS, strengths
from models.columns import COUNTERS
from models.encoding import BINS, NUMERIC, WIDTH, encode
from models.runtime import tf
from schemas.threat import CLASSES, ThreatClass

ANOMALY_KNOTS = 33

#: Shape of every weight. The trunk feeds both heads; the autoencoder sees the code and rebuilds it.
SHAPES: dict[str, tuple[int, ...]] = {
    "edges": (len(NUMERIC), BINS + 1),
    "trunk_1": (WIDTH, 64),
    "trunk_1_bias": (64,),
    "trunk_2": (64, 32),
    "trunk_2_bias": (32,),
    "class": (32, len(CLASSES)),
    "class_bias": (len(CLASSES),),
    "risk": (32, 1),
    "risk_bias": (1,),
    "squeeze": (WIDTH, 32),
    "squeeze_bias": (32,),
    "bottleneck": (32, 8),
    "bottleneck_bias": (8,),
    "expand": (8, 32),
    "expand_bias": (32,),
    "rebuild": (32, WIDTH),
    "rebuild_bias": (WIDTH,),
    "anomaly_knots": (ANOMALY_KNOTS,),
}
#: Weights that are measured on data, not trained.
MEASURED = ("edges", "anomaly_knots")

_BENIGN = CLASSES.index(ThreatClass.BENIGN)
#: One flow alone never makes the network surer than this (a probability of 0.88): what windows show can outrank it.
MAX_LOGIT = 2.0
#: Risk of an event whose flow was not measured, before behaviours: what the lowest learnt risks are.
_FLOOR_LOGIT = -20.0
_ROWS_AT_ONCE = 8192
_CLASS_OF_BEHAVIOUR = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index(b.threat_class) for b in BEHAVIOURS]]


class Heads(NamedTuple):
    """Outputs for n rows."""

    anomaly: tf.Tensor  #: (n,) quantile of the reconstruction error among benign traffic, 0..1
    class_probabilities: tf.Tensor  #: (n, len(CLASSES)), rows sum to 1
    risk: tf.Tensor  #: (n,) 0..100


class Network(tf.Module):  # type: ignore[misc]
    """The weights and the function of features that they make."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        """Take the weights named in `SHAPES`.

        Raises:
            ValueError: A weight is absent or of another shape.
        """
        super().__init__()
        for name, shape in SHAPES.items():
            _check(name, shape, weights.get(name))
        self.weights = {
            name: tf.Variable(weights[name], trainable=name not in MEASURED, dtype=tf.float32) for name in SHAPES
        }

    def logits(self, code: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the class head's (n, len(CLASSES)) and the risk head's (n,) logits of (n, WIDTH) codes.

        The risk head's is its evidence, bent smoothly (by a hyperbolic tangent) to stay within `MAX_LOGIT`.
        """
        class_logits, evidence = self.evidence(code)
        return class_logits, MAX_LOGIT * tf.tanh(evidence / MAX_LOGIT)

    def evidence(self, code: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the class head's logits and the risk head's (n,) evidence, which has no bounds."""
        hidden = self._hidden(self.first_layer(code))
        return self._dense("class", hidden), self._dense("risk", hidden)[:, 0]

    def first_layer(self, code: tf.Tensor) -> tf.Tensor:
        """Return the trunk's first layer before its activation, (n, 64): linear in the code."""
        return self._dense("trunk_1", code)

    def risk_slope(self, first: tf.Tensor) -> tf.Tensor:
        """Return the (n, 64) gradient of the risk head's logit by the trunk's first layer before its activation.

        Spelt out, since the gradient of TensorFlow's `relu` has no counterpart on a sensor (`models.lite`).
        """
        second = self._dense("trunk_2", tf.nn.relu(first))
        evidence = self._dense("risk", tf.nn.relu(second))
        slope = 1 - tf.square(tf.tanh(evidence / MAX_LOGIT))
        for name, before in (("risk", second), ("trunk_2", first)):
            slope = tf.matmul(slope, self.weights[name], transpose_b=True) * tf.cast(before > 0, tf.float32)
        return slope

    def _hidden(self, first: tf.Tensor) -> tf.Tensor:
        return tf.nn.relu(self._dense("trunk_2", tf.nn.relu(first)))

    def reconstruction_error(self, code: tf.Tensor) -> tf.Tensor:
        """Return the (n,) mean squared error of the autoencoder."""
        narrow = self._dense("bottleneck", tf.nn.relu(self._dense("squeeze", code)))
        rebuilt = tf.sigmoid(self._dense("rebuild", tf.nn.relu(self._dense("expand", narrow))))
        return tf.reduce_mean(tf.square(rebuilt - code), axis=1)

    def learnt_risk_logit(self, features: tf.Tensor) -> tf.Tensor:
        """Return the (n,) logit of the learnt risk; the floor where the flow was not measured."""
        _, risk = self.logits(encode(features, self.weights["edges"]))
        return tf.where(is_measured(features), tf.maximum(risk, _FLOOR_LOGIT), _FLOOR_LOGIT)

    def heads(self, features: tf.Tensor) -> Heads:
        """Score (n, len(FEATURES)) rows.

        The learnt risk and the behaviours' strengths are combined as independent causes (noisy-or, Pearl 1988):
        1 - risk = (1 - learnt) x product of (1 - strength). The class moves to the behaviours' by their joint strength.
        """
        code, measured = encode(features, self.weights["edges"]), is_measured(features)
        class_logits, risk_logit = self.logits(code)
        learnt = tf.sigmoid(tf.where(measured, tf.maximum(risk_logit, _FLOOR_LOGIT), _FLOOR_LOGIT))
        shown = strengths(features)
        spared = tf.reduce_prod(1 - shown, axis=1)
        benign = tf.one_hot(_BENIGN, len(CLASSES))
        classes = tf.where(measured[:, None], tf.nn.softmax(class_logits), benign)
        pull = shown @ _CLASS_OF_BEHAVIOUR / tf.maximum(tf.reduce_sum(shown, axis=1, keepdims=True), 1e-9)
        anomaly = self._quantile(self.reconstruction_error(code))
        return Heads(
            anomaly=tf.where(measured, anomaly, 0.0),
            class_probabilities=spared[:, None] * classes + (1 - spared)[:, None] * pull,
            risk=100 * (learnt * spared + (1 - spared)),  # the same sum without cancellation near 0
        )

    def _dense(self, name: str, values: tf.Tensor) -> tf.Tensor:
        return values @ self.weights[name] + self.weights[f"{name}_bias"]

    def _quantile(self, error: tf.Tensor) -> tf.Tensor:
        """Map errors to quantiles by straight lines between the knots (evenly spaced quantiles of benign errors)."""
        knots = self.weights["anomaly_knots"]
        steps = tf.clip_by_value((error[:, None] - knots[:-1]) / (knots[1:] - knots[:-1]), 0.0, 1.0)
        return tf.reduce_mean(steps, axis=1)


def risks(network: Network, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (n,) risks of n rows, in pieces that fit in memory."""
    pieces = [features[start : start + _ROWS_AT_ONCE] for start in range(0, len(features), _ROWS_AT_ONCE)]
    return np.concatenate([network.heads(tf.constant(piece)).risk.numpy() for piece in pieces])


def is_measured(features: tf.Tensor) -> tf.Tensor:
    """Tell rows that carry at least one counter of their flow (the first columns are the counters)."""
    return tf.reduce_any(~tf.math.is_nan(features[:, : len(COUNTERS)]), axis=1)


def _check(name: str, shape: tuple[int, ...], weight: NDArray[np.float32] | None) -> None:
    if weight is None:
        raise ValueError(f"weight {name} is missing")
    if weight.shape != shape:
        raise ValueError(f"weight {name} has shape {weight.shape}, expected {shape}")
