"""`Threat` v1: what the pipeline tells the world about an event that it scored as dangerous.

The pydantic models are the published contract. The stream builds `ThreatStruct`, a msgspec struct compiled from the
same fields, since it is built and written twenty times as fast.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas.struct import compile_struct


class Severity(StrEnum):
    """Bands of the risk score; the lower bounds are in `severity_of`."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


def severity_of(risk: float) -> Severity:
    """Return the band of a risk score (0 to 100)."""
    if risk >= 90:
        return Severity.CRITICAL
    if risk >= 70:
        return Severity.HIGH
    if risk >= 50:
        return Severity.MEDIUM
    if risk >= 25:
        return Severity.LOW
    return Severity.INFORMATIONAL


class Attack(NamedTuple):
    """A technique of MITRE ATT&CK for Enterprise (v17) with one tactic that it serves."""

    tactic_id: str
    tactic: str
    technique_id: str
    technique: str


class ThreatClass(StrEnum):
    """What the class head tells apart; order is that of the network's outputs."""

    BENIGN = "benign"
    SCAN = "scan"
    BRUTE_FORCE = "brute_force"
    DENIAL_OF_SERVICE = "denial_of_service"
    COMMAND_AND_CONTROL = "command_and_control"
    EXFILTRATION = "exfiltration"
    EXPLOIT = "exploit"


CLASSES: tuple[ThreatClass, ...] = tuple(ThreatClass)

ATTACK: dict[ThreatClass, Attack] = {
    ThreatClass.SCAN: Attack("TA0007", "Discovery", "T1046", "Network Service Discovery"),
    ThreatClass.BRUTE_FORCE: Attack("TA0006", "Credential Access", "T1110", "Brute Force"),
    ThreatClass.DENIAL_OF_SERVICE: Attack("TA0040", "Impact", "T1498", "Network Denial of Service"),
    ThreatClass.COMMAND_AND_CONTROL: Attack("TA0011", "Command and Control", "T1071", "Application Layer Protocol"),
    ThreatClass.EXFILTRATION: Attack("TA0010", "Exfiltration", "T1048", "Exfiltration Over Alternative Protocol"),
    ThreatClass.EXPLOIT: Attack("TA0001", "Initial Access", "T1190", "Exploit Public-Facing Application"),
}


#: Digits behind the point of scores, probabilities and contributions.
DIGITS = 6
#: Threats of one class by one entity are a group for this long, seconds of event time; windows begin at full hours.
GROUP_WINDOW_S = 3600


class Basis(StrEnum):
    """What a threat rests on."""

    EVENT = "event"
    ENTITY_RISK = "entity_risk"


class Contribution(BaseModel):
    """One reason for a score: a feature, what was seen, what is usual, and how much it moved the risk."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(
        description="Feature, as named in the model's card; of an entity's risk, `points.` and the class."
    )
    observed: float | None = Field(description="Value of this event; null when the sensor did not report it.")
    expected: float | None = Field(description="Median over benign training traffic; null when usually not reported.")
    contribution: float = Field(
        description="Share of the risk logit owed to this feature; positive raises the risk. Of an entity's risk: the "
        "points of the class as a share of the threshold."
    )


class Threat(BaseModel):
    """A scored threat, keyed by `threat_id`, which is stable: the same event gives the same threat again.

    Its `basis` is one event, or the risk that its entity has gathered; then `event_ids` list the strongest events of
    each class, time, addresses and anomaly are those of the event that opened it, and the class is the strongest one.
    """

    model_config = ConfigDict(frozen=True)

    threat_id: UUID = Field(description="Identifier, time first, derived from the event's.")
    event_ids: list[UUID] = Field(description="Events that it rests on.")
    entity: str = Field(description="Who acted: source address, else host, user or sensor.")
    severity: Severity = Field(description="Band of the risk.")
    threat_class: ThreatClass = Field(description="Most probable class other than benign.")
    attack: Attack | None = Field(description="MITRE ATT&CK tactic and technique, where the class has one.")
    anomaly: float = Field(ge=0, le=1, description="Calibrated reconstruction error: quantile among benign traffic.")
    class_probabilities: dict[ThreatClass, float] = Field(description="Output of the class head; sums to 1.")
    risk: float = Field(ge=0, le=100, description="Output of the risk head.")
    contributions: list[Contribution] = Field(description="Top features, the strongest first.")
    model_name: str = Field(description="Model that scored it.")
    model_version: str = Field(description="Version of that model.")
    event_time: float = Field(description="When it happened, seconds since 1970-01-01 UTC.")
    scored_time: float = Field(description="When it was scored, seconds since 1970-01-01 UTC.")
    src_ip: str | None = Field(None, description="Source address of the event.")
    dst_ip: str | None = Field(None, description="Destination address of the event.")
    dst_port: int | None = Field(None, description="Destination port of the event.")
    sensor: str | None = Field(None, description="Sensor that reported the event.")
    group_id: UUID | None = Field(
        None, description="Group of its repeats: the same entity, class and hour. Null for a threat that stands alone."
    )
    basis: Basis = Field(Basis.EVENT, description="One event, or the risk that the entity has gathered over time.")


#: The stream's forms of `Contribution` and `Threat`: the same fields, all of them written.
ContributionStruct = compile_struct(Contribution)
ThreatStruct = compile_struct(Threat, omit_defaults=False)
