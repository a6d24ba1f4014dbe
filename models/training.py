"""Training of the network: AdamW with cosine decay on weighted rows, the three heads together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.encoding import COLUMNS, WIDTH, encode, fit_edges
from models.network import ANOMALY_KNOTS, SHAPES, Network
from models.runtime import tf
from schemas.threat import CLASSES

BATCH_ROWS = 512
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 1e-3
#: Labels of public captures are not all right: the targets leave room for that.
LABEL_SMOOTHING = 0.04
#: The class head matters less than the risk head: kinds of attack do not carry over between laboratories.
CLASS_LOSS_WEIGHT = 0.3
_ENCODE_ROWS = 16_384

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
    steps = epochs * max(1, len(data) // BATCH_ROWS)
    step = _stepper(network, steps)
    generator, rows = np.random.default_rng(seed), _rows(data, network)
    for epoch in range(epochs):
        losses = [float(step(*batch)) for batch in _batches(rows, generator)]
        progress(epoch, float(np.mean(losses)))
    return network


def row_weights(data: Dataset) -> NDArray[np.float32]:
    """Return (n,) weights with mean 1: copies and captures count with their square root, both labels the same.

    Duplicates and large captures would otherwise decide alone (of 48 thousand malicious rows 8 thousand are distinct).
    """
    weights = np.ones(len(data))
    rounded = np.round(np.log1p(np.abs(np.nan_to_num(data.features[:, :COLUMNS], nan=-1))), 1)
    for group in (rounded, np.char.add(data.capture, data.malicious.astype(str))):
        _, member = np.unique(group, axis=0, return_inverse=True)
        weights /= np.sqrt(np.bincount(member.ravel(), weights))[member.ravel()]
    for label in (False, True):
        weights[data.malicious == label] *= 0.5 * len(data) / weights[data.malicious == label].sum()
    return weights.astype(np.float32)


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


def _rows(data: Dataset, network: Network) -> tuple[NDArray[Any], ...]:
    """Return what a step reads of each row: code, target of the risk, class, weight."""
    target = data.malicious * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / 2
    return encoded(network, data.features), target.astype(np.float32), data.classes, row_weights(data)


def _batches(rows: tuple[NDArray[Any], ...], generator: np.random.Generator) -> Iterator[tuple[tf.Tensor, ...]]:
    """Yield shuffled batches of the same size; the remainder waits for another epoch's order."""
    order = generator.permutation(len(rows[0]))
    size = min(BATCH_ROWS, len(order))
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start : start + size]
        yield tuple(tf.constant(column[chosen]) for column in rows)


def _stepper(network: Network, steps: int) -> Callable[..., tf.Tensor]:
    """Return a traced function that learns from one batch and returns its loss."""
    decay = tf.keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    optimizer = tf.keras.optimizers.AdamW(decay, weight_decay=WEIGHT_DECAY)
    variables = network.trainable_variables
    optimizer.build(variables)

    def step(code: tf.Tensor, target: tf.Tensor, threat_class: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = _loss(network, code, target, threat_class, weight)
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return tf.function(step, autograph=False)  # type: ignore[no-any-return]


def _loss(
    network: Network, code: tf.Tensor, target: tf.Tensor, threat_class: tf.Tensor, weight: tf.Tensor
) -> tf.Tensor:
    """Return risk, class and reconstruction losses together; the autoencoder learns from benign rows only."""
    class_logits, risk_logit = network.logits(code)
    smooth = tf.one_hot(threat_class, len(CLASSES)) * (1 - LABEL_SMOOTHING) + LABEL_SMOOTHING / len(CLASSES)
    risk = tf.nn.sigmoid_cross_entropy_with_logits(target, risk_logit)
    kind = tf.nn.softmax_cross_entropy_with_logits(smooth, class_logits)
    rebuilt = tf.cast(threat_class == 0, tf.float32) * network.reconstruction_error(code)
    return tf.reduce_mean(weight * (risk + CLASS_LOSS_WEIGHT * kind + rebuilt))
