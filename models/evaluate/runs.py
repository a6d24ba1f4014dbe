"""One run of the whole recipe with one seed: what its networks say of rows that they never saw.

It takes minutes, so it is kept. The report is then made of it in half a minute.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.build import fit
from models.evaluate import nsl_kdd
from models.evaluate.data import Data
from models.evaluate.unseen import Risks, leave_one_capture_out, leave_one_laboratory_out
from models.network import risks

_MADE_OF = "made_of"


class Run(NamedTuple):
    """Risks of the rows of `Data`, by the networks of one seed."""

    nsl_kdd: NDArray[np.float32]  #: (NSL-KDD rows,) logits by teachers that never saw the row's attack
    later: Risks  #: (evaluation rows,) trained as `ironcore train` does, its threshold from its validation captures
    captures: Risks  #: (training rows,) never saw the capture; NaN but for Zeek's
    laboratories: Risks  #: (training rows,) never saw the laboratory
    laboratories_fitted: Risks  #: (training rows,) the same, fitted to the first hour of the row's network
    after_first_hour: NDArray[np.bool_]  #: (training rows,) the row is not of that hour


def run(data: Data, *, seed: int, epochs: int, done: Callable[[str], None] = lambda _: None) -> Run:
    """Train all networks of a seed and score what they never saw."""
    logits = nsl_kdd.held_out_scores(data.nsl_kdd, seed=seed)
    done(f"NSL-KDD, seed {seed}")
    network, _ = fit(data.training, seed=seed, epochs=epochs)
    later = risks(network, data.later.features)
    done(f"later days, seed {seed}")
    captures = leave_one_capture_out(data.training, seed=seed, epochs=epochs, done=done)
    unseen = leave_one_laboratory_out(data.training, seed=seed, epochs=epochs, done=done)
    return Run(logits, later, captures, unseen.trained, unseen.fitted, unseen.tested)


def save(path: Path, kept: Run, data: Data, *, epochs: int) -> None:
    """Keep a run and what it was made of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".new.npz")
    arrays: dict[str, Any] = {_MADE_OF: np.array(_made_of(data, epochs)), **kept._asdict()}
    np.savez(unfinished, **arrays)
    unfinished.rename(path)


def load(path: Path, data: Data, *, epochs: int) -> Run:
    """Return a run that was kept.

    Raises:
        ValueError: It is damaged, or was made of other files or epochs.
        OSError: It is absent.
    """
    try:
        with np.load(path) as held:
            made_of, kept = str(held[_MADE_OF]), Run(**{name: held[name] for name in Run._fields})
    except (KeyError, EOFError, ValueError, BadZipFile) as error:
        raise ValueError(f"{path}: no run that was kept: {error}") from error
    if made_of != _made_of(data, epochs):
        raise ValueError(f"{path}: made of other data or epochs ({made_of}); delete it")
    return kept


def _made_of(data: Data, epochs: int) -> str:
    return json.dumps({"epochs": epochs, **dict(data.sources)})
