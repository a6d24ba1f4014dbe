"""NSL-KDD (Tavallaee et al., CISDA 2009): the same teachers on its own 41 columns, attacks held out by name.

Its rows are no flows of the stream, so nothing of this is shipped; it shows what the recipe does on another's columns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.runtime import tf
from models.teachers import Codes, Lessons, Teachers, teach
from models.weighting import Belongings, numbered

CATEGORIES = ("protocol_type", "service", "flag")
_NOT_FEATURES = (*CATEGORIES, "detail", "difficulty", "attack5", "label", "split", "source")
_BINS = 5
#: How often a value is hidden from a teacher, so that none leans on a single column; chosen on held-out names.
_HIDDEN_SHARE = 0.2
#: Normal rows have no attack's name to be held out by: they are dealt to so many groups.
NORMAL_GROUPS = 12
#: A row is called an attack from the logit that so many of these groups' rows reach, to which they are strangers too.
MAX_FPR = 0.05
THRESHOLD_GROUPS = tuple(f"normal-{number}" for number in range(NORMAL_GROUPS // 2))
_STEPS = 400
_FOLDS, _ROUNDS = 6, 4
_SCORE_ROWS = 8192


class Table(NamedTuple):
    """The n rows of a file."""

    columns: dict[str, NDArray[Any]]  #: by name, (n,)
    malicious: NDArray[np.bool_]
    attack: NDArray[np.str_]  #: name of the attack, or "normal"


class Coding(NamedTuple):
    """How columns enter a network, fixed on a training file: upper ends of numbers, values of categories.

    Numbers that go beyond 1 are counters, whose logarithms are taken; the others are shares and flags.
    """

    top: dict[str, float]
    values: dict[str, list[str]]

    def code(self, table: Table) -> Codes:
        """Return the (n, width) codes of a table."""
        parts = [_bins(table.columns[name].astype(np.float64), top) for name, top in self.top.items()]
        parts += [
            table.columns[name].astype(str)[:, None] == np.array(values)[None] for name, values in self.values.items()
        ]
        return np.concatenate(parts, axis=1, dtype=np.float32)


def read(path: Path) -> Table:
    """Read a file of NSL-KDD in parquet.

    Raises:
        ValueError: A column is absent.
    """
    table = pq.read_table(path)
    absent = {"detail", "label", *CATEGORIES} - set(table.column_names)
    if absent:
        raise ValueError(f"{path}: no column {', '.join(sorted(absent))}")
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    return Table(columns, columns["label"].astype(bool), columns["detail"].astype(str))


def coding_of(table: Table) -> Coding:
    """Fix how columns are coded by the rows of a table; a column with one value says nothing and is left out."""
    names = [name for name in table.columns if name not in _NOT_FEATURES]
    tops = {name: float(table.columns[name].max()) for name in names}
    return Coding(
        {name: top for name, top in tops.items() if top > 0},
        {name: sorted(set(table.columns[name].astype(str).tolist())) for name in CATEGORIES},
    )


def fit(table: Table, *, seed: int, steps: int = _STEPS) -> tuple[Coding, Teachers]:
    """Train the teachers, each on five sixths of the attacks' names and of the groups of normal rows."""
    coding = coding_of(table)
    label = table.malicious.astype(str)
    belongings = Belongings(np.arange(len(label)), numbered(table.attack), numbered(label))
    group = groups_of(table, seed)
    lessons = Lessons(coding.code(table), table.malicious, group, group, belongings)
    return coding, teach(lessons, _hide, seed=seed, steps=steps, known=_known(group, seed))


def groups_of(table: Table, seed: int) -> NDArray[np.str_]:
    """Return (n,) the group of each row: its attack's name, or one of the normal groups."""
    dealt = np.random.default_rng(seed).integers(0, NORMAL_GROUPS, len(table.malicious)).astype(str)
    return np.where(table.malicious, table.attack, np.char.add("normal-", dealt))


def _known(group: NDArray[np.str_], seed: int) -> list[frozenset[str]]:
    """Return the groups of each teacher: in every round, each group is unknown to one of them."""
    names, generator = np.unique(group), np.random.default_rng(seed)
    rounds = [np.array_split(generator.permutation(names), _FOLDS) for _ in range(_ROUNDS)]
    every = frozenset(names.tolist())
    return [every - frozenset(fold.tolist()) for folds in rounds for fold in folds]


def score(coding: Coding, teachers: Teachers, table: Table) -> NDArray[np.float32]:
    """Return (n,) mean logits of the teachers."""
    return _logits(teachers, coding.code(table))


def held_out_scores(table: Table, *, seed: int) -> NDArray[np.float32]:
    """Return the (n,) mean logits by teachers that never saw the row's attack (or its group of normal rows)."""
    coding, teachers = fit(table, seed=seed)
    code, group = coding.code(table), groups_of(table, seed)
    logits = np.empty(len(code), np.float32)
    for name in np.unique(group):
        rows = group == name
        logits[rows] = _logits(teachers.without(str(name)), code[rows])
    return logits


def _logits(teachers: Teachers, code: Codes) -> NDArray[np.float32]:
    pieces = [code[start : start + _SCORE_ROWS] for start in range(0, len(code), _SCORE_ROWS)]
    return np.concatenate([teachers.logit(tf.constant(piece)).numpy() for piece in pieces])


def _hide(code: Codes, generator: np.random.Generator) -> Codes:
    return code * (generator.random(code.shape, np.float32) >= _HIDDEN_SHARE)


def _bins(numbers: NDArray[np.float64], top: float) -> NDArray[np.float64]:
    """Return the (n, bins) piecewise-linear code of numbers on evenly spaced edges from 0 to `top`."""
    scaled, end = (np.log1p(numbers), np.log1p(top)) if top > 1 else (numbers, top)
    return np.clip(scaled[:, None] / end * _BINS - np.arange(_BINS), 0.0, 1.0)
