"""Groups: what the threats of a batch add to the groups of repeats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from schemas.threat import GROUP_WINDOW_S, Threat


@dataclass(slots=True)
class Group:
    """What a batch adds to a group."""

    group_id: UUID
    entity: str
    threat_class: str
    window_start: float
    count: int
    first_time: float
    last_time: float
    max_risk: float
    latest_threat_id: UUID


def groups_of(threats: Iterable[Threat]) -> list[Group]:
    """Return what threats add to each group; those that stand alone add to none."""
    groups: dict[UUID, Group] = {}
    for threat in threats:
        at, group_id = threat.event_time, threat.group_id
        if group_id is None:
            continue
        group = groups.get(group_id)
        if group is None:
            who, what = threat.entity, threat.threat_class.value
            begins = at // GROUP_WINDOW_S * GROUP_WINDOW_S
            groups[group_id] = Group(group_id, who, what, begins, 1, at, at, threat.risk, threat.threat_id)
            continue
        group.count += 1
        group.first_time = min(group.first_time, at)
        group.max_risk = max(group.max_risk, threat.risk)
        if at >= group.last_time:
            group.last_time, group.latest_threat_id = at, threat.threat_id
    return list(groups.values())
