"""The same rows measured by every seed. What is shown in full is the seed whose ROC-AUC is the median."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from models.dataset import Dataset
from models.evaluate.sheet import Sheet, sheet_of
from models.evaluate.unseen import Risks


class Pool(NamedTuple):
    """Sheets of the same rows, one for each seed."""

    seeds: list[int]
    sheets: list[Sheet]
    median: int  #: place of the seed whose ROC-AUC is the median; of an even number, the worse of the two

    @property
    def middle(self) -> Sheet:
        """Return the median seed's sheet."""
        return self.sheets[self.median]


def pool_of(data: Dataset, risk: Mapping[int, Risks], threshold: float | None = None) -> Pool:
    """Measure the (n,) risks that each seed gives to the n rows of `data`."""
    sheets = [sheet_of(data, of_seed, threshold) for of_seed in risk.values()]
    worst_first = sorted(range(len(sheets)), key=lambda place: sheets[place].roc_auc.value)
    return Pool(list(risk), sheets, worst_first[(len(sheets) - 1) // 2])
