"""The whole evaluation: what is measured, on which data, and how much of what was to be reached."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from models.build import fit
from models.calibration import MAX_FPR, THRESHOLD
from models.dataset import Dataset, load
from models.evaluate import nsl_kdd
from models.evaluate.bootstrap import Interval, share
from models.evaluate.faithfulness import Faithfulness, faithfulness
from models.evaluate.goals import Goal, Outcome, outcome
from models.evaluate.sheet import Sheet, sheet_of
from models.evaluate.unseen import NOT_ZEEK, Risks, Unseen, leave_one_capture_out, leave_one_laboratory_out, risks
from models.metrics import macro_f1, recall_at_fpr, roc_auc, threshold_at_fpr
from models.scorer import Scorer
from models.training import EPOCHS

SEEDS = (1, 2, 3)
TRAIN_FILE, EVAL_FILE, NSL_FILE = "train.parquet", "eval.parquet", "nsl_kdd_train.parquet"
AUC, RECALL, F1, FPR = "ROC-AUC", "recall at 1 % false positives", "macro-F1", "false-positive rate"
AT_THRESHOLD = "recall at the threshold of validation"
CAPTURES, LATER, NSL = "one Zeek capture left out, pooled", "later days, other attacks", "NSL-KDD, attacks held out"
LABORATORY = "laboratory never seen, first hour unlabelled"

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


class Source(NamedTuple):
    """A file that was measured on."""

    file: str
    sha256: str


class Laboratory(NamedTuple):
    """Figures of one seed on a laboratory that the network never saw, without each network's first hour."""

    name: str
    seed: int
    rows: int
    malicious: int
    roc_auc: float
    recall_at_1pct_fpr: float
    fpr_as_trained: Interval  #: at the threshold that the other laboratories gave
    roc_auc_fitted: float
    recall_at_1pct_fpr_fitted: float
    fpr_fitted: Interval  #: at the threshold, after the fit to the first hour
    recall_fitted: Interval


class Report(NamedTuple):
    """What is written to `evaluation.json` and shown in `evaluation.html`."""

    model: str
    threshold: float
    data: list[Source]
    seeds: list[int]
    outcomes: list[Outcome]
    later_days: Sheet  #: the shipped model on the evaluation file
    captures: Sheet  #: of the seed whose ROC-AUC is the median
    laboratories: list[Laboratory]
    reasons: Faithfulness


def measure(folder: Path, *, seeds: tuple[int, ...] = SEEDS, epochs: int = EPOCHS) -> Report:
    """Measure the shipped model and its recipe on the labelled files of a folder.

    Raises:
        ValueError: A file is unreadable or not as described in its reader.
        OSError: A file is absent.
    """
    training, later, scorer = load(folder / TRAIN_FILE), load(folder / EVAL_FILE), Scorer.load()
    measured: Measured = {}
    captures = _captures(training, measured, seeds, epochs)
    _later(training, later, measured, seeds, epochs)
    _nsl(nsl_kdd.read(folder / NSL_FILE), measured, seeds)
    laboratories = _laboratories(training, measured, seeds, epochs)
    goals = [*GOALS, *_laboratory_goals(training)]
    return Report(
        model=f"{scorer.name} {scorer.version}",
        threshold=scorer.threshold,
        data=[Source(name, _hash(folder / name)) for name in (TRAIN_FILE, EVAL_FILE, NSL_FILE)],
        seeds=list(seeds),
        outcomes=[outcome(goal, measured[goal.of, goal.figure]) for goal in goals],
        later_days=sheet_of(later, scorer.score(later.features).risk, scorer.threshold),
        captures=captures,
        laboratories=laboratories,
        reasons=faithfulness(scorer, later.features),
    )


