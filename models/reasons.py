"""Shares of a risk logit as named reasons."""

from __future__ import annotations

from math import isnan

import numpy as np
from numpy.typing import NDArray

from models.features import FEATURES
from schemas.threat import DIGITS, Contribution, ContributionStruct

_NAMES = [feature.name for feature in FEATURES]


def contributions_of(
    features: NDArray[np.float32], shares: NDArray[np.float32], medians: NDArray[np.float32], top: int
) -> list[list[Contribution]]:
    """Name the `top` shares of each row by size, leaving out those that are zero. Numbers are rounded to `DIGITS`."""
    order = np.argsort(-np.abs(shares), axis=1, kind="stable")[:, :top]
    seen, usual, strong = (
        np.take_along_axis(values, order, axis=1).astype(np.float64).round(DIGITS).tolist()
        for values in (features, np.broadcast_to(medians, features.shape), shares)
    )
    return [
        [
            ContributionStruct(
                name=_NAMES[at],
                observed=None if isnan(value) else value,
                expected=None if isnan(median) else median,
                contribution=share,
            )
            for at, value, median, share in zip(*row, strict=True)
            if share != 0
        ]
        for row in zip(order.tolist(), seen, usual, strong, strict=True)
    ]
