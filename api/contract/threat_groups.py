"""Groups of repeats, as they are kept: one for each entity, class and hour."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.contract.base import NumberOrText, Response, Time, example
from api.contract.filter import MAX_VALUES, Text
from api.contract.threats import MAX_PAGE, Cursor
from schemas.threat import Severity, ThreatClass


class ThreatGroupPage(BaseModel):
    """Which groups, and which part of them. Several values of a field mean "or", fields mean "and"."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)

    entity: list[Text] = Field([], max_length=MAX_VALUES, description="Who acted.")
    threat_class: list[ThreatClass] = Field([], max_length=MAX_VALUES, description="Classes.")
    state: Literal["open", "closed", "all"] = Field(
        "all", description="open: a threat was added within the last hour; closed: none was."
    )
    from_time: Time | None = Field(
        None, alias="from", description="Windows that begin at or after, seconds since 1970."
    )
    to_time: Time | None = Field(None, alias="to", description="Windows that begin before, seconds since 1970.")
    min_risk: Annotated[float, NumberOrText] = Field(0, ge=0, le=100, description="Highest risk of at least this.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    limit: int = Field(100, ge=1, le=MAX_PAGE, description="Items at most.")


class ThreatGroup(Response):
    """Threats of one class by one entity in one hour."""

    model_config = example(
        group_id="01a213f9-829f-83a5-8a73-8cead6de4818",
        entity="10.9.9.9",
        threat_class="scan",
        window_start=1_795_629_600.0,
        count=212,
        first_time=1_795_631_448.7,
        last_time=1_795_631_512.1,
        max_risk=99.94,
        severity="critical",
        latest_threat_id="01a213f9-829f-83a5-8a73-8cead6de4818",
        updated_time=1_795_631_512.3,
        open=True,
    )

    group_id: UUID = Field(description="Identifier: a function of entity, class and window.")
    entity: str
    threat_class: ThreatClass
    window_start: float = Field(description="Where its hour of event time begins, seconds since 1970-01-01 UTC.")
    count: int = Field(description="Threats; one that is delivered again is not counted again.")
    first_time: float = Field(description="Of the earliest event.")
    last_time: float = Field(description="Of the latest event.")
    max_risk: float
    severity: Severity = Field(description="Band of the highest risk.")
    latest_threat_id: UUID
    updated_time: float = Field(description="When a threat was last added.")
    open: bool = Field(description="Whether that was within the last hour.")


class ThreatGroups(Response):
    """A page of groups, those of the latest hour first."""

    items: list[ThreatGroup]
    next_cursor: str | None = Field(description="Of the next, older page; null on the last one.")
