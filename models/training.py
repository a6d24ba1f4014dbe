"""Training of the network: Adam with cosine decay on rows drawn by weight, the three heads together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.encoding import COLUMNS, FEATURE_OF_COLUMN, WIDTH, encode, fit_edges
from models.flow_features import FLOW_FEATURES
from models.network import ANOMALY_KNOTS, SHAPES, Network
from models.runtime import tf
from schemas.threat import CLASSES

BATCH_ROWS = 1024
#: An epoch draws so many rows, or as many as there are: most of a large file are copies.
EPOCH_ROWS = 51_200
LEARNING_RATE = 3e-3
#: Weight of the sum of squared weights in the loss; chosen by leave-one-capture-out.
L2 = 3e-3
#: How often a group of values is hidden from a row: Suricata reports no payload bytes, others no state or duration.
HIDDEN_SHARE = 0.2
HIDDEN_GROUPS = (
    ("orig_bytes", "resp_bytes", "orig_bytes_per_pkt", "resp_bytes_per_pkt"),
    tuple(feature.name for feature in FLOW_FEATURES if feature.name.startswith("state_")),
    ("duration_s", "pkt_interval_s"),
)
#: Labels of public captures are not all right: the targets leave room for that.
LABEL_SMOOTHING = 0.04
#: The class head matters less than the risk head: kinds of attack do not carry over between laboratories.
CLASS_LOSS_WEIGHT = 0.3
_ENCODE_ROWS = 16_384

#: (groups, WIDTH) columns of the code that hiding a group clears, and the missing-value flags that it sets.
_MEMBER = np.array([[feature.name in group for feature in FLOW_FEATURES] for group in HIDDEN_GROUPS], np.float32)
_IS_MARK = (np.arange(WIDTH) >= WIDTH - COLUMNS).astype(np.float32)
_HIDES = _MEMBER[:, FEATURE_OF_COLUMN] * (1 - _IS_MARK)
_MARKS = _MEMBER[:, FEATURE_OF_COLUMN] * _IS_MARK

Weights = dict[str, NDArray[np.float32]]
Progress = Callable[[int, float], None]


def train(data: Dataset, *, seed: int, epochs: int, progress: Progress = lambda _epoch, _loss: None) -> Network:
    """Return a network trained on all rows of `data`; `progress` is called after each epoch with its mean loss.

    The same data, seed, library versions and kind of processor give the same weights, bit for bit.

    Raises:
        ValueError: One of the two labels is absent.
    """
    if data.malicious.all() or not data.malicious.any():
        raise ValueError("training needs benign and malicious rows")
    tf.keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    network = Network(_initial(data, np.random.default_rng(seed)))
    drawn = min(EPOCH_ROWS, len(data))
    batches = max(1, drawn // BATCH_ROWS)
    step = _stepper(network, epochs * batches)
    generator, rows, chances = np.random.default_rng(seed), _rows(data, network), row_weights(data)
    for epoch in range(epochs):
        order = generator.choice(len(data), (batches, min(BATCH_ROWS, drawn)), p=chances)
        losses = [float(step(*_batch(rows, chosen, generator))) for chosen in order]
        progress(epoch, float(np.mean(losses)))
    return network


def row_weights(data: Dataset) -> NDArray[np.float64]:
    """Return the (n,) chances of the rows to be drawn; they sum to 1.

    Copies and captures count with the square root of their number, since large ones would otherwise decide alone (of
    48 thousand malicious rows 8 thousand are distinct). Sources count the same, and so do both labels of a source:
    what tells laboratories apart must not tell attacks from benign traffic.
    """
    weights = np.ones(len(data))
    rounded = np.round(np.log1p(np.abs(np.nan_to_num(data.features[:, :COLUMNS], nan=-1))), 1)
    label = data.malicious.astype(str)
    for group, power in ((rounded, 0.5), (np.char.add(data.capture, label), 0.5), (np.char.add(data.source, label), 1)):
        _, member = np.unique(group, axis=0, return_inverse=True)
        weights /= np.bincount(member.ravel(), weights)[member.ravel()] ** power
    weights /= weights.sum()
    return weights


def encoded(network: Network, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (n, WIDTH) code of n rows, in pieces that fit in memory."""
    pieces = [features[start : start + _ENCODE_ROWS] for start in range(0, len(features), _ENCODE_ROWS)]
    codes = [encode(tf.constant(piece), network.weights["edges"]).numpy() for piece in pieces]
    return np.concatenate([np.empty((0, WIDTH), np.float32), *codes])


def _initial(data: Dataset, generator: np.random.Generator) -> Weights:
    """Return He-initialised weights (He et al., ICCV 2015) and the edges of the code."""
    weights = {
        name: generator.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32)
        if len(shape) == 2
        else np.zeros(shape, np.float32)
        for name, shape in SHAPES.items()
    }
    weights["edges"] = fit_edges(data.features)
    weights["anomaly_knots"] = np.linspace(0, 1, ANOMALY_KNOTS, dtype=np.float32)
    return weights


def _rows(data: Dataset, network: Network) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Return what a step reads of each row: code, target of the risk, class."""
    target = data.malicious * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / 2
    return encoded(network, data.features), target.astype(np.float32), data.classes


def _batch(
    rows: tuple[NDArray[Any], ...], chosen: NDArray[np.int64], generator: np.random.Generator
) -> list[tf.Tensor]:
    """Return the chosen rows, groups of values hidden from some of them."""
    code, target, threat_class = (column[chosen] for column in rows)
    hidden = (generator.random((len(chosen), len(HIDDEN_GROUPS))) < HIDDEN_SHARE).astype(np.float32)
    code = code * (1 - hidden @ _HIDES) + hidden @ _MARKS * (1 - code * _IS_MARK)
    return [tf.constant(column) for column in (code, target, threat_class)]


def _stepper(network: Network, steps: int) -> Callable[..., tf.Tensor]:
    """Return a traced function that learns from one batch and returns its loss."""
    decay = tf.keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    optimizer = tf.keras.optimizers.Adam(decay)
    variables = network.trainable_variables
    optimizer.build(variables)

    def step(code: tf.Tensor, target: tf.Tensor, threat_class: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = _loss(network, code, target, threat_class)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return tf.function(step, autograph=False)  # type: ignore[no-any-return]


def _loss(network: Network, code: tf.Tensor, target: tf.Tensor, threat_class: tf.Tensor) -> tf.Tensor:
    """Return risk, class and reconstruction losses together; the autoencoder learns from benign rows only."""
    class_logits, risk_logit = network.logits(code)
    smooth = tf.one_hot(threat_class, len(CLASSES)) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / len(CLASSES)
    risk = tf.nn.sigmoid_cross_entropy_with_logits(target, risk_logit)
    kind = tf.nn.softmax_cross_entropy_with_logits(smooth, class_logits)
    rebuilt = tf.cast(threat_class == 0, tf.float32) * network.reconstruction_error(code)
    squares = tf.add_n([tf.nn.l2_loss(network.weights[name]) for name in ("trunk_1", "trunk_2", "risk", "class")])
    return tf.reduce_mean(risk + CLASS_LOSS_WEIGHT * kind + rebuilt) + 2 * L2 * squares
