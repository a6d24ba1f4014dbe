"""Every Redis key, once. Values are msgpack maps; every key expires."""

from __future__ import annotations

from uuid import UUID


def threat_key(threat_id: UUID) -> str:
    """Key of a published threat: the `Threat` as a msgpack map. Its presence means that it was published."""
    return f"ironcore:threat:{threat_id.hex}"


def entity_key(entity: str) -> str:
    """Key of an entity's latest threat: {threat_id, threat_class, severity, risk, event_time}."""
    return f"ironcore:entity:{entity}"