def _captures(data: Dataset, measured: Measured, seeds: tuple[int, ...], epochs: int) -> Sheet:
    tested = data.where(data.source != NOT_ZEEK)
    runs = []
    for seed in seeds:
        risk = leave_one_capture_out(data, seed=seed, epochs=epochs, done=log.info)
        runs.append(risk[data.source != NOT_ZEEK])
        _note(measured, CAPTURES, AUC, roc_auc(tested.malicious, runs[-1]))
        _note(measured, CAPTURES, RECALL, recall_at_fpr(tested.malicious, runs[-1], MAX_FPR))
    middle = int(np.argsort(measured[CAPTURES, AUC])[(len(seeds) - 1) // 2])
    return sheet_of(tested, runs[middle])


def _note(measured: Measured, of: str, figure: str, value: float) -> None:
    measured.setdefault((of, figure), []).append(value)
    log.info("%s: %s %.4f", of, figure, value)


def _laboratory_goals(data: Dataset) -> list[Goal]:
    """Return what is asked of each laboratory, after the fit to its networks' first hours."""
    names = [f"{LABORATORY}: {name}" for name in np.unique(data.source).tolist()]
    return [goal for name in names for goal in (Goal(name, AUC, 0.90), Goal(name, RECALL, 0.20))]


def _laboratories(data: Dataset, measured: Measured, seeds: tuple[int, ...], epochs: int) -> list[Laboratory]:
    found = []
    for seed in seeds:
        unseen = leave_one_laboratory_out(data, seed=seed, epochs=epochs, done=log.info)
        for name in np.unique(data.source).tolist():
            laboratory = _laboratory(data, unseen, name, seed)
            found.append(laboratory)
            of = f"{LABORATORY}: {name}"
            _note(measured, of, AUC, laboratory.roc_auc_fitted)
            _note(measured, of, RECALL, laboratory.recall_at_1pct_fpr_fitted)
    return found


def _laboratory(data: Dataset, unseen: Unseen, name: str, seed: int) -> Laboratory:
    rows = unseen.tested & (data.source == name)
    labels, trained, fitted = data.malicious[rows], unseen.trained[rows], unseen.fitted[rows]
    return Laboratory(
        name=name,
        seed=seed,
        rows=int(rows.sum()),
        malicious=int(labels.sum()),
        roc_auc=roc_auc(labels, trained),
        recall_at_1pct_fpr=recall_at_fpr(labels, trained, MAX_FPR),
        fpr_as_trained=share(trained[~labels] >= THRESHOLD),
        roc_auc_fitted=roc_auc(labels, fitted),
        recall_at_1pct_fpr_fitted=recall_at_fpr(labels, fitted, MAX_FPR),
        fpr_fitted=share(fitted[~labels] >= THRESHOLD),
        recall_fitted=share(fitted[labels] >= THRESHOLD),
    )


def _later(training: Dataset, later: Dataset, measured: Measured, seeds: tuple[int, ...], epochs: int) -> None:
    """Train as `ironcore train` does with each seed, its threshold from its own validation captures."""
    figures: dict[str, Callable[[Risks], float]] = {
        AUC: lambda risk: roc_auc(later.malicious, risk),
        AT_THRESHOLD: lambda risk: float((risk[later.malicious] >= THRESHOLD).mean()),
        FPR: lambda risk: float((risk[~later.malicious] >= THRESHOLD).mean()),
    }
    for seed in seeds:
        network, _ = fit(training, seed=seed, epochs=epochs)
        risk = risks(network, later.features)
        for name, figure in figures.items():
            _note(measured, LATER, name, figure(risk))


def _nsl(table: nsl_kdd.Table, measured: Measured, seeds: tuple[int, ...]) -> None:
    for seed in seeds:
        logits = nsl_kdd.held_out_scores(table, seed=seed)
        _note(measured, NSL, AUC, roc_auc(table.malicious, logits))
        _note(measured, NSL, RECALL, recall_at_fpr(table.malicious, logits, MAX_FPR))
        first = np.isin(nsl_kdd.groups_of(table, seed), nsl_kdd.THRESHOLD_GROUPS)
        called = logits >= threshold_at_fpr(logits[first], nsl_kdd.MAX_FPR)
        _note(measured, NSL, F1, macro_f1(table.malicious[~first], called[~first]))


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
