"""Convert: a network, its heads and its reasons, as one LiteRT model.

LiteRT (formerly TensorFlow Lite, https://ai.google.dev/edge/litert) is TensorFlow's runtime for inference: a call of
one row takes it 15 microseconds, and TensorFlow itself 400. Workers score by the model in float32, sensors by one with
int8 weights (`models.lite.export`).
"""

from __future__ import annotations

import tempfile
from typing import Any

from numpy.typing import NDArray

from models.artefact import Card, with_model
from models.explain import attribute
from models.features import FEATURES
from models.network import Network
from models.runtime import tf

_ROWS = [tf.TensorSpec((None, len(FEATURES)), tf.float32, name="features")]


def convert(network: Network, card: Card, *, int8: bool = False) -> bytes:
    """Return a LiteRT model with the signatures `score` (the three heads) and `explain` (shares of the risk logit).

    Args:
        network: The weights and what is made of them.
        card: Reasons are told against its benign medians.
        int8: Give the large dense layers int8 weights.
    """
    medians = tf.constant(card.medians()[None])
    module = tf.Module()
    module.network = network
    module.score = tf.function(lambda features: network.heads(features)._asdict(), _ROWS, autograph=False)
    module.explain = tf.function(
        lambda features: {"shares": attribute(network, features, medians)}, _ROWS, autograph=False
    )
    signatures = {name: getattr(module, name).get_concrete_function() for name in ("score", "explain")}
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=signatures)
        converter: Any = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(signatures))
        converter.optimizations = [tf.lite.Optimize.DEFAULT] if int8 else []
        return bytes(converter.convert())


def arrays_of(network: Network, card: Card) -> dict[str, NDArray[Any]]:
    """Return what an artefact's file of weights holds: the weights, and the LiteRT model that is made of them."""
    weights = {name: weight.numpy() for name, weight in network.weights.items()}
    return with_model(weights, convert(network, card))
