from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.dataset import Dataset, load
from models.evaluate.__main__ import plain
from models.evaluate.bootstrap import Interval, interval, share
from models.evaluate.faithfulness import Faithfulness, faithfulness
from models.evaluate.goals import Goal, outcome
from models.evaluate.html import page
from models.evaluate.report import Report, Source
from models.evaluate.sheet import sheet_of
from models.features import FEATURES
from models.metrics import macro_f1
from models.scorer import Scorer
from tests.unit.test_train import write


def rows(count: int = 1000) -> tuple[Dataset, NDArray[np.float32]]:
    """Return rows of two captures, every fourth malicious, and risks that tell most of them apart."""
    labels = np.arange(count) % 4 == 0
    risk = np.random.default_rng(0).normal(np.where(labels, 70, 30), 15).clip(0, 100).astype(np.float32)
    data = Dataset(
        features=np.zeros((count, len(FEATURES)), np.float32),
        malicious=labels,
        classes=labels.astype(np.int64),
        attack=np.where(labels, "scan", "benign"),
        capture=np.where(np.arange(count) < count // 2, "one", "two"),
        source=np.full(count, "lab"),
        event_time=np.arange(count, dtype=np.float64),
    )
    return data, risk


def test_interval_holds_the_figure_and_narrows_with_rows() -> None:
    values = np.random.default_rng(0).random(4000)
    few = interval(lambda chosen: float(values[chosen].mean()), 100)
    many = interval(lambda chosen: float(values[chosen].mean()), 4000)
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 4
    assert interval(lambda chosen: float(values[chosen].mean()), 100) == few


def test_interval_of_a_share_is_the_binomial_one() -> None:
    found = share(np.arange(1000) < 300, draws=5000)
    assert found.value == 0.3
    half_width = 1.96 * (0.3 * 0.7 / 1000) ** 0.5
    assert found.high - found.low == pytest.approx(2 * half_width, rel=0.1)
    assert np.isnan(share(np.zeros(0, np.bool_))).all()


def test_outcome_is_that_of_the_median_seed() -> None:
    assert outcome(Goal("a", "b", 0.9), [0.95, 0.5, 0.91]).is_reached
    assert not outcome(Goal("a", "b", 0.92), [0.95, 0.5, 0.91]).is_reached
    assert outcome(Goal("a", "b", 0.9), [0.95, 0.8]).median == 0.8
    assert outcome(Goal("a", "b", 0.01, at_most=True), [0.02, 0.005, 0.009]).is_reached


def test_macro_f1_by_hand() -> None:
    # Hits: 1 of 2 positives, 2 called; 2 of 3 negatives, 3 called. F1: 2/4 and 4/6.
    labels, called = np.array([1, 1, 0, 0, 0], bool), np.array([1, 0, 1, 0, 0], bool)
    assert macro_f1(labels, called) == pytest.approx((2 / 4 + 4 / 6) / 2)


def test_sheet_measures_every_capture_and_attack() -> None:
    data, risk = rows()
    sheet = sheet_of(data, risk)
    assert sheet.fpr.value <= 0.01
    assert sheet.recall.value == pytest.approx(sheet.recall_at_1pct_fpr.value, abs=0.01)
    assert [part.name for part in sheet.captures] == ["one", "two"]
    benign, scan = sheet.attacks
    assert (benign.rows, benign.malicious, scan.rows, scan.malicious) == (750, 0, 250, 250)
    assert benign.false_alarms == sheet.fpr
    assert scan.called.value == sheet.recall.value
    assert scan.roc_auc == pytest.approx(sheet.roc_auc.value)
    assert sheet.roc[-1] == (1, 1)
    assert sum(count for _, _, count in sheet.reliability) == 1000


class _Loads(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.plots = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]
        self.plots += tag == "svg"


def test_page_shows_the_report_and_loads_nothing() -> None:
    data, risk = rows()
    sheet, known = sheet_of(data, risk), Interval(0.5, 0.4, 0.6)
    reached = outcome(Goal("<later> days", "ROC-AUC", 0.9), [0.95])
    report = Report("m 1", 50.0, [Source("f", "0")], [1], [reached], sheet, sheet, [], _reasons(known))
    text = page(report)
    parser = _Loads()
    parser.feed(text)
    assert parser.found == []
    assert parser.plots == 6
    assert "&lt;later&gt; days" in text
    assert '<td class="reached">reached</td>' in text
    json.dumps(plain(report), allow_nan=False)


def _reasons(known: Interval) -> Faithfulness:
    return Faithfulness(10, known, known, known, known)


def test_reason_named_first_matters_more_than_another(tmp_path: Path) -> None:
    found = faithfulness(Scorer.load(), load(write(tmp_path / "flows.parquet", captures=2, count=60)).features)
    assert found.threats > 0
    assert found.fall_of_first.value > found.fall_of_random.value


def test_nothing_to_explain_is_said() -> None:
    with pytest.raises(ValueError, match="no row is a threat"):
        faithfulness(Scorer.load(), np.full((3, len(FEATURES)), np.nan, np.float32))
