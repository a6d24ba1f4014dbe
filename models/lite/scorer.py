"""Scoring by LiteRT's interpreter: what the stream and the sensors score by. TensorFlow is not imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from models.artefact import CARD_FILE, ArtefactError, Card, Packed, model_of, read_card, read_verified
from models.features import FEATURES
from models.lite.card import MODEL_FILE, LiteCard
from models.reasons import contributions_of
from models.scores import Scores, check_columns, pieces, scores_of
from schemas.threat import CLASSES, Contribution

#: Rows are padded to the next of these, and more of them are taken piece by piece: the largest fits a core's cache.
SHAPES = (1, 8, 32, 128, 256)
#: A sensor has one: each shape holds a megabyte.
SENSOR_SHAPES = (32,)
#: The path of a row that is explained takes eight times its own memory.
MOST_EXPLAINED = 32


class LiteScorer:
    """A model that is ready to score. Not thread-safe: the interpreters keep their tensors."""

    def __init__(
        self, model: bytes, card: Card, *, version: str | None = None, shapes: tuple[int, ...] = SHAPES
    ) -> None:
        """Make it ready. Raises ValueError, RuntimeError or KeyError when it is no model of the two signatures."""
        self.card, self.name, self.threshold = card, card.name, card.threshold
        self.version = version or card.version
        self._medians = card.medians()
        self._heads = _Runners(model, "score", shapes)
        self._shares = _Runners(model, "explain", tuple(rows for rows in shapes if rows <= MOST_EXPLAINED))

    @classmethod
    def of(cls, packed: Packed) -> LiteScorer:
        """Verify an artefact and make it ready.

        Raises:
            ArtefactError: It is altered, made for other features, or its LiteRT model is absent or no such model.
        """
        return cls._of(packed.where, *model_of(packed))

    @classmethod
    def load(cls, folder: Path) -> LiteScorer:
        """Load what was exported for sensors.

        Raises:
            ArtefactError: It is missing, altered, made for other features, or no LiteRT model.
        """
        card = read_card(folder / CARD_FILE, LiteCard)
        # The source's version, marked as SemVer marks another build.
        version = f"{card.version}+{card.weights_type}"
        model = read_verified(folder / MODEL_FILE, card.model_sha256)
        return cls._of(str(folder / MODEL_FILE), model, card, version=version, shapes=SENSOR_SHAPES)

    @classmethod
    def _of(cls, where: str, model: bytes, card: Card, **how: Any) -> LiteScorer:
        try:
            return cls(model, card, **how)
        except (ValueError, RuntimeError, KeyError) as error:  # what LiteRT raises, and a signature that is absent
            raise ArtefactError(f"{where}: {error}") from error

    def score(self, features: NDArray[np.float32]) -> Scores:
        """Score (n, len(FEATURES)) rows, n from 0 up. A row's scores do not depend on its neighbours.

        Raises:
            ValueError: The matrix has another number of columns.
        """
        check_columns(features)
        found = {
            "anomaly": np.empty(len(features), np.float32),
            "class_probabilities": np.empty((len(features), len(CLASSES)), np.float32),
            "risk": np.empty(len(features), np.float32),
        }
        self._heads.run(features, found)
        return scores_of(found["anomaly"], found["class_probabilities"], found["risk"], self.threshold)

    def explain(self, features: NDArray[np.float32], top: int = 5) -> list[list[Contribution]]:
        """Return the strongest contributions to the risk of (n, len(FEATURES)) rows, the strongest first.

        Meant for threats only: it costs three microseconds a row, and twenty a call. Over all features a row's
        contributions sum to its risk logit minus the learnt one of a row of benign medians, see `models.explain`; the
        `top` ones are returned.
        """
        shares = np.empty(features.shape, np.float32)
        self._shares.run(features, {"shares": shares})
        return contributions_of(features, shares, self._medians, top)


class _Runners:
    """One signature of a model, made ready for fixed numbers of rows."""

    def __init__(self, model: bytes, signature: str, shapes: tuple[int, ...]) -> None:
        self._shapes = shapes
        self._of: dict[int, Any] = {}
        for rows in shapes:  # each has an interpreter: to give one another shape costs more than to run it
            self._of[rows] = Interpreter(model_content=model, num_threads=1).get_signature_runner(signature)
            self._of[rows](features=np.zeros((rows, len(FEATURES)), np.float32))

    def run(self, features: NDArray[np.float32], out: dict[str, NDArray[np.float32]]) -> None:
        """Run it over n rows and write each output's n rows."""
        for at, padded in pieces(features, self._shapes):
            found = self._of[len(padded)](features=padded)
            for name, array in out.items():
                array[at] = found[name][: at.stop - at.start]
