"""Repeats of a threat are one group, whose identifier is a function of who, what and when."""

from __future__ import annotations

from typing import Any

from schemas.identity import group_uuids
from schemas.sql.groups import select_groups
from schemas.threat import GROUP_WINDOW_S, Threat, ThreatClass
from streams.groups import groups_of
from tests.integration.api import threat

NOON = 1_750_000_000.0 // GROUP_WINDOW_S * GROUP_WINDOW_S


def grouped(number: int, at: float, **values: Any) -> Threat:
    entity, threat_class = values.get("entity", "10.9.9.9"), values.get("threat_class", ThreatClass.SCAN)
    (group_id,) = group_uuids([entity], [threat_class], [at])
    return threat(number, at=at, group_id=group_id, **values)


def test_identifier_tells_entity_class_and_window_apart_and_nothing_else() -> None:
    scan, other = ThreatClass.SCAN.value, ThreatClass.EXPLOIT.value
    first, same, later, elsewhere, otherwise = group_uuids(
        ["a", "a", "a", "b", "a"], [scan, scan, scan, scan, other], [NOON, NOON + 3599.9, NOON + 3600, NOON, NOON]
    )
    assert first == same
    assert len({first, later, elsewhere, otherwise}) == 4
    assert first.version == 8
    assert first < later  # the window first
    assert group_uuids([], [], []) == []


def test_repeats_are_counted_with_their_times_and_their_highest_risk() -> None:
    threats = [grouped(1, NOON + 5, risk=60), grouped(2, NOON + 9, risk=90), grouped(3, NOON + 1, risk=70)]
    (group,) = groups_of(threats)
    assert group.group_id == threats[0].group_id
    assert (group.count, group.first_time, group.last_time, group.max_risk) == (3, NOON + 1, NOON + 9, 90)
    assert (group.window_start, group.latest_threat_id) == (NOON, threats[1].threat_id)


def test_threat_without_a_group_stands_alone() -> None:
    assert groups_of([threat(1, at=NOON)]) == []
    assert len(groups_of([grouped(1, NOON), grouped(2, NOON + 3600), grouped(3, NOON, entity="b")])) == 3


def test_statement_binds_what_it_is_asked_for() -> None:
    text, values = select_groups(
        entities=["a'b"], classes=[], state="open", span=(1.0, None), min_risk=50, after=(2.0, "id"), limit=3
    )
    assert values == [["a'b"], 1.0, 50, 2.0, "id", 3]
    assert "a'b" not in text
    assert [f"${n}::" in text for n in range(1, 7)] == [True] * 6
