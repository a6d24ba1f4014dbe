"""An entity's risk adds up by class, fades, and tells an episode once."""

from __future__ import annotations

from uuid import uuid4

import numpy as np
import pytest

from models.entity_risk import (
    EVIDENCE_PER_CLASS,
    NOTABLE_RISK,
    Notable,
    Risk,
    joined,
    observed,
    packed,
    risk_of,
    unpacked,
)
from schemas.threat import CLASSES, ThreatClass, severity_of

NOON, HALF_LIFE_S, THRESHOLD = 1_750_000_000.0, 1000.0, 200.0
SCAN, EXPLOIT, LOGIN = (
    CLASSES.index(name) for name in (ThreatClass.SCAN, ThreatClass.EXPLOIT, ThreatClass.BRUTE_FORCE)
)
HALF_WAY = (100 + NOTABLE_RISK) / 2  # 50 points


def noted(*events: tuple[int, float, float]) -> Risk:
    """Return what events of one entity add: class, risk, seconds after noon."""
    classes, risk, at = (np.array(column) for column in zip(*events, strict=True))
    ids = [uuid4().bytes for _ in events]
    made = Notable(np.zeros(len(events), np.intp), classes.astype(np.intp), risk.astype(np.float64), NOON + at, ids)
    (found,) = observed(made, HALF_LIFE_S)
    return found


def add(known: Risk, new: Risk) -> tuple[Risk, bool]:
    return joined(known, new, threshold=THRESHOLD, half_life_s=HALF_LIFE_S)


def test_an_event_adds_its_points_and_half_of_them_are_left_after_a_half_life() -> None:
    risk = noted((SCAN, HALF_WAY, 0))
    assert risk.score == pytest.approx(50)
    assert risk.at(NOON + HALF_LIFE_S, HALF_LIFE_S).points[SCAN] == pytest.approx(25)
    assert risk.at(NOON + 20 * HALF_LIFE_S, HALF_LIFE_S).score < 0.01
    assert risk.at(NOON - 5, HALF_LIFE_S).score == risk.score


def test_repeats_of_a_class_count_half_as_much_each_time_and_classes_add_up() -> None:
    assert noted(*[(SCAN, HALF_WAY, 0)] * 2).score == pytest.approx(75)
    assert noted(*[(SCAN, 100, 0)] * 10_000).score == pytest.approx(THRESHOLD)
    assert noted((SCAN, 100, 0), (EXPLOIT, 100, 0), (LOGIN, HALF_WAY, 0)).score == pytest.approx(250)


def test_entities_are_kept_apart() -> None:
    events = Notable(
        np.array([1, 0, 1]), np.array([SCAN, SCAN, EXPLOIT]), np.full(3, 100.0), NOON + np.arange(3.0), [b"a" * 16] * 3
    )
    first, second = observed(events, HALF_LIFE_S)
    assert (first.time, second.time) == (NOON + 1, NOON + 2)
    assert first.score == pytest.approx(100)
    assert second.score == pytest.approx(200, rel=1e-2)


def test_the_order_of_arrival_changes_nothing() -> None:
    early, late = noted((SCAN, 90, 0), (EXPLOIT, 70, 30)), noted((LOGIN, 80, 500), (SCAN, 60, 400))
    forth, _ = add(early, late)
    back, _ = add(late, early)
    at_once = noted((SCAN, 90, 0), (EXPLOIT, 70, 30), (LOGIN, 80, 500), (SCAN, 60, 400))
    for one in (back, at_once):
        assert one.time == forth.time
        assert one.class_points == pytest.approx(forth.class_points)
    assert back.evidence == forth.evidence


def test_an_episode_opens_once_and_again_only_after_the_score_fell_below_half() -> None:
    strong = [(SCAN, 100.0), (EXPLOIT, 100.0), (LOGIN, 90.0)]
    risk, opens = add(Risk(NOON), noted(*[(of, value, 0) for of, value in strong]))
    assert opens
    risk, opens = add(risk, noted((SCAN, 100, 1)))
    assert not opens
    risk, opens = add(risk, noted((SCAN, 60, 1.1 * HALF_LIFE_S)))  # below the threshold, above half of it
    assert risk.score < THRESHOLD
    assert (risk.open, opens) == (True, False)
    risk, opens = add(risk, noted(*[(of, value, 1.2 * HALF_LIFE_S) for of, value in strong]))
    assert risk.score > THRESHOLD
    assert not opens
    risk, opens = add(risk, noted((SCAN, 60, 8 * HALF_LIFE_S)))
    assert (risk.open, opens) == (False, False)
    _, opens = add(risk, noted(*[(of, value, 8 * HALF_LIFE_S) for of, value in strong]))
    assert opens


def test_the_strongest_events_of_each_class_are_its_evidence() -> None:
    risk, _ = add(noted(*[(SCAN, 100, n) for n in range(500)]), noted((EXPLOIT, 45, 500), (SCAN, 41, 501)))
    of = [each[0] for each in risk.evidence]
    assert (of.count(SCAN), of.count(EXPLOIT)) == (EVIDENCE_PER_CLASS, 1)
    ranks = [rank for _, rank, _ in risk.evidence]
    assert ranks == sorted(ranks, reverse=True)


def test_what_is_packed_comes_back() -> None:
    risk = noted((SCAN, 90, 0), (EXPLOIT, 70, 30))
    again = unpacked(risk.time, packed(risk, HALF_LIFE_S), HALF_LIFE_S, is_open=True)
    assert again.score == risk.score
    assert (again.evidence, again.open) == (risk.evidence, True)
    assert unpacked(NOON, {}, HALF_LIFE_S, is_open=False).score == 0


def test_severity_follows_the_score() -> None:
    assert [severity_of(risk_of(score, 200)) for score in (200, 400, 700)] == ["medium", "high", "critical"]


def test_evidence_fades_and_outlives_another_half_life() -> None:
    old = noted((SCAN, 100, 0))
    late, _ = add(old, noted((EXPLOIT, 100, 18 * HALF_LIFE_S)))
    assert [each[0] for each in late.evidence] == [EXPLOIT]
    longer = unpacked(old.time, packed(old, HALF_LIFE_S), 10 * HALF_LIFE_S, is_open=False)
    assert longer.evidence[0][1] == pytest.approx(np.log2(100) + NOON / (10 * HALF_LIFE_S))
