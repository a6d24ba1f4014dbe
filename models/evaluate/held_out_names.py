"""NSL-KDD by the attacks' names: how each is found by teachers that never saw it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.evaluate import nsl_kdd
from models.evaluate.bootstrap import Interval, share
from models.metrics import macro_f1, roc_auc, threshold_at_fpr


class Name(NamedTuple):
    """An attack's rows, or the normal rows by which no threshold was set."""

    name: str
    rows: int
    roc_auc: float  #: against all normal rows; NaN for those
    called: Interval  #: share of the rows called an attack


class Called(NamedTuple):
    """The calls of one seed, at the threshold that half of the normal groups set."""

    macro_f1: float  #: over the rows by which it was not set
    names: list[Name]


def call(table: nsl_kdd.Table, logits: NDArray[np.float32], *, seed: int) -> Called:
    """Call rows attacks by their (n,) logits, which the teachers of `seed` gave."""
    setting = np.isin(nsl_kdd.groups_of(table, seed), nsl_kdd.THRESHOLD_GROUPS)
    called = logits >= threshold_at_fpr(logits[setting], nsl_kdd.MAX_FPR)
    names = []
    for name in np.unique(table.attack[~setting]):
        rows = (table.attack == name) & ~setting
        against = rows | ~table.malicious
        auc = roc_auc(table.malicious[against], logits[against])
        names.append(Name(str(name), int(rows.sum()), auc, share(called[rows])))
    return Called(macro_f1(table.malicious[~setting], called[~setting]), names)
