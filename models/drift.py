"""How far what is scored has moved from what was trained on: the population stability index.

PSI = sum over bins of (observed - expected) x ln(observed / expected), in shares of rows. Below 0.1 nothing changed
that matters, from 0.25 on something did (Siddiqi, Credit Risk Scorecards, Wiley 2006). Of n and m equally distributed
rows it is about (bins - 1) x (1/n + 1/m) by chance (Yurdakul and Naranjo, Journal of Risk Model Validation 14(4),
2020), so that few rows say nothing.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from models.features import FEATURES
from models.reference import BINS, Reference, has_flow

WATCH, ACT = 0.1, 0.25
#: With eleven bins the index is then 0.01 by chance.
MIN_ROWS = 1000
#: The least share of a bin: what was never seen before counts much, and not without bound.
_LEAST_SHARE = 1e-4
_WIDTH = BINS + 1  # the bins, then missing values
_RISK = "risk"
#: Names of the rows of counts.
COLUMNS = (*(feature.name for feature in FEATURES), _RISK)


class Histograms:
    """Counts rows in the bins of a reference. It keeps no counts itself."""

    def __init__(self, reference: Reference) -> None:
        columns = reference.columns
        self._edges = np.full((len(columns), BINS - 1), np.inf, np.float32)
        self.expected = np.zeros((len(columns), _WIDTH))
        for at, bins in enumerate(columns):
            self._edges[at, : len(bins.edges)] = bins.edges
            self.expected[at, : len(bins.edges) + 1] = bins.shares[:-1]
            self.expected[at, -1] = bins.shares[-1]
        self._offsets = np.arange(len(columns)) * _WIDTH

    def count(self, features: NDArray[np.float32], risk: NDArray[np.float32]) -> NDArray[np.int64]:
        """Return (features + 1, bins + 1) counts of (n, features) rows and their (n,) risk; the risk is the last.

        Rows that measured no flow are left out. Each row of counts sums to the number of those that did.
        """
        values = np.column_stack([features, risk])[has_flow(features)]
        bins = (values[:, :, None] >= self._edges).sum(axis=2)
        bins[np.isnan(values)] = _WIDTH - 1
        counted = np.bincount((bins + self._offsets).ravel(), minlength=self.expected.size)
        return counted.reshape(self.expected.shape)

    def psi(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the (features + 1,) indices of counts against the reference. Zero for no rows."""
        return psi(self.expected, counts)


def psi(expected: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the (columns,) indices of (columns, bins) counts against expected shares."""
    if not counts.any():
        return np.zeros(len(counts))
    observed, wanted = np.maximum(_shares(counts), _LEAST_SHARE), np.maximum(expected, _LEAST_SHARE)
    index: NDArray[np.float64] = ((observed - wanted) * np.log(observed / wanted)).sum(axis=1)
    return index


class ColumnDrift(BaseModel):
    """A feature, or the risk: how its rows were spread and how they are."""

    model_config = ConfigDict(frozen=True)

    name: str
    psi: float
    labels: list[str]  #: of the bins
    expected: list[float]  #: shares by bin
    observed: list[float]

    @property
    def verdict(self) -> str:
        """Return "act", "watch" or nothing."""
        return "act" if self.psi >= ACT else "watch" if self.psi >= WATCH else ""


class Report(BaseModel):
    """Drift of one model between two times."""

    model_config = ConfigDict(frozen=True)

    version: str
    since: str = Field(description="ISO 8601.")
    until: str = Field(description="ISO 8601.")
    against: str = Field(description="What was expected, in words.")
    rows: int = Field(description="Sampled flows.")
    columns: list[ColumnDrift]


def columns_of(
    reference: Reference, counts: NDArray[np.int64], baseline: NDArray[np.int64] | None = None
) -> list[ColumnDrift]:
    """Return the drift of every column.

    Args:
        reference: Whose bins were counted in.
        counts: (features + 1, bins + 1) of the rows that are judged.
        baseline: The same of earlier rows of this network to compare with; the reference's own shares without it.
    """
    expected = Histograms(reference).expected if baseline is None else _shares(baseline)
    observed = _shares(counts)
    return [
        ColumnDrift(
            name=name,
            psi=round(index, 6),
            labels=_labels(bins.edges),
            expected=_used(expected[at], len(bins.edges)),
            observed=_used(observed[at], len(bins.edges)),
        )
        for at, (name, bins, index) in enumerate(
            zip(COLUMNS, reference.columns, psi(expected, counts).tolist(), strict=True)
        )
    ]


def _shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def _used(shares: NDArray[np.float64], edges: int) -> list[float]:
    return [round(share, 6) for share in (*shares[: edges + 1].tolist(), float(shares[-1]))]


def _labels(edges: list[float]) -> list[str]:
    texts = [f"{edge:g}" for edge in edges]
    if not texts:
        return ["any value", "missing"]
    between = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *between, f"{texts[-1]} and above", "missing"]
