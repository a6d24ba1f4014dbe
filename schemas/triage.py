"""What analysts do with threats: states, verdicts, and `Change` v1, one act, which is never overwritten."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Status(StrEnum):
    """Where a threat stands. One that nobody touched is new."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Verdict(StrEnum):
    """What a closed threat turned out to be; the labels of later training."""

    TRUE_POSITIVE = "true_positive"  #: an attack
    BENIGN_POSITIVE = "benign_positive"  #: rightly detected, and allowed here (a scanner of our own)
    FALSE_POSITIVE = "false_positive"  #: wrongly detected
    UNDETERMINED = "undetermined"  #: closed without knowing


class Action(StrEnum):
    """An act of triage."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE = "note"


class Change(BaseModel):
    """One act on one threat, as it stands in the history and on the topic of verdicts."""

    model_config = ConfigDict(frozen=True)

    change_id: int = Field(description="Grows with every change.")
    threat_id: UUID = Field(description="The threat that it concerns.")
    time: float = Field(description="When, seconds since 1970-01-01 UTC.")
    actor: str = Field(description="Who: a user's name, or key: and the name of an API key.")
    action: Action = Field(description="What was done.")
    from_status: Status = Field(description="State before.")
    to_status: Status = Field(description="State after.")
    assignee: str | None = Field(description="Assignee after.")
    verdict: Verdict | None = Field(description="Verdict after; only a closed threat has one.")
    reason: str | None = Field(description="Why it was closed.")
    note: str | None = Field(description="Remark of the actor.")
