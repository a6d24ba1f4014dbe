from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from ironcore.cli.train import train as train_command
from models import dataset
from models.calibration import THRESHOLD, calibrate
from models.dataset import Dataset
from models.features import FEATURES
from models.scorer import Scorer
from models.split import split_captures
from models.training import train
from models.weighting import belongings_of, row_weights
from tests.unit.model_events import COLUMN

CLI = typer.Typer()
CLI.command()(train_command)


def flows(capture: str, source: str, count: int, *, attack: str) -> list[dict[str, Any]]:
    """Return flows of a capture: completed exchanges, or refused probes when they attack."""
    generator = np.random.default_rng(sum(map(ord, capture)))
    probe = attack != "benign"
    return [
        {
            "ts": 1_750_000_000.0 + number,
            "src_ip": "10.0.0.5",
            "src_port": 50_000,
            "dst_ip": f"93.184.216.{number % 200}",
            "dst_port": 23 if probe else 443,
            "proto": "tcp",
            "duration": None if probe else float(generator.exponential(2)),
            "bytes_out": None if probe else float(generator.integers(100, 5000)),
            "bytes_in": None if probe else float(generator.integers(100, 50_000)),
            "ip_bytes_out": 60 if probe else int(generator.integers(200, 6000)),
            "ip_bytes_in": 0 if probe else int(generator.integers(200, 60_000)),
            "pkts_out": 1 if probe else int(generator.integers(4, 40)),
            "pkts_in": 0 if probe else int(generator.integers(4, 60)),
            "conn_state": "S0" if probe else "SF",
            "label": int(probe),
            "attack": attack,
            "capture": capture,
            "source": source,
        }
        for number in range(count)
    ]


def write(path: Path, captures: int = 8, count: int = 60) -> Path:
    rows = []
    for number in range(captures):
        rows += flows(f"benign-{number}", "lab", count, attack="benign")
        rows += flows(f"scan-{number}", "lab", count, attack="scan")
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("data") / "flows.parquet")


def test_training_writes_an_artefact_that_scores(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    result = CliRunner().invoke(CLI, ["--data", str(data), "--out", str(out), "--epochs", "12", "--seed", "3"])
    assert result.exit_code == 0, result.output
    scorer = Scorer.load(out)
    assert scorer.card.data.rows == 960
    assert scorer.card.data.sha256 == hashlib.sha256(data.read_bytes()).hexdigest()
    assert scorer.card.validation.fpr <= 0.01
    assert scorer.card.validation.roc_auc > 0.99
    labelled = dataset.load(data)
    scores = scorer.score(labelled.features)
    assert scores.risk[labelled.malicious].mean() > scores.risk[~labelled.malicious].mean() + 30


def test_same_seed_gives_the_same_weights_and_another_does_not(data: Path) -> None:
    labelled = dataset.load(data)
    first, again, other = (train(labelled, seed=seed, epochs=1).weights["risk"].numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_one_label_alone_or_halves_without_it_are_refused(data: Path) -> None:
    labelled = dataset.load(data)
    with pytest.raises(ValueError, match="benign and malicious"):
        train(labelled.where(~labelled.malicious), seed=1, epochs=1)
    few = labelled.where(~labelled.malicious | (labelled.capture == "scan-0"))
    with pytest.raises(ValueError, match="cannot be halved"):
        train(few, seed=1, epochs=1)


def test_calibration_keeps_benign_rows_below_the_threshold(data: Path) -> None:
    labelled = dataset.load(data)
    network = train(labelled, seed=1, epochs=2)
    network.weights["risk_bias"].assign([5.0])  # everything is a threat
    calibrate(network, labelled)
    heads = network.heads(labelled.features)
    benign = ~labelled.malicious
    assert (heads.risk.numpy()[benign] >= THRESHOLD).mean() <= 0.01
    # The quantiles of the errors that were calibrated on are evenly spread.
    assert heads.anomaly.numpy()[benign].mean() == pytest.approx(0.5, abs=0.05)


def test_whole_captures_are_held_out_with_both_labels(data: Path) -> None:
    labelled = dataset.load(data)
    held_out = split_captures(labelled, seed=5)
    assert not set(labelled.capture[held_out]) & set(labelled.capture[~held_out])
    for side in (held_out, ~held_out):
        assert set(labelled.malicious[side].tolist()) == {False, True}
    np.testing.assert_array_equal(held_out, split_captures(labelled, seed=5))


def test_captures_that_cannot_be_split_are_refused(tmp_path: Path) -> None:
    labelled = dataset.load(write(tmp_path / "flows.parquet", captures=1))
    with pytest.raises(ValueError, match="no split of 2 captures"):
        split_captures(labelled, seed=5)


def test_copies_do_not_outvote_others_and_labels_count_the_same() -> None:
    features = np.zeros((101, len(FEATURES)), np.float32)
    features[100] = 7
    labels = np.zeros(101, np.bool_)
    labels[50:60] = True
    same = np.full(101, "x")
    data = Dataset(features, labels, labels.astype(int), same, same, same, np.zeros(101))
    weights = row_weights(belongings_of(data))
    assert weights[labels].sum() == pytest.approx(0.5)
    assert weights[100] / weights[0] == pytest.approx(10, rel=0.01)


def test_captures_are_networks_of_their_own(tmp_path: Path) -> None:
    labelled = dataset.load(write(tmp_path / "flows.parquet", captures=2, count=5))
    assert labelled.features[:, COLUMN["window_connections"]].max() == 5


def test_unknown_attack_is_named(tmp_path: Path) -> None:
    path = tmp_path / "flows.parquet"
    pq.write_table(pa.Table.from_pylist(flows("c", "lab", 3, attack="gossip")), path)
    with pytest.raises(ValueError, match=r"flows\.parquet: no class for attack 'gossip'"):
        dataset.load(path)


def test_file_that_cannot_be_trained_on_ends_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    path.write_text(json.dumps({}))
    result = CliRunner().invoke(CLI, ["--data", str(path), "--out", str(tmp_path / "model")])
    assert result.exit_code == 1
    assert not (tmp_path / "model").exists()
