"""Codes changed in training, so that the network bears what other sensors leave out and what other networks mix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.encoding import FEATURE_OF_COLUMN, MARKS, WIDTH
from models.features import FEATURES

#: How often a group of values is hidden from a row: Suricata reports no payload bytes, others no state or duration.
HIDDEN_SHARE = 0.1
HIDDEN_GROUPS = (
    ("orig_bytes", "resp_bytes", "orig_bytes_per_pkt", "resp_bytes_per_pkt"),
    tuple(feature.name for feature in FEATURES if feature.name.startswith("state_")),
    ("duration_s", "pkt_interval_s"),
)
#: Share of the features that a crossed row takes from another one.
CROSSED_SHARE = 0.3

#: (groups, WIDTH) columns of the code that hiding a group clears, and the missing-value flags that it sets.
_MEMBER = np.array([[feature.name in group for feature in FEATURES] for group in HIDDEN_GROUPS], np.float32)
_IS_MARK = (np.arange(WIDTH) >= WIDTH - len(MARKS)).astype(np.float32)
_HIDES = _MEMBER[:, FEATURE_OF_COLUMN] * (1 - _IS_MARK)
_MARKS = _MEMBER[:, FEATURE_OF_COLUMN] * _IS_MARK


def hide(code: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return (n, WIDTH) codes with groups of values hidden from some rows."""
    hidden = (generator.random((len(code), len(HIDDEN_GROUPS))) < HIDDEN_SHARE).astype(np.float32)
    kept: NDArray[np.float32] = code * (1 - hidden @ _HIDES)
    return np.maximum(kept, hidden @ _MARKS)


def cross(code: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return (n, WIDTH) codes in which each row takes some of its features from another row.

    A student that saw only rows of the training file agrees with its teachers there and nowhere else.
    """
    taken = generator.random((len(code), len(FEATURES))) < CROSSED_SHARE
    return np.where(taken[:, FEATURE_OF_COLUMN], code[generator.permutation(len(code))], code)
