from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.dataset import Dataset, load
from models.evaluate.__main__ import plain
from models.evaluate.bootstrap import interval, share
from models.evaluate.data import EVAL_FILE, NSL_FILE, TRAIN_FILE, Data, Source, read
from models.evaluate.faithfulness import faithfulness
from models.evaluate.goals import Goal, outcome
from models.evaluate.html import page
from models.evaluate.report import AUC, GOALS, LATER, measure
from models.evaluate.runs import Run, save
from models.evaluate.runs import load as load_run
from models.evaluate.sheet import sheet_of
from models.features import FEATURES
from models.metrics import macro_f1
from models.scorer import Scorer
from tests.unit.test_nsl_kdd import write_rows
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


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Return the rows of three small files, as a folder of labelled files has them."""
    folder = tmp_path_factory.mktemp("data")
    write(folder / TRAIN_FILE)
    write(folder / EVAL_FILE, captures=2)
    write_rows(folder / NSL_FILE)
    return read(folder)


def run_of(data: Data, seed: int) -> Run:
    """Return what networks that tell most rows apart would say."""
    dice = np.random.default_rng(seed)

    def risk(labels: NDArray[np.bool_]) -> NDArray[np.float32]:
        return dice.normal(np.where(labels, 70, 30), 15).clip(0, 100).astype(np.float32)

    training = data.training.malicious
    return Run(
        risk(data.nsl_kdd.malicious), risk(data.later.malicious), risk(training), risk(training), risk(training),
        np.arange(len(training)) > 100,
    )  # fmt: skip


def trained_on(data: Data, monkeypatch: pytest.MonkeyPatch) -> Scorer:
    """Return the shipped model as if the training file were its own."""
    scorer = Scorer.load()
    card = scorer.card.data.model_copy(
        update={"sha256": data.sources[0].sha256, "validation_captures": ["benign-1", "scan-1"]}
    )
    scorer.card = scorer.card.model_copy(update={"data": card})
    monkeypatch.setattr(Scorer, "load", lambda: scorer)
    return scorer


def test_report_says_what_was_measured_on_what(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = trained_on(data, monkeypatch)
    report = measure(data, {seed: run_of(data, seed) for seed in (4, 5, 6)}, epochs=3)
    by_goal = {(of.of, of.figure): of for of in report.outcomes}
    assert len(by_goal) == len(GOALS) + 2
    for of in by_goal.values():
        assert of.median == sorted(of.by_seed)[1]
    assert by_goal[LATER, AUC].median == report.later.middle.roc_auc.value
    assert [sheet.threshold for sheet in report.later.sheets] == [scorer.threshold] * 3
    assert [(lab.name, lab.seed) for lab in report.laboratories] == [("lab", 4), ("lab", 5), ("lab", 6)]
    assert {name for sheet in report.captures.sheets for name, _ in sheet.mix} == {"benign", "scan"}

    shipped = report.thresholds
    assert [band.severity for band in shipped.later] == ["medium", "high", "critical"]
    assert shipped.later[0].risk == scorer.threshold
    assert (shipped.later[0].recall, shipped.later[0].fpr) == (report.shipped.recall, report.shipped.fpr)
    validation = np.isin(data.training.capture, ["benign-1", "scan-1"])
    threat = scorer.score(data.training.features[validation]).threat
    malicious = data.training.malicious[validation]
    assert shipped.validation[0].recall.value == threat[malicious].mean()
    assert shipped.validation[0].fpr.value == threat[~malicious].mean()

    names = {of.name: of for of in report.nsl_kdd}
    assert set(names) == {"normal", *(f"attack-{number}" for number in range(8))}
    assert names["normal"].called.value + 0.3 < names["attack-3"].called.value
    assert np.isnan(names["normal"].roc_auc)

    text = page(report._replace(outcomes=[outcome(Goal("<later> days", "ROC-AUC", 0.9), [0.95])]))
    parser = _Loads()
    parser.feed(text)
    assert parser.found == []
    assert parser.plots == 9
    assert "&lt;later&gt; days" in text
    assert '<td class="reached">reached</td>' in text
    assert data.sources[0].sha256 in text
    assert "benign 50.0%, scan 50.0%" in text
    assert json.loads(json.dumps(plain(report), allow_nan=False))["seeds"] == [4, 5, 6]


def test_model_of_another_training_file_is_refused(data: Data) -> None:
    with pytest.raises(ValueError, match="was trained on another file"):
        measure(data, {4: run_of(data, 4)}, epochs=3)


def test_kept_run_is_the_run_and_is_refused_for_other_data(data: Data, tmp_path: Path) -> None:
    kept, path = run_of(data, 4), tmp_path / "runs" / "seed-4.npz"
    save(path, kept, data, epochs=3)
    for ours, theirs in zip(load_run(path, data, epochs=3), kept, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(ValueError, match=r"seed-4.npz: made of other data or epochs .* delete it"):
        load_run(path, data, epochs=4)
    other = data._replace(sources=[Source("train.parquet", "0")])
    with pytest.raises(ValueError, match="made of other data or epochs"):
        load_run(path, other, epochs=3)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match=r"seed-4\.npz: no run that was kept"):
        load_run(path, data, epochs=3)


def test_calibration_error_by_hand() -> None:
    data, _ = rows(4)
    risk = np.array([100, 0, 0, 60], np.float32)  # the first row is malicious: off by 0, 0, 0 and 0.6
    assert sheet_of(data, risk, 50.0).calibration_error == pytest.approx(0.6 / 4)


def test_reason_named_first_matters_more_than_another(tmp_path: Path) -> None:
    found = faithfulness(Scorer.load(), load(write(tmp_path / "flows.parquet", captures=2, count=60)).features)
    assert found.threats > 0
    assert found.fall_of_first.value > found.fall_of_random.value


def test_nothing_to_explain_is_said() -> None:
    with pytest.raises(ValueError, match="no row is a threat"):
        faithfulness(Scorer.load(), np.full((3, len(FEATURES)), np.nan, np.float32))
