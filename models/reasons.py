"""Shares of a risk logit as named reasons."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from models.features import FEATURES
from schemas.threat import Contribution, ContributionStruct

_NAMES = [feature.name for feature in FEATURES]


def contributions_of(
    features: NDArray[np.float32], shares: NDArray[np.float32], medians: NDArray[np.float32], top: int
) -> list[list[Contribution]]:
    """Name the `top` shares of each row by size, leaving out those that are zero."""
    order = np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :top]
    columns = [np.take_along_axis(values, order, axis=1).tolist() for values in (features, shares)]
    return [
        [
            ContributionStruct(name=_NAMES[at], observed=_known(seen), expected=_known(usual), contribution=share)
            for at, seen, usual, share in zip(*row, strict=True)
            if share != 0
        ]
        for row in zip(order.tolist(), columns[0], medians[order].tolist(), columns[1], strict=True)
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
