from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models import artefact
from models.behaviours import strengths
from models.calibration import THRESHOLD
from models.dataset import load
from models.evaluate.unseen import _first_hour, _networks
from models.features import FEATURES
from models.network import Network
from models.runtime import tf
from models.warmup import fit_to
from tests.unit.test_train import write


def shipped() -> Network:
    return Network(artefact.load()[0])


def test_false_positives_on_local_traffic_are_held_as_set(tmp_path: Path) -> None:
    data = load(write(tmp_path / "flows.parquet", captures=3, count=400))
    shown = strengths(tf.constant(data.features)).numpy().max(axis=1)
    usual = data.features[~data.malicious & (shown < 0.25)]  # regular contacts look like a beacon
    network = shipped()
    network.weights["risk_bias"].assign([3.0])  # here, everything would be a threat
    fit_to(network, usual, max_fpr=0.02)
    heads = network.heads(usual)
    assert 0.005 <= (heads.risk.numpy() >= THRESHOLD).mean() <= 0.02
    assert heads.anomaly.numpy().mean() == pytest.approx(0.5, abs=0.05)


def test_too_little_traffic_is_refused() -> None:
    with pytest.raises(ValueError, match="99 rows without a behaviour are too few"):
        fit_to(shipped(), np.full((99, len(FEATURES)), np.nan, np.float32))


def test_first_hour_is_that_of_each_network(tmp_path: Path) -> None:
    data = load(write(tmp_path / "flows.parquet", captures=2, count=60))
    networks = _networks(data, ~data.malicious)
    assert [len(rows) for rows in networks] == [60, 60]
    assert all(len(set(data.capture[rows])) == 1 for rows in networks)
    assert _first_hour(np.arange(0.0, 36_000, 2)) == 1800
    assert _first_hour(np.arange(0.0, 360_000, 900)) == 100  # thinned out: a quarter
