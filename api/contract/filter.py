"""The filter that every list, count, bulk action and live connection takes."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.types import StringConstraints

from api.contract.base import NumberOrText, Time
from schemas.threat import Basis, Severity, ThreatClass
from schemas.triage import Status, Verdict

MAX_VALUES = 100


def _address(text: str) -> str:
    ip_address(text.removeprefix("!"))
    return text


def _port(text: str) -> str:
    if int(text.removeprefix("!")) > 65_535:
        raise ValueError("a port is at most 65535")
    return text


def _one_of(names: type[Severity | ThreatClass | Basis | Status | Verdict]) -> str:
    return f"^!?({'|'.join(names)})$"


Text = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]
Address = Annotated[str, StringConstraints(max_length=46, pattern=r"^!?[0-9A-Fa-f.:]+$"), AfterValidator(_address)]
Port = Annotated[str, StringConstraints(pattern=r"^!?[0-9]{1,5}$"), AfterValidator(_port)]
SeverityValue = Annotated[str, StringConstraints(pattern=_one_of(Severity))]
ClassValue = Annotated[str, StringConstraints(pattern=_one_of(ThreatClass))]
BasisValue = Annotated[str, StringConstraints(pattern=_one_of(Basis))]
StatusValue = Annotated[str, StringConstraints(pattern=_one_of(Status))]
VerdictValue = Annotated[str, StringConstraints(pattern=_one_of(Verdict))]
Suppressed = Annotated[str, StringConstraints(pattern="^(false|true|all)$")]


class ThreatFilter(BaseModel):
    """Which threats. Several values of a field mean "or", a value that begins with "!" excludes; fields mean "and"."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    severity: list[SeverityValue] = Field([], max_length=MAX_VALUES, description="Bands of the risk.")
    threat_class: list[ClassValue] = Field([], max_length=MAX_VALUES, description="Classes.")
    basis: list[BasisValue] = Field(
        [], max_length=MAX_VALUES, description="event: of one event; entity_risk: of what an entity has gathered."
    )
    entity: list[Text] = Field([], max_length=MAX_VALUES, description="Who acted.")
    src_ip: list[Address] = Field([], max_length=MAX_VALUES, description="Source addresses.")
    dst_ip: list[Address] = Field([], max_length=MAX_VALUES, description="Destination addresses.")
    dst_port: list[Port] = Field([], max_length=MAX_VALUES, description="Destination ports.")
    sensor: list[Text] = Field([], max_length=MAX_VALUES, description="Sensors.")
    status: list[StatusValue] = Field([], max_length=MAX_VALUES, description="States of triage.")
    assignee: list[Text] = Field([], max_length=MAX_VALUES, description="Who works on it.")
    verdict: list[VerdictValue] = Field([], max_length=MAX_VALUES, description="How it was closed.")
    from_time: Time | None = Field(None, alias="from", description="Events at or after, seconds since 1970.")
    to_time: Time | None = Field(None, alias="to", description="Events before, seconds since 1970.")
    q: Text | None = Field(None, description="An address or a port as a whole, else a part of the entity or the class.")
    min_risk: Annotated[float, NumberOrText] = Field(0, ge=0, le=100, description="At least this risk.")
    suppressed: Suppressed = Field("false", description="false hides what a suppression covers, true shows only that.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_time is not None and self.to_time is not None and self.from_time > self.to_time:
            raise ValueError("from is after to")
        return self
