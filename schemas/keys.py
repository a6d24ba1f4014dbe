"""Every Redis key, once. Values are msgpack maps, or counters where it is said; every key expires."""

from __future__ import annotations

from uuid import UUID


def threat_key(threat_id: UUID) -> str:
    """Key of a published threat: the `Threat` as a msgpack map. Its presence means that it was published."""
    return f"ironcore:threat:{threat_id.hex}"


def entity_key(entity: str) -> str:
    """Key of an entity's latest threat: {threat_id, threat_class, severity, risk, event_time}."""
    return f"ironcore:entity:{entity}"


def answer_key(token: str, question: str) -> str:
    """Key of an answer of the API: {content_type, body}; `token` changes when triage or suppressions change."""
    return f"ironcore:api:answer:{token}:{question}"


def attempts_key(who: str) -> str:
    """Key of a counter of failed sign-ins, of a user or of an address; it expires with its window."""
    return f"ironcore:api:attempts:{who}"


def revoked_key(token_id: str) -> str:
    """Key whose presence means that this JWT was signed out; it expires when the JWT does."""
    return f"ironcore:api:revoked:{token_id}"
