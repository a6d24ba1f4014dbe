"""The labelled files that the evaluation reads, and their hashes: the same files and seeds give the same report."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

from models.dataset import Dataset, load
from models.evaluate import nsl_kdd

TRAIN_FILE, EVAL_FILE, NSL_FILE = "train.parquet", "eval.parquet", "nsl_kdd_train.parquet"


class Source(NamedTuple):
    """A file that was measured on."""

    file: str
    sha256: str


class Data(NamedTuple):
    """All rows that are measured on."""

    training: Dataset
    later: Dataset
    nsl_kdd: nsl_kdd.Table
    sources: list[Source]


def read(folder: Path) -> Data:
    """Read the files of a folder.

    Raises:
        ValueError: A file is unreadable or not as described in its reader.
        OSError: A file is absent.
    """
    return Data(
        load(folder / TRAIN_FILE),
        load(folder / EVAL_FILE),
        nsl_kdd.read(folder / NSL_FILE),
        [Source(name, _hash(folder / name)) for name in (TRAIN_FILE, EVAL_FILE, NSL_FILE)],
    )


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
