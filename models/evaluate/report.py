"""The whole evaluation: what is measured, on which data, and how much of what was to be reached."""

from __future__ import annotations

import logging
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import NamedTuple

import numpy as np

from models.calibration import MAX_FPR, THRESHOLD
from models.dataset import Dataset
from models.evaluate import nsl_kdd
from models.evaluate.bootstrap import Interval, share
from models.evaluate.data import Data, Source
from models.evaluate.faithfulness import Faithfulness, faithfulness
from models.evaluate.goals import Goal, Outcome, outcome
from models.evaluate.held_out_names import Called, Name, call
from models.evaluate.pool import Pool, pool_of
from models.evaluate.runs import Run
from models.evaluate.sheet import Sheet, sheet_of
from models.evaluate.thresholds import Thresholds, thresholds
from models.evaluate.unseen import NOT_ZEEK
from models.metrics import recall_at_fpr, roc_auc
from models.scorer import Scorer

SEEDS = (1, 2, 3)
AUC, RECALL, F1, FPR = "ROC-AUC", "recall at 1 % false positives", "macro-F1", "false-positive rate"
AT_THRESHOLD = "recall at the threshold of validation"
CAPTURES, LATER, NSL = "one Zeek capture left out, pooled", "later days, other attacks", "NSL-KDD, attacks held out"
LABORATORY = "laboratory never seen, first hour unlabelled"
LIBRARIES = ("tensorflow-cpu", "numpy", "pyarrow")

GOALS = (
    Goal(NSL, AUC, 0.97),
    Goal(NSL, RECALL, 0.55),
    Goal(NSL, F1, 0.86),
    Goal(CAPTURES, AUC, 0.985),
    Goal(CAPTURES, RECALL, 0.60),
    Goal(LATER, AUC, 0.993),
    Goal(LATER, AT_THRESHOLD, 0.97),
    Goal(LATER, FPR, 0.01, at_most=True),
)

log = logging.getLogger(__name__)

#: By goal ("of", "figure"), the figure of each seed.
Measured = dict[tuple[str, str], list[float]]


class Laboratory(NamedTuple):
    """Figures of one seed on a laboratory that the network never saw, without each network's first hour."""

    name: str
    seed: int
    rows: int
    malicious: int
    roc_auc: float
    recall_at_1pct_fpr: float
    fpr_as_trained: Interval  #: at the threshold that the other laboratories gave
    recall_as_trained: Interval
    roc_auc_fitted: float
    recall_at_1pct_fpr_fitted: float
    fpr_fitted: Interval  #: at the threshold, after the fit to the first hour
    recall_fitted: Interval


class Report(NamedTuple):
    """What is written to `evaluation.json` and shown in `evaluation.html`."""

    model: str
    threshold: float
    data: list[Source]
    software: dict[str, str]  #: versions by name
    seeds: list[int]
    epochs: int
    outcomes: list[Outcome]
    thresholds: Thresholds
    shipped: Sheet  #: the shipped model on the evaluation file
    later: Pool  #: the recipe on the evaluation file
    captures: Pool
    laboratories: list[Laboratory]
    nsl_kdd: list[Name]  #: of the seed whose macro-F1 is the median
    reasons: Faithfulness


