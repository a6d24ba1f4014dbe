"""The index of drift is what its formula says, is not moved by chance, and sees what changed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from models import artefact
from models.drift import ACT, COLUMNS, WATCH, Histograms, Report, columns_of
from models.drift_page import page
from models.features import FEATURES
from models.reference import Bins, Reference, reference_of
from tests.unit.model_events import COLUMN

GENERATOR = np.random.default_rng(5)


def rows(count: int, *, shift: float = 0.0) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return features and risk of made-up flows; a shift moves one counter, one flag and the risk."""
    features = GENERATOR.normal(0, 1, (count, len(FEATURES))).astype(np.float32)
    for column, feature in enumerate(FEATURES):
        if feature.unit == "flag":
            features[:, column] = GENERATOR.random(count) < 0.3
    features[GENERATOR.random(count) < 0.2, COLUMN["orig_bytes"]] = np.nan
    features[:, COLUMN["duration_s"]] += shift
    features[:, COLUMN["proto_udp"]] = GENERATOR.random(count) < 0.3 + shift / 10
    return features, (GENERATOR.random(count) * 10 + shift * 5).astype(np.float32)


@pytest.fixture(scope="module")
def reference() -> Reference:
    return reference_of(*rows(50_000))


def test_rows_of_the_same_kind_do_not_drift_and_others_do(reference: Reference) -> None:
    histograms = Histograms(reference)
    same = dict(zip(COLUMNS, histograms.psi(histograms.count(*rows(5000))), strict=True))
    assert max(same.values()) < 0.02
    moved = dict(zip(COLUMNS, histograms.psi(histograms.count(*rows(5000, shift=2.0))), strict=True))
    assert {name for name, index in moved.items() if index >= WATCH} == {"duration_s", "proto_udp", "risk"}
    assert moved["risk"] >= ACT


def test_the_index_is_its_formula(reference: Reference) -> None:
    counts = Histograms(reference).count(*rows(3000, shift=1.0))
    at = COLUMN["duration_s"]
    observed, expected = counts[at] / counts[at].sum(), np.array(reference.features[at].shares)
    by_hand = sum(
        (o - e) * np.log(o / e) for o, e in zip(np.maximum(observed, 1e-4), np.maximum(expected, 1e-4), strict=True)
    )
    assert Histograms(reference).psi(counts)[at] == pytest.approx(by_hand, rel=1e-6)


def test_every_row_with_a_flow_is_counted_once_in_every_column(reference: Reference) -> None:
    features, risk = rows(100)
    features[:30] = np.nan  # a name was resolved: no flow was measured
    counts = Histograms(reference).count(features, risk)
    assert counts.sum(axis=1).tolist() == [70] * len(COLUMNS)
    assert counts[COLUMN["orig_bytes"], -1] == np.isnan(features[30:, COLUMN["orig_bytes"]]).sum()


def test_no_rows_are_no_drift(reference: Reference) -> None:
    histograms = Histograms(reference)
    counts = histograms.count(np.full((5, len(FEATURES)), np.nan, np.float32), np.zeros(5, np.float32))
    assert not counts.any()
    assert not histograms.psi(counts).any()


def test_counts_add_up_however_rows_are_batched(reference: Reference) -> None:
    features, risk = rows(500)
    histograms = Histograms(reference)
    parts = sum(histograms.count(features[at : at + 7], risk[at : at + 7]) for at in range(0, 500, 7))
    np.testing.assert_array_equal(parts, histograms.count(features, risk))


def test_a_baseline_of_the_network_itself_takes_the_place_of_the_reference(reference: Reference) -> None:
    histograms = Histograms(reference)
    before, now = (histograms.count(*rows(5000, shift=2.0)) for _ in range(2))
    assert max(column.psi for column in columns_of(reference, now)) > ACT
    assert max(column.psi for column in columns_of(reference, now, before)) < 0.02


def test_the_shipped_card_has_a_reference_of_this_programs_features() -> None:
    _, card = artefact.load()
    assert card.reference is not None
    assert len(card.reference.columns) == len(COLUMNS)
    for bins in card.reference.columns:
        assert sum(bins.shares) == pytest.approx(1, abs=1e-4)


def test_bins_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValidationError, match="2 edges make 4 shares, not 3"):
        Bins(edges=[1, 2], shares=[0.5, 0.5, 0])
    with pytest.raises(ValidationError, match="edges must ascend"):
        Bins(edges=[2, 2], shares=[0.5, 0.25, 0.25, 0])


def test_the_page_names_what_moved_first(reference: Reference) -> None:
    counts = Histograms(reference).count(*rows(5000, shift=2.0))
    report = Report(version="<1>", since="a", until="b", against="c", rows=5000, columns=columns_of(reference, counts))
    text = page(report)
    assert "<1>" not in text
    assert text.index("risk") < text.index("orig_bytes")
    assert text.count("<figure>") == len(COLUMNS)
