"""Scoring for the stream: fixed batch shapes, traced once, no surprise after warm-up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import artefact
from models.artefact import ArtefactError, Card, Packed
from models.explain import attribute, contributions_of
from models.features import FEATURES
from models.network import Network
from models.runtime import tf, use_threads
from schemas.threat import CLASSES, Contribution

#: Batches are padded to the next of these; larger ones are split. XLA compiles once a shape.
SHAPES = (32, 256, 1024)
#: Explaining takes a forward and a backward pass for each step of the path.
EXPLAIN_SHAPES = (32, 256)


@dataclass(slots=True)
class Scores:
    """Scores of n rows."""

    anomaly: NDArray[np.float32]  #: (n,) 0..1
    class_probabilities: NDArray[np.float32]  #: (n, len(CLASSES)), rows sum to 1
    risk: NDArray[np.float32]  #: (n,) 0..100
    threat: NDArray[np.bool_]  #: (n,) risk at or above the threshold
    class_numbers: NDArray[np.intp]  #: (n,) index into CLASSES of the most probable class


class Scorer:
    """A verified artefact, ready to score. Thread-safe: it keeps no state between calls."""

    def __init__(self, network: Network, card: Card) -> None:
        self.card = card
        self.name, self.version, self.threshold = card.name, card.version, card.threshold
        self._network = network
        self._medians = np.array([np.nan if m is None else m for m in card.benign_medians], np.float32)
        self._heads = tf.function(network.heads, jit_compile=True, autograph=False)
        self._attribute = tf.function(self._attribution, autograph=False)

    @classmethod
    def load(cls, path: Path | None = None) -> Scorer:
        """Load an artefact's folder; None is the one that is shipped.

        Raises:
            ArtefactError: It is missing, altered, or made for other features.
        """
        return cls.of(artefact.read(path or artefact.newest()))

    @classmethod
    def of(cls, packed: Packed) -> Scorer:
        """Verify an artefact and make it ready. Raises ArtefactError as `load` does."""
        use_threads(1)
        weights, card = artefact.unpack(packed)
        try:
            network = Network(weights)
        except ValueError as error:
            raise ArtefactError(f"{packed.where}: {error}") from error
        return cls(network, card)

    def warm_up(self, *, threads: int | None = None) -> None:
        """Trace and compile every batch shape, so that no event waits for it.

        Side by side, for a quick start; beside a scorer that works already, on few `threads`.
        """
        calls = [(self.score, rows) for rows in SHAPES] + [(self.explain, rows) for rows in EXPLAIN_SHAPES]

        def warm(call: Callable[..., object], rows: int) -> None:
            call(np.full((rows, len(FEATURES)), np.nan, np.float32))

        with ThreadPoolExecutor(threads, thread_name_prefix="warm-up") as pool:
            list(pool.map(warm, *zip(*calls, strict=True)))

    def score(self, features: NDArray[np.float32]) -> Scores:
        """Score (n, len(FEATURES)) rows, n from 0 up. Padding does not change a row's scores.

        Raises:
            ValueError: The matrix has another number of columns.
        """
        if features.ndim != 2 or features.shape[1] != len(FEATURES):
            raise ValueError(f"features have shape {features.shape}, expected (n, {len(FEATURES)})")
        anomaly, classes, risk = _in_shapes(self._heads, features, SHAPES, ((), (len(CLASSES),), ()))
        return Scores(anomaly, classes, risk, risk >= self.threshold, classes.argmax(axis=1))

    def explain(self, features: NDArray[np.float32], top: int = 5) -> list[list[Contribution]]:
        """Return the strongest contributions to the risk of (n, len(FEATURES)) rows, the strongest first.

        Meant for threats only: it costs some fifty microseconds a row. Over all features a row's contributions sum to
        its risk logit minus the learnt one of a row of benign medians (`models.explain`); the `top` ones are returned.
        """
        (shares,) = _in_shapes(self._attribute, features, EXPLAIN_SHAPES, ((len(FEATURES),),))
        return contributions_of(features, shares, self._medians, top)

    def _attribution(self, features: tf.Tensor) -> tuple[tf.Tensor]:
        return (attribute(self._network, features, tf.constant(self._medians[None])),)


def _in_shapes(
    function: Any, features: NDArray[np.float32], shapes: tuple[int, ...], widths: tuple[tuple[int, ...], ...]
) -> list[NDArray[np.float32]]:
    """Call a traced function on chunks padded with missing values to fixed shapes; join what it returns."""
    chunks = []
    for start in range(0, len(features), shapes[-1]):
        chunk = features[start : start + shapes[-1]]
        rows = next(shape for shape in shapes if shape >= len(chunk))
        padded = np.full((rows, features.shape[1]), np.nan, np.float32)
        padded[: len(chunk)] = chunk
        chunks.append([output.numpy()[: len(chunk)] for output in function(tf.constant(padded))])
    if not chunks:
        return [np.empty((0, *width), np.float32) for width in widths]
    return [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
