from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ironcore.local_fit import _Sample
from models import artefact
from models.artefact import LITERT, LITERT_OF
from models.behaviours import strengths
from models.calibration import THRESHOLD
from models.dataset import load
from models.evaluate.unseen import _first_hour, _networks
from models.features import FEATURES
from models.lite.scorer import LiteScorer
from models.network import Network
from models.runtime import tf
from models.warmup import fit_to, localised
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


def test_an_artefact_is_fitted_under_a_version_of_its_own(tmp_path: Path) -> None:
    data = load(write(tmp_path / "flows.parquet", captures=3, count=400))
    source = artefact.read(artefact.newest())
    made = localised(source, data.features, (1_750_000_000.0, 1_750_003_600.0), flows=5000)
    assert localised(source, data.features, (1_750_000_000.0, 1_750_003_600.0), flows=5000) == made
    before, card = artefact.card_of(source), artefact.card_of(made)
    assert card.version == f"{before.version}+local.20250615T160640.3600s"
    assert (card.threshold, card.validation, card.data) == (before.threshold, before.validation, before.data)
    assert card.local is not None
    assert card.reference is not None
    assert (card.local.source, card.local.flows, card.local.sampled) == (before.version, 5000, len(data))
    shown = strengths(tf.constant(data.features)).numpy().max(axis=1)
    assert card.local.usual == card.reference.rows == (shown < 0.25).sum()
    weights, learnt = artefact.unpack(made)[0], artefact.load()[0]
    differ = {name for name in learnt if not np.array_equal(weights[name], learnt[name])}
    assert {"anomaly_knots", LITERT, LITERT_OF} <= differ <= {"anomaly_knots", "risk_bias", LITERT, LITERT_OF}
    assert weights["risk_bias"] <= learnt["risk_bias"]
    loud = artefact.pack(learnt | {"risk_bias": np.array([3.0], np.float32)}, before)  # calls everything a threat
    quietened = LiteScorer.of(localised(loud, data.features, (1_750_000_000.0, 1_750_003_600.0), flows=5000))
    assert quietened.score(data.features[shown < 0.25]).threat.mean() <= 0.01
    assert LiteScorer.of(made).version == card.version  # a worker takes it
    again = artefact.card_of(localised(made, data.features, (1_750_003_600.0, 1_750_007_200.0), flows=5000))
    assert again.version == f"{before.version}+local.20250615T170640.3600s"
    assert again.local is not None
    assert again.local.source == card.version


def test_a_sample_is_bounded_and_takes_from_the_whole_span() -> None:
    sample = _Sample(1000)
    for page in range(20):
        sample.add(np.full((500, len(FEATURES)), page, np.float32))
    pages, counts = np.unique(sample.rows[:, 0], return_counts=True)
    assert (sample.seen, len(sample.rows), len(pages)) == (10_000, 1000, 20)
    assert counts.min() > 20


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