def measure(data: Data, runs: Mapping[int, Run], *, epochs: int) -> Report:
    """Measure the shipped model, and its recipe by the runs of each seed.

    Raises:
        ValueError: The shipped model was trained on another file.
    """
    scorer, measured = Scorer.load(), Measured()
    zeek = data.training.source != NOT_ZEEK
    captures = pool_of(data.training.where(zeek), {seed: run.captures[zeek] for seed, run in runs.items()})
    later = pool_of(data.later, {seed: run.later for seed, run in runs.items()}, THRESHOLD)
    _note_sheets(measured, captures, later)
    names = _note_nsl(measured, data.nsl_kdd, runs)
    laboratories = _laboratories(data.training, measured, runs)
    goals = [*GOALS, *_laboratory_goals(data.training)]
    risk = scorer.score(data.later.features).risk
    return Report(
        model=f"{scorer.name} {scorer.version}",
        threshold=scorer.threshold,
        data=data.sources,
        software={"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        seeds=list(runs),
        epochs=epochs,
        outcomes=[outcome(goal, measured[goal.of, goal.figure]) for goal in goals],
        thresholds=thresholds(scorer, data, risk),
        shipped=sheet_of(data.later, risk, scorer.threshold),
        later=later,
        captures=captures,
        laboratories=laboratories,
        nsl_kdd=names,
        reasons=faithfulness(scorer, data.later.features),
    )


def _note_sheets(measured: Measured, captures: Pool, later: Pool) -> None:
    for sheet in captures.sheets:
        _note(measured, CAPTURES, AUC, sheet.roc_auc.value)
        _note(measured, CAPTURES, RECALL, sheet.recall_at_1pct_fpr.value)
    for sheet in later.sheets:
        _note(measured, LATER, AUC, sheet.roc_auc.value)
        _note(measured, LATER, AT_THRESHOLD, sheet.recall.value)
        _note(measured, LATER, FPR, sheet.fpr.value)


def _note(measured: Measured, of: str, figure: str, value: float) -> None:
    measured.setdefault((of, figure), []).append(value)
    log.info("%s: %s %.4f", of, figure, value)


def _note_nsl(measured: Measured, table: nsl_kdd.Table, runs: Mapping[int, Run]) -> list[Name]:
    """Note the figures of each seed; return the attacks by that of the median macro-F1."""
    called: list[Called] = []
    for seed, run in runs.items():
        _note(measured, NSL, AUC, roc_auc(table.malicious, run.nsl_kdd))
        _note(measured, NSL, RECALL, recall_at_fpr(table.malicious, run.nsl_kdd, MAX_FPR))
        called.append(call(table, run.nsl_kdd, seed=seed))
        _note(measured, NSL, F1, called[-1].macro_f1)
    return sorted(called, key=lambda of_seed: of_seed.macro_f1)[(len(called) - 1) // 2].names


def _laboratory_goals(data: Dataset) -> list[Goal]:
    """Return what is asked of each laboratory, after the fit to its networks' first hours."""
    names = [f"{LABORATORY}: {name}" for name in np.unique(data.source).tolist()]
    return [goal for name in names for goal in (Goal(name, AUC, 0.90), Goal(name, RECALL, 0.20))]


def _laboratories(data: Dataset, measured: Measured, runs: Mapping[int, Run]) -> list[Laboratory]:
    found = []
    for name in np.unique(data.source).tolist():
        for seed, run in runs.items():
            laboratory = _laboratory(data, run, name, seed)
            found.append(laboratory)
            of = f"{LABORATORY}: {name}"
            _note(measured, of, AUC, laboratory.roc_auc_fitted)
            _note(measured, of, RECALL, laboratory.recall_at_1pct_fpr_fitted)
    return found


def _laboratory(data: Dataset, run: Run, name: str, seed: int) -> Laboratory:
    rows = run.after_first_hour & (data.source == name)
    labels, trained, fitted = data.malicious[rows], run.laboratories[rows], run.laboratories_fitted[rows]
    return Laboratory(
        name=name,
        seed=seed,
        rows=int(rows.sum()),
        malicious=int(labels.sum()),
        roc_auc=roc_auc(labels, trained),
        recall_at_1pct_fpr=recall_at_fpr(labels, trained, MAX_FPR),
        fpr_as_trained=share(trained[~labels] >= THRESHOLD),
        recall_as_trained=share(trained[labels] >= THRESHOLD),
        roc_auc_fitted=roc_auc(labels, fitted),
        recall_at_1pct_fpr_fitted=recall_at_fpr(labels, fitted, MAX_FPR),
        fpr_fitted=share(fitted[~labels] >= THRESHOLD),
        recall_fitted=share(fitted[labels] >= THRESHOLD),
    )
