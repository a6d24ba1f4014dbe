"""How well the recipe does on captures and laboratories that it never saw."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.calibration import calibrate
from models.dataset import Dataset
from models.network import risks
from models.teachers import Lessons
from models.training import distil, lessons_of, teachers_of, train
from models.warmup import fit_to

#: The laboratories whose captures are Zeek's own; the other one is put together from flow exports.
NOT_ZEEK = "cicids2017_improved"
HOUR_S = 3600.0
FIRST_ROWS = 500

Done = Callable[[str], None]
Risks = NDArray[np.float32]


class Unseen(NamedTuple):
    """Risks of n rows from networks that never saw their laboratory."""

    trained: Risks  #: (n,) as trained
    fitted: Risks  #: (n,) fitted to the first hour of the row's own network
    tested: NDArray[np.bool_]  #: (n,) the row is not of that first hour


def leave_one_capture_out(data: Dataset, *, seed: int, epochs: int, done: Done = lambda _: None) -> Risks:
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
        network = distil(data.where(~held_out), rest, teachers.without(str(capture)), seed=seed, epochs=epochs)
        risk[held_out] = risks(network, data.features[held_out])
        done(f"without capture {capture}, seed {seed}")
    return risk


def leave_one_laboratory_out(data: Dataset, *, seed: int, epochs: int, done: Done = lambda _: None) -> Unseen:
    """Score every laboratory by a network trained on the others, as it is and fitted to each network's first hour."""
    trained, fitted = np.full(len(data), np.nan, np.float32), np.full(len(data), np.nan, np.float32)
    warm = np.zeros(len(data), np.bool_)
    for laboratory in np.unique(data.source):
        held_out = data.source == laboratory
        network = train(data.where(~held_out), seed=seed, epochs=epochs)
        calibrate(network, data.where(~held_out))
        trained[held_out] = risks(network, data.features[held_out])
        bias = network.weights["risk_bias"].numpy()
        for rows in _networks(data, held_out):
            first = rows[: _first_hour(data.event_time[rows])]
            network.weights["risk_bias"].assign(bias)
            with suppress(ValueError):  # too little traffic to fit to: it stays as it is
                fit_to(network, data.features[first])
            fitted[rows] = risks(network, data.features[rows])
            warm[first] = True
        done(f"without laboratory {laboratory}, seed {seed}")
    return Unseen(trained, fitted, ~warm)


def _networks(data: Dataset, chosen: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the rows of each network, in time order: a Zeek capture, or a day that is cut into captures by attack."""
    day = np.array([capture.rpartition("@")[2] for capture in data.capture.tolist()])
    networks = [np.flatnonzero(chosen & (day == name)) for name in np.unique(day[chosen])]
    return [rows[np.argsort(data.event_time[rows], kind="stable")] for rows in networks]


def _first_hour(event_time: NDArray[np.float64]) -> int:
    """Return how many rows are of the first hour, or `FIRST_ROWS` where these files have thinned it out."""
    return max(int(np.searchsorted(event_time, event_time[0] + HOUR_S)), min(FIRST_ROWS, len(event_time) // 4))


def _lessons_of(lessons: Lessons, rows: NDArray[np.int64]) -> Lessons:
    return Lessons(
        lessons.code[rows],
        lessons.malicious[rows],
        lessons.group[rows],
        lessons.network[rows],
        lessons.belongings.of(rows),
    )
