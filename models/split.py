"""Which captures are held out: rows of one recording are near copies of each other and must not be on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset

#: Share of the rows to hold out, about.
VALIDATION_SHARE = 0.25
_DRAWS = 1000


def split_captures(data: Dataset, seed: int) -> NDArray[np.bool_]:
    """Return (n,) True for rows of held-out captures.

    Captures are drawn until, on both sides, every source has benign and malicious rows and the share held out is
    within a factor of two of `VALIDATION_SHARE`.

    Raises:
        ValueError: No such split was found in 1,000 draws: too few captures.
    """
    captures, generator = np.unique(data.capture), np.random.default_rng(seed)
    count = max(1, round(len(captures) * VALIDATION_SHARE))
    for _ in range(_DRAWS):
        held_out = np.isin(data.capture, generator.choice(captures, count, replace=False))
        if _is_balanced(data, held_out):
            return held_out
    raise ValueError(
        f"no split of {len(captures)} captures has benign and malicious rows of every source on both sides"
    )


def _is_balanced(data: Dataset, held_out: NDArray[np.bool_]) -> bool:
    share = held_out.mean() / VALIDATION_SHARE
    kinds = np.char.add(data.source, data.malicious.astype(str))
    wanted = len(np.unique(kinds))
    sides = (kinds[held_out], kinds[~held_out])
    return bool(0.5 <= share <= 2) and all(len(np.unique(side)) == wanted for side in sides)
