"""A worker takes what a sensor told: its score counts, it is not published again, and a lie is a dead letter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from models.features import FEATURES
from models.scores import Scores
from schemas.dead_letter import Reason
from schemas.threat import CLASSES, Contribution, ThreatClass
from schemas.told import evidence_headers
from streams.batch import Batch
from streams.decode import decode
from streams.score import score
from streams.slab import Slab
from tests.unit.test_edge import EVENT, threat


class Record(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Calm:
    """A scorer that finds nothing, but in the second row."""

    name, version, threshold = "calm", "1", 50.0

    def score(self, features: NDArray[np.float32]) -> Scores:
        count = len(features)
        classes = np.zeros((count, len(CLASSES)), np.float32)
        classes[:, 0] = 1
        risk = np.where(np.arange(count) == 1, 60.0, 1.0).astype(np.float32)
        return Scores(np.zeros(count, np.float32), classes, risk, risk >= 50, classes.argmax(axis=1))

    def explain(self, features: NDArray[np.float32]) -> list[list[Contribution]]:
        return [[] for _ in features]


def scored(*records: tuple[bytes, list[tuple[str, bytes]]]) -> Batch:
    """Return a batch of records, decoded and scored."""
    of_slab = [Record(number, 0, None, *record) for number, record in enumerate(records)]
    slab = Slab("raw", 0, of_slab, restores=False, first_of_restore=False, left=0, more=False, settle=lambda: None)
    batch = Batch([slab])
    decode(batch, max_bytes=1_000_000)
    batch.features = np.zeros((len(batch.table), len(FEATURES)), np.float32)
    score(batch, Calm())  # type: ignore[arg-type]
    return batch


def test_the_sensors_score_counts_and_its_threat_is_not_published_again() -> None:
    batch = scored((EVENT % 1, []), (EVENT % 2, []), (EVENT % 3, evidence_headers(threat(3))))
    assert batch.scores is not None
    assert batch.scores.risk.tolist() == [1, 60, 80]
    assert batch.scores.threat.tolist() == [False, True, True]
    assert batch.scores.anomaly[2] == pytest.approx(0.5)
    assert CLASSES[batch.scores.class_numbers[2]] is ThreatClass.SCAN
    assert batch.threat_rows == [1, 2]
    assert batch.threats[1] == threat(3)
    assert [own.entity for own in batch.own_threats()] == ["10.0.0.2"]
    assert batch.dead_letters == []
    assert batch.records == 3
    assert [slab.records for slab in batch.slabs] == [()]  # nobody reads them again


def test_a_threat_of_another_event_is_a_dead_letter_and_the_event_is_scored_as_any() -> None:
    batch = scored((EVENT % 1, evidence_headers(threat(3))), (EVENT % 2, []))
    assert batch.scores is not None
    assert batch.scores.risk.tolist() == [1, 60]
    [letter] = batch.dead_letters
    assert (letter.reason, letter.value) == (Reason.INVALID, EVENT % 1)
    assert "ironcore-threat: the threat is not that of the record's one event" in letter.detail


def test_a_broken_event_with_a_threat_is_one_dead_letter() -> None:
    batch = scored((b"{", evidence_headers(threat(3))), (EVENT % 2, []))
    assert batch.told == {}
    assert [letter.reason for letter in batch.dead_letters] == [Reason.MALFORMED]
