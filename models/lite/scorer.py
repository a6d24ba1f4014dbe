"""Scoring on a sensor: the exported network in LiteRT's interpreter. TensorFlow is not imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models.artefact import CARD_FILE, ArtefactError, read_card, read_verified
from models.features import FEATURES
from models.lite.card import MODEL_FILE, LiteCard
from models.reasons import contributions_of
from models.scores import Scores
from schemas.threat import CLASSES, Contribution

#: Most rows that are explained at once: the path of each takes eight times its own memory.
EXPLAIN_ROWS = 32


class LiteScorer:
    """Scores and explains as `models.scorer.Scorer` does. Not thread-safe: the interpreter keeps its tensors."""

    def __init__(self, model: bytes, card: LiteCard) -> None:
        self.card, self.name, self.threshold = card, card.name, card.threshold
        self.version = f"{card.version}+{card.weights_type}"  # the source's, marked as SemVer marks another build
        self._medians = card.medians()
        interpreter = Interpreter(model_content=model, num_threads=1)
        self._score = interpreter.get_signature_runner("score")
        self._explain = interpreter.get_signature_runner("explain")

    @classmethod
    def load(cls, folder: Path) -> LiteScorer:
        """Load an exported folder.

        Raises:
            ArtefactError: It is missing, altered, made for other features, or no LiteRT model.
        """
        card = read_card(folder / CARD_FILE, LiteCard)
        model = read_verified(folder / MODEL_FILE, card.model_sha256)
        try:
            return cls(model, card)
        except ValueError as error:
            raise ArtefactError(f"{folder / MODEL_FILE}: {error}") from error

    def score(self, features: NDArray[np.float32]) -> Scores:
        """Score (n, len(FEATURES)) rows, n from 0 up. A row's scores do not depend on its neighbours.

        Raises:
            ValueError: The matrix has another number of columns.
        """
        if features.ndim != 2 or features.shape[1] != len(FEATURES):
            raise ValueError(f"features have shape {features.shape}, expected (n, {len(FEATURES)})")
        if not len(features):
            return _scores(np.empty(0, np.float32), np.empty((0, len(CLASSES)), np.float32), features[:, 0], 0.0)
        heads: dict[str, Any] = self._score(features=features)
        return _scores(heads["anomaly"], heads["class_probabilities"], heads["risk"], self.threshold)

    def explain(self, features: NDArray[np.float32], top: int = 5) -> list[list[Contribution]]:
        """Return the strongest contributions to the risk of each row, the strongest first."""
        reasons = []
        for start in range(0, len(features), EXPLAIN_ROWS):
            rows = features[start : start + EXPLAIN_ROWS]
            reasons += contributions_of(rows, self._explain(features=rows)["shares"], self._medians, top)
        return reasons


def _scores(
    anomaly: NDArray[np.float32], classes: NDArray[np.float32], risk: NDArray[np.float32], threshold: float
) -> Scores:
    return Scores(anomaly, classes, risk, risk >= threshold, classes.argmax(axis=1))
