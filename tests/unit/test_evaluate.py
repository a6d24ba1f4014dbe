from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from ironcore.cli.evaluate import evaluate as evaluate_command
from models.metrics import average_precision, recall_at_fpr, roc_auc
from tests.unit.test_train import write

EVAL = Path(__file__).parents[2].parent / "shared" / "data" / "flows" / "eval.parquet"
CLI = typer.Typer()
CLI.command()(evaluate_command)

LABELS = np.array([True, True, False, True, False, False])
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.6, 0.1])


def test_roc_auc_by_hand() -> None:
    # Of 9 pairs the positives win 2 x 3, then 0.6 beats 0.1, ties with 0.6 and loses to 0.7: 7.5 / 9.
    assert roc_auc(LABELS, SCORES) == pytest.approx(7.5 / 9)
    assert roc_auc(LABELS, -SCORES) == pytest.approx(1.5 / 9)
    assert roc_auc(LABELS, np.zeros(6)) == pytest.approx(0.5)


def test_average_precision_by_hand() -> None:
    # Recall rises by 1/3 at precisions 1, 1 and, at the tie, 3/5.
    assert average_precision(LABELS, SCORES) == pytest.approx((1 + 1 + 3 / 5) / 3)


def test_recall_at_false_positive_rate_by_hand() -> None:
    assert recall_at_fpr(LABELS, SCORES, 0.0) == pytest.approx(2 / 3)
    assert recall_at_fpr(LABELS, SCORES, 0.4) == pytest.approx(2 / 3)
    assert recall_at_fpr(LABELS, SCORES, 0.67) == pytest.approx(1)
    assert recall_at_fpr(np.array([False, True]), np.array([0.9, 0.8]), 0.0) == 0


def test_figures_that_need_an_absent_label_are_nan() -> None:
    benign = np.zeros(3, np.bool_)
    assert np.isnan([roc_auc(benign, SCORES[:3]), average_precision(benign, SCORES[:3])]).all()
    assert np.isnan(recall_at_fpr(~benign, SCORES[:3], 0.01))


def test_json_has_the_promised_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "flows.parquet", captures=2, count=30)
    result = CliRunner().invoke(CLI, ["--data", str(path), "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert list(figures) == [
        "rows",
        "roc_auc",
        "average_precision",
        "threshold",
        "recall",
        "fpr",
        "recall_at_1pct_fpr",
        "per_attack",
    ]
    assert figures["rows"] == 120
    assert figures["per_attack"].keys() == {"benign", "scan"}
    assert figures["per_attack"]["scan"]["rows"] == 60
    assert figures["per_attack"]["scan"]["recall"] == figures["recall"]
    assert figures["per_attack"]["benign"]["recall"] == figures["fpr"]


def test_table_for_people(tmp_path: Path) -> None:
    result = CliRunner().invoke(CLI, ["--data", str(write(tmp_path / "flows.parquet", captures=1, count=5))])
    assert result.exit_code == 0, result.output
    assert "ROC-AUC" in result.output
    assert "scan" in result.output


def test_model_that_is_not_there_ends_with_a_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "flows.parquet", captures=1, count=5)
    result = CliRunner().invoke(CLI, ["--data", str(path), "--model", str(tmp_path)])
    assert result.exit_code == 1


@pytest.mark.skipif(not EVAL.is_file(), reason="the labelled flows are not beside the checkout")
def test_shipped_model_keeps_its_figures_on_later_days() -> None:
    result = CliRunner().invoke(CLI, ["--data", str(EVAL), "--json"])
    figures = json.loads(result.stdout)
    assert figures["roc_auc"] >= 0.97
    assert figures["recall"] >= 0.9
    assert figures["fpr"] <= 0.02
