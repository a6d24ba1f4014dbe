"""Threats as they are read: items, pages, counts, groups, time line, one whole threat."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from api.contract.base import Response, example
from api.contract.filter import ThreatFilter
from schemas.threat import Attack, Basis, Severity, Threat, ThreatClass
from schemas.triage import Change, Status, Verdict

MAX_PAGE = 500
Cursor = Annotated[str, Field(max_length=128, pattern=r"^[\w.~-]+$")]
Dimension = Literal["severity", "threat_class", "status", "entity", "dst_port"]


class ThreatPage(ThreatFilter):
    """A filter, and which part of what it finds."""

    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(100, ge=1, le=MAX_PAGE, description="Items at most.")


class ThreatCount(ThreatFilter):
    """A filter, and what to count by."""

    by: list[Dimension] = Field(["severity"], max_length=5, description="Dimensions to count by.")


class ThreatBuckets(ThreatFilter):
    """A filter, and how finely to cut time."""

    buckets: int = Field(120, ge=1, le=500, description="Equal parts of the time.")


class LinkQuery(ThreatFilter):
    """A filter, and how many links."""

    limit: int = Field(200, ge=1, le=MAX_PAGE, description="Links at most, the most dangerous first.")


class ThreatItem(Response):
    """A threat in a list."""

    model_config = example(
        threat_id="01a213f9-829f-83a5-8a73-8cead6de4818",
        event_time=1_795_631_448.735505,
        scored_time=1_795_631_448.8,
        entity="10.9.9.9",
        severity="critical",
        threat_class="scan",
        risk=99.94,
        anomaly=0.97,
        src_ip="10.9.9.9",
        dst_ip="10.0.0.5",
        dst_port=500,
        sensor="office-1",
        attack=["TA0007", "Discovery", "T1046", "Network Service Discovery"],
        model_version="1.0.0",
        status="new",
        assignee=None,
        verdict=None,
        suppressed=False,
        basis="event",
    )

    threat_id: UUID = Field(description="Identifier, stable.")
    event_time: float = Field(description="When it happened, seconds since 1970-01-01 UTC.")
    scored_time: float = Field(description="When it was scored, seconds since 1970-01-01 UTC.")
    entity: str = Field(description="Who acted: source address, else host, user or sensor.")
    severity: Severity = Field(description="Band of the risk.")
    threat_class: ThreatClass = Field(description="Most probable class other than benign.")
    risk: float = Field(description="0 to 100.")
    anomaly: float = Field(description="0 to 1.")
    src_ip: str | None = Field(description="Source address.")
    dst_ip: str | None = Field(description="Destination address.")
    dst_port: int | None = Field(description="Destination port.")
    sensor: str | None = Field(description="Sensor that reported the event.")
    attack: Attack | None = Field(
        description="MITRE ATT&CK: tactic identifier and name, technique identifier and name."
    )
    model_version: str = Field(description="Model that scored it.")
    status: Status = Field(description="State of triage.")
    assignee: str | None = Field(description="Who works on it.")
    verdict: Verdict | None = Field(description="How it was closed.")
    suppressed: bool = Field(description="Whether an active suppression covers it.")
    basis: Basis = Field(description="One event, or the risk that the entity has gathered over time.")


class Threats(Response):
    """A page of threats, newest first."""

    items: list[ThreatItem]
    next_cursor: str | None = Field(description="Of the next, older page; null on the last one.")


class Counts(Response):
    """How many there are."""

    total: int
    by: dict[str, dict[str, int]] = Field(
        description="Dimension, value, number; values beyond the 1000 most frequent ones are left out."
    )
    complete: bool = Field(description="False when only the newest matches were looked at (api.aggregate_rows).")


class Group(Response):
    """Threats of one class by one entity."""

    threat_class: ThreatClass
    entity: str
    count: int
    open_count: int = Field(description="Those not closed.")
    max_risk: float
    severity: Severity = Field(description="Band of the highest risk.")
    first_time: float
    last_time: float
    latest_threat_id: UUID


class Groups(Response):
    """A page of groups, those with the latest threat first."""

    items: list[Group]
    next_cursor: str | None
    complete: bool = Field(description="False when only the newest matches were looked at (api.aggregate_rows).")


class Bucket(Response):
    """One part of the time line."""

    time: float = Field(description="Where it begins.")
    counts: dict[Severity, int] = Field(description="Threats by severity; what is missing is 0.")


class Timeline(Response):
    """Threats over time. Empty buckets are left out."""

    bucket_s: float = Field(description="Length of a bucket, seconds.")
    items: list[Bucket]
    complete: bool = Field(description="False when only the newest matches were looked at (api.aggregate_rows).")


class Triage(Response):
    """Where one threat stands."""

    status: Status
    assignee: str | None
    verdict: Verdict | None
    reason: str | None
    updated_time: float | None = Field(description="Of the last change; null when nobody touched it.")
    version: int = Field(description="Give it back with a change: it is refused when somebody was quicker.")


class ThreatDetail(Response):
    """One threat, whole."""

    threat: Threat
    event: dict[str, Any] = Field(description="The event that it rests on: SecurityEvent v1.")
    triage: Triage
    suppressed: bool
    history: list[Change] = Field(description="Oldest first; the latest 1000.")
    related: list[ThreatItem] = Field(description="Other threats of the entity, newest first.")


class RiskPoint(Response):
    """One part of an entity's risk over time."""

    time: float
    max_risk: float
    threats: int


class Entity(Response):
    """What is known of an entity."""

    entity: str
    first_seen: float
    last_seen: float
    events: int = Field(description="Events, counted up to 10,000.")
    threats: int = Field(description="Threats, counted up to 10,000.")
    complete: bool = Field(description="False when there are more than were counted.")
    risk_score: float = Field(description="Points that it has gathered, faded to now; see docs/entity-risk.md.")
    risk: list[RiskPoint] = Field(description="Oldest first; parts without a threat are left out.")
    by_class: dict[ThreatClass, int]
    recent: list[ThreatItem] = Field(description="Newest first.")


class Node(Response):
    """Somebody on the map."""

    id: str
    threats: int
    max_risk: float


class Link(Response):
    """Who did something to whom."""

    source: str
    target: str
    count: int
    max_risk: float
    threat_class: ThreatClass = Field(description="Class of the most dangerous one.")


class Links(Response):
    """The map: who talks to whom."""

    nodes: list[Node]
    links: list[Link]
    complete: bool = Field(description="False when only the newest matches were looked at (api.aggregate_rows).")
