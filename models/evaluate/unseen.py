"""How well the recipe does on captures and laboratories that it never saw."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from models.dataset import Dataset
from models.network import Network
from models.runtime import tf
from models.teachers import Lessons
from models.training import distil, lessons_of, teachers_of, train

_SCORE_ROWS = 8192
#: The laboratories whose captures are Zeek's own; the other one is put together from flow exports.
NOT_ZEEK = "cicids2017_improved"

Done = Callable[[str], None]


def leave_one_capture_out(data: Dataset, *, seed: int, epochs: int, done: Done = lambda _: None) -> NDArray[np.float32]:
    """Return the (n,) risks of Zeek captures from networks that never saw the capture; NaN for other rows.

    The teachers are trained once: those that never saw a capture teach the network that is tested on it, on the rows
    of the other captures. Nothing of the capture enters: neither rows nor scales, which are fixed.
    """
    lessons = lessons_of(data)
    teachers = teachers_of(lessons, seed=seed, epochs=epochs)
    risk = np.full(len(data), np.nan, np.float32)
    for capture in np.unique(data.capture[data.source != NOT_ZEEK]):
        held_out = data.capture == capture
        known = np.flatnonzero(~held_out)
        rest = _lessons_of(lessons, known)
        network = distil(data.where(~held_out), rest, teachers.without(str(capture)), seed, epochs)
        risk[held_out] = risks(network, data.features[held_out])
        done(f"without capture {capture}, seed {seed}")
    return risk


def leave_one_source_out(data: Dataset, *, seed: int, epochs: int, done: Done = lambda _: None) -> NDArray[np.float32]:
    """Return the (n,) risks of every row from a network trained on the other laboratories only."""
    risk = np.full(len(data), np.nan, np.float32)
    for source in np.unique(data.source):
        held_out = data.source == source
        network = train(data.where(~held_out), seed=seed, epochs=epochs)
        risk[held_out] = risks(network, data.features[held_out])
        done(f"without laboratory {source}, seed {seed}")
    return risk


def risks(network: Network, features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (n,) risks of n rows, in pieces that fit in memory."""
    pieces = [features[start : start + _SCORE_ROWS] for start in range(0, len(features), _SCORE_ROWS)]
    return np.concatenate([network.heads(tf.constant(piece)).risk.numpy() for piece in pieces])


def _lessons_of(lessons: Lessons, rows: NDArray[np.int64]) -> Lessons:
    return Lessons(lessons.code[rows], lessons.malicious[rows], lessons.group[rows], lessons.belongings.of(rows))
