"""Scoring by TensorFlow, compiled by XLA: what evaluates, and scores history again, on a GPU where there is one.

The stream and the sensors score by the same network in LiteRT (`models.lite`), which needs no TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import artefact
from models.artefact import ArtefactError, Card, Packed
from models.explain import attribute
from models.features import FEATURES
from models.network import Network
from models.reasons import contributions_of
from models.runtime import has_gpu, tf, use_threads
from models.scores import Scores, check_columns, pieces, scores_of
from schemas.threat import CLASSES, Contribution

#: Batches are padded to the next of these; larger ones are split. XLA compiles once a shape.
SHAPES = (32, 256, 512, 1024)
#: On a GPU a call costs its launches and copies, whatever its rows: a whole micro-batch goes at once.
GPU_SHAPES = (*SHAPES, 4096, 16_384)
#: One shape for what is rare: each costs a second of compilation at its first call.
EXPLAIN_SHAPES = (64,)


class Scorer:
    """A verified artefact, ready to score. Thread-safe: it keeps no state between calls."""

    def __init__(self, network: Network, card: Card) -> None:
        self.card = card
        self.name, self.version, self.threshold = card.name, card.version, card.threshold
        self._network = network
        self._medians = card.medians()
        self._heads = _Compiled(network.heads, GPU_SHAPES if has_gpu() else SHAPES)
        self._attribute = _Compiled(self._attribution, EXPLAIN_SHAPES)

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

    def warm_up(self) -> None:
        """Trace and compile every batch shape now, side by side; else the first call of a shape does."""
        shapes = [(function, rows) for function in (self._heads, self._attribute) for rows in function.shapes]
        with ThreadPoolExecutor(thread_name_prefix="warm-up") as pool:
            list(pool.map(lambda shape: shape[0].compile(shape[1]), shapes))

    @property
    def traces(self) -> int:
        """How often TensorFlow has traced a function so far: once a shape."""
        return self._heads.traces + self._attribute.traces

    def score(self, features: NDArray[np.float32]) -> Scores:
        """Score (n, len(FEATURES)) rows, n from 0 up. Padding does not change a row's scores.

        Raises:
            ValueError: The matrix has another number of columns.
        """
        check_columns(features)
        anomaly, classes, risk = self._heads(features, ((), (len(CLASSES),), ()))
        return scores_of(anomaly, classes, risk, self.threshold)

    def explain(self, features: NDArray[np.float32], top: int = 5) -> list[list[Contribution]]:
        """Return the strongest contributions to the risk of (n, len(FEATURES)) rows, the strongest first.

        Meant for threats only: it costs some five microseconds a row, and three hundred a call. Over all features a
        row's contributions sum to its risk logit minus the learnt one of a row of benign medians, see
        `models.explain`; the `top` ones are returned.
        """
        (shares,) = self._attribute(features, ((len(FEATURES),),))
        return contributions_of(features, shares, self._medians, top)

    def _attribution(self, features: tf.Tensor) -> tuple[tf.Tensor]:
        return (attribute(self._network, features, tf.constant(self._medians[None])),)


class _Compiled:
    """A function of rows of features, compiled by XLA for fixed numbers of rows.

    The concrete functions are called, since finding the one that fits costs TensorFlow as much as a small batch.
    """

    def __init__(self, function: Callable[[tf.Tensor], tuple[tf.Tensor, ...]], shapes: tuple[int, ...]) -> None:
        self.shapes = shapes
        self._function = tf.function(function, jit_compile=True, autograph=False)
        self._concrete: dict[int, Any] = {}

    @property
    def traces(self) -> int:
        """How often it was traced so far."""
        return int(self._function.experimental_get_tracing_count())

    def of_shape(self, rows: int) -> Any:
        """Return the function for so many rows, traced."""
        if rows not in self._concrete:
            spec = tf.TensorSpec((rows, len(FEATURES)), tf.float32)
            self._concrete[rows] = self._function.get_concrete_function(spec)
        return self._concrete[rows]

    def compile(self, rows: int) -> None:
        """Compile it for so many rows: XLA does at the first call."""
        self.of_shape(rows)(tf.fill((rows, len(FEATURES)), np.nan))

    def __call__(self, features: NDArray[np.float32], widths: tuple[tuple[int, ...], ...]) -> list[NDArray[np.float32]]:
        """Call it on chunks padded with missing values to the shapes; join what it returns, of these `widths` a row."""
        chunks = [
            [output.numpy()[: at.stop - at.start] for output in self.of_shape(len(padded))(tf.constant(padded))]
            for at, padded in pieces(features, self.shapes)
        ]
        if not chunks:
            return [np.empty((0, *width), np.float32) for width in widths]
        return [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
