"""Which captures are held out: rows of one recording are near copies of each other and must not be on both sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset

#: Share of the captures to hold out, and the least and the most of the rows that they may hold.
CAPTURES_SHARE = 0.25
MIN_ROWS_SHARE, MAX_ROWS_SHARE = 0.1, 0.25
_DRAWS = 1000


def split_captures(data: Dataset, seed: int) -> NDArray[np.bool_]:
    """Return (n,) True for rows of held-out captures.

    Captures are drawn until every source has benign and malicious rows on both sides and the share of the rows that
    is held out is within its bounds.

    Raises:
        ValueError: No such split was found in 1,000 draws: too few captures.
    """
    captures, generator = np.unique(data.capture), np.random.default_rng(seed)
    count = max(1, round(len(captures) * CAPTURES_SHARE))
    for _ in range(_DRAWS):
        held_out = np.isin(data.capture, generator.choice(captures, count, replace=False))
        if _is_balanced(data, held_out):
            return held_out
    raise ValueError(
        f"no split of {len(captures)} captures has benign and malicious rows of every source on both sides"
    )


def _is_balanced(data: Dataset, held_out: NDArray[np.bool_]) -> bool:
    kinds = np.char.add(data.source, data.malicious.astype(str))
    wanted = len(np.unique(kinds))
    sides = (kinds[held_out], kinds[~held_out])
    return MIN_ROWS_SHARE <= held_out.mean() <= MAX_ROWS_SHARE and all(len(np.unique(side)) == wanted for side in sides)
