"""A threat in a list, as it is encoded thousands of times a second: `ThreatItem` as a struct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from schemas.threat import ATTACK, Attack

_ATTACKS: dict[str, Attack] = {threat_class.value: attack for threat_class, attack in ATTACK.items()}


class Item(msgspec.Struct, gc=False):
    """See `api.contract.threats.ThreatItem`; a test holds both to the same fields."""

    threat_id: UUID
    event_time: float
    scored_time: float
    entity: str
    severity: str
    threat_class: str
    risk: float
    anomaly: float
    src_ip: str | None
    dst_ip: str | None
    dst_port: int | None
    sensor: str | None
    attack: Attack | None
    model_version: str
    status: str = "new"
    assignee: str | None = None
    verdict: str | None = None
    suppressed: bool = False
    basis: str = "event"


class Published(msgspec.Struct, gc=False):
    """What is wanted of a `Threat` v1 on the outbound topic; the rest is passed over unread."""

    threat_id: UUID
    event_time: float
    scored_time: float
    entity: str
    severity: str
    threat_class: str
    risk: float
    anomaly: float
    model_version: str
    src_ip: str | None = None
    dst_ip: str | None = None
    dst_port: int | None = None
    sensor: str | None = None
    basis: str = "event"


def item_of_row(row: Mapping[str, Any]) -> Item:
    """Return the item of a row of `schemas.sql.reading.items`. Scores lie there in single precision."""
    return Item(
        row["threat_id"], row["event_time"], row["scored_time"], row["entity"], row["severity"], row["threat_class"],
        round(row["risk"], 2), round(row["anomaly"], 4), row["src_ip"], row["dst_ip"], row["dst_port"], row["sensor"],
        _ATTACKS.get(row["threat_class"]), row["model_version"],
        row["status"], row["assignee"], row["verdict"], row["suppressed"],
        row["basis"],
    )  # fmt: skip


def item_of_published(threat: Published) -> Item:
    """Return the item of a threat that was just published: nobody has touched it."""
    return Item(
        threat.threat_id, threat.event_time, threat.scored_time, threat.entity, threat.severity, threat.threat_class,
        round(threat.risk, 2), round(threat.anomaly, 4), threat.src_ip, threat.dst_ip, threat.dst_port, threat.sensor,
        _ATTACKS.get(threat.threat_class), threat.model_version,
        basis=threat.basis,
    )  # fmt: skip
