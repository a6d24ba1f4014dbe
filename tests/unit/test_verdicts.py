"""Nothing of the time of the verdicts that are held out is trained on, and verdicts move the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import build as build_module
from models.build import build
from models.dataset import Dataset, load
from models.training import train
from models.verdicts import SOURCE, split_by_time
from models.windows import WINDOW_S
from tests.unit.test_train import write

BEGAN = 1_750_000_000.0  # as the made-up captures of test_train do


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("data") / "flows.parquet")


def verdicts(data: Path, count: int, *, first: float, step_s: float) -> Dataset:
    """Return rows of the file as if analysts had judged them, one every `step_s` from `first` on."""
    rows = load(data)
    rows = rows.where(np.isin(np.arange(len(rows)), np.linspace(0, len(rows) - 1, count).astype(int)))
    times = first + np.arange(len(rows), dtype=np.float64) * step_s
    return Dataset(
        rows.features, rows.malicious, rows.classes, rows.attack,
        np.full(len(rows), f"day@{SOURCE}"), np.full(len(rows), SOURCE), times,
    )  # fmt: skip


def test_the_latest_are_held_out_and_a_window_before_them_is_left_out(data: Path) -> None:
    judged = verdicts(data, 100, first=BEGAN, step_s=10)
    split = split_by_time(judged)
    assert len(split.validation) == 25
    assert split.validation.event_time.min() == split.from_time
    assert split.train.event_time.max() < split.from_time - WINDOW_S
    assert len(judged) - len(split.train) - len(split.validation) == WINDOW_S / 10


def test_verdicts_of_one_minute_cannot_be_split(data: Path) -> None:
    with pytest.raises(ValueError, match="none is left to learn"):
        split_by_time(verdicts(data, 100, first=BEGAN, step_s=0.1))


def test_nothing_of_the_time_of_the_validation_is_trained_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither verdicts nor rows of the file: its second half is of the time of the verdicts that are held out."""
    taught: list[Dataset] = []

    def spy(rows: Dataset, **options: Any) -> Any:
        taught.append(rows)
        return train(rows, **options)

    monkeypatch.setattr(build_module, "train", spy)
    judged = verdicts(data, 100, first=BEGAN - 885, step_s=13)
    split = split_by_time(judged)
    assert BEGAN < split.train_until < BEGAN + 50  # the file has a row a second for a minute
    card = build(data, tmp_path / "model", seed=3, epochs=1, version="2.0.0", verdicts=judged)
    [rows] = taught
    assert rows.event_time.max() < split.train_until
    assert (rows.source == SOURCE).sum() == len(split.train)
    assert card.verdicts is not None
    assert (card.verdicts.trained, card.verdicts.validated) == (len(split.train), len(split.validation))
    assert card.data.rows < 960
    assert card.version == "2.0.0"
    assert SOURCE not in " ".join(card.data.validation_captures)  # no threshold is set by them
