"""How much each row of a training file counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.flow_features import FLOW_FEATURES


class Belongings(NamedTuple):
    """What n rows belong to, as numbers: rows with the same number belong together."""

    copy: NDArray[np.int64]  #: (n,) rows that say the same
    recording: NDArray[np.int64]  #: (n,) capture and label
    laboratory: NDArray[np.int64]  #: (n,) source and label

    def of(self, rows: NDArray[np.int64]) -> Belongings:
        """Return those of some rows."""
        return Belongings(*(numbers[rows] for numbers in self))


def belongings_of(data: Dataset) -> Belongings:
    """Tell what the rows of labelled flows belong to; flows whose features round to the same are copies."""
    rounded = np.round(np.log1p(np.abs(np.nan_to_num(data.features[:, : len(FLOW_FEATURES)], nan=-1))), 1)
    label = data.malicious.astype(str)
    return Belongings(
        numbered(rounded), numbered(np.char.add(data.capture, label)), numbered(np.char.add(data.source, label))
    )


def numbered(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """Return (n,) numbers of (n, ...) values: equal ones get the same."""
    number: NDArray[np.int64] = np.unique(values, axis=0, return_inverse=True)[1].ravel()
    return number


def row_weights(rows: Belongings) -> NDArray[np.float64]:
    """Return the (n,) chances of the rows to be drawn; they sum to 1.

    Copies and captures count with the square root of their number, since large ones would otherwise decide alone (of
    48 thousand malicious rows 8 thousand are distinct). Sources count the same, and so do both labels of a source:
    what tells laboratories apart must not tell attacks from benign traffic.
    """
    weights = np.ones(len(rows.copy))
    for member, power in ((rows.copy, 0.5), (rows.recording, 0.5), (rows.laboratory, 1)):
        weights /= np.bincount(member, weights, minlength=1)[member] ** power
    weights /= weights.sum()
    return weights
