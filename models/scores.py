"""What a scorer says of rows, and how rows are given to it: the same with TensorFlow and without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features import FEATURES


@dataclass(slots=True)
class Scores:
    """Scores of n rows."""

    anomaly: NDArray[np.float32]  #: (n,) 0..1
    class_probabilities: NDArray[np.float32]  #: (n, len(CLASSES)), rows sum to 1
    risk: NDArray[np.float32]  #: (n,) 0..100
    threat: NDArray[np.bool_]  #: (n,) risk at or above the threshold
    class_numbers: NDArray[np.intp]  #: (n,) index into CLASSES of the most probable class


def scores_of(
    anomaly: NDArray[np.float32], classes: NDArray[np.float32], risk: NDArray[np.float32], threshold: float
) -> Scores:
    """Return the scores of n rows from what the three heads say of them."""
    return Scores(anomaly, classes, risk, risk >= threshold, classes.argmax(axis=1))


def check_columns(features: NDArray[np.float32]) -> None:
    """Raise ValueError for a matrix that is not (n, len(FEATURES))."""
    if features.ndim != 2 or features.shape[1] != len(FEATURES):
        raise ValueError(f"features have shape {features.shape}, expected (n, {len(FEATURES)})")


def pieces(features: NDArray[np.float32], shapes: Sequence[int]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Cut n rows into pieces of the largest of ascending shapes, the last padded with missing values to the next one.

    Yields:
        Where a piece's rows lie, and float32 rows of one of the shapes that begin with them.
    """
    for start in range(0, len(features), shapes[-1]):
        piece = np.asarray(features[start : start + shapes[-1]], np.float32)
        rows = next(shape for shape in shapes if shape >= len(piece))
        padded = piece
        if len(piece) < rows:
            padded = np.full((rows, features.shape[1]), np.nan, np.float32)
            padded[: len(piece)] = piece
        yield slice(start, start + len(piece)), padded
