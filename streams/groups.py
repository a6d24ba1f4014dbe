"""Groups: repeats of a threat are counted where they are stored, in one statement for a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from schemas import sql
from schemas.threat import GROUP_WINDOW_S, Threat


@dataclass(slots=True)
class Group:
    """What a batch adds to a group."""

    entity: str
    threat_class: str
    window_start: float
    count: int
    first_time: float
    last_time: float
    max_risk: float
    latest_threat_id: UUID


async def count_repeats(connection: Any, threats: Iterable[Threat]) -> None:
    """Add threats that are stored for the first time to their groups, within the connection's transaction."""
    groups = groups_of(threats)
    if groups:
        columns = zip(*[[getattr(g, name) for name in Group.__slots__] for g in groups.values()], strict=True)
        await connection.execute(sql.UPSERT_THREAT_GROUPS, list(groups), *map(list, columns))


def groups_of(threats: Iterable[Threat]) -> dict[UUID, Group]:
    """Return what threats add to each group; those that stand alone add to none."""
    groups: dict[UUID, Group] = {}
    for threat in threats:
        at, group_id = threat.event_time, threat.group_id
        if group_id is None:
            continue
        group = groups.get(group_id)
        if group is None:
            window_start = at // GROUP_WINDOW_S * GROUP_WINDOW_S
            groups[group_id] = Group(
                threat.entity, threat.threat_class.value, window_start, 1, at, at, threat.risk, threat.threat_id
            )
            continue
        group.count += 1
        group.first_time = min(group.first_time, at)
        group.max_risk = max(group.max_risk, threat.risk)
        if at >= group.last_time:
            group.last_time, group.latest_threat_id = at, threat.threat_id
    return groups
