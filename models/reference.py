"""What training looked like, feature by feature and in the risk: bins and the shares of rows in them."""

from __future__ import annotations

import hashlib
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.features import FEATURES
from models.flow_features import FLOW_FEATURES

#: Tenths of the reference rows, as scorecards have them (Siddiqi, Credit Risk Scorecards, Wiley 2006).
BINS = 10
_FLAG_EDGE = 0.5


class Bins(BaseModel):
    """Bins of one column. A value is in the bin whose number is that of the edges at or below it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: list[float] = Field(max_length=BINS - 1, description="Between the bins, ascending.")
    shares: list[float] = Field(description="Of the reference rows, by bin; the last one is of missing values.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.shares) != len(self.edges) + 2:
            raise ValueError(f"{len(self.edges)} edges make {len(self.edges) + 2} shares, not {len(self.shares)}")
        if any(high <= low for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("edges must ascend")
        return self


class Reference(BaseModel):
    """Histograms of the benign rows that were trained on, since most of a network's traffic is benign."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(ge=1)
    features: list[Bins] = Field(description="By feature, in the order of the card's.")
    risk: Bins

    @property
    def columns(self) -> list[Bins]:
        """Return the bins of the features, then those of the risk."""
        return [*self.features, self.risk]

    @property
    def sha256(self) -> str:
        """Return its hash: counts in other bins are not comparable."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def reference_of(features: NDArray[np.float32], risk: NDArray[np.float32]) -> Reference:
    """Return the histograms of reference rows; rows that measured no flow are left out.

    Args:
        features: (n, len(FEATURES)) of benign rows.
        risk: (n,) of the same rows.

    Raises:
        ValueError: No row measured a flow.
    """
    measured = has_flow(features)
    if not measured.any():
        raise ValueError("no reference row measured a flow")
    features, risk = features[measured], risk[measured]
    return Reference(
        rows=len(risk),
        features=[
            _bins(column, [_FLAG_EDGE] if feature.unit == "flag" else _tenths(column))
            for feature, column in zip(FEATURES, features.T, strict=True)
        ],
        risk=_bins(risk, _tenths(risk)),
    )


def has_flow(features: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return (n,) which rows measured a flow. Training knows no others."""
    return np.asarray(~np.isnan(features[:, : len(FLOW_FEATURES)]).all(axis=1))


def _tenths(column: NDArray[np.float32]) -> list[float]:
    """Return the edges between tenths of the values; fewer where many values are equal."""
    values = column[~np.isnan(column)]
    if not len(values):
        return []
    edges = np.unique(np.quantile(values, np.arange(1, BINS) / BINS, method="higher"))
    return [float(edge) for edge in edges if edge > values.min()]


def _bins(column: NDArray[np.float32], edges: list[float]) -> Bins:
    missing = np.isnan(column)
    found = np.searchsorted(edges, column[~missing], side="right")
    counts = [*np.bincount(found, minlength=len(edges) + 1).tolist(), int(missing.sum())]
    return Bins(edges=edges, shares=[round(count / len(column), 6) for count in counts])
