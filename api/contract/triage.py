"""What analysts send: changes and suppressions."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from api.contract.base import Name, Request, Response, Time, Word, Words, example
from api.contract.filter import ThreatFilter
from api.contract.threats import ThreatItem
from schemas.threat import ThreatClass
from schemas.triage import Action, Verdict

MAX_BULK = 10_000
YEAR_S = 366 * 86_400


class TriageRequest(Request):
    """One act on one threat, on many, or on all that a filter finds (at most 10,000)."""

    model_config = example(
        threat_ids=["01a213f9-829f-83a5-8a73-8cead6de4818"],
        action="close",
        verdict="benign_positive",
        reason="our own vulnerability scanner",
        version=1,
    )

    threat_ids: list[UUID] | None = Field(None, min_length=1, max_length=MAX_BULK, description="The threats.")
    filter: ThreatFilter | None = Field(None, description="Instead of threat_ids: those that it finds.")
    action: Action = Field(description="What to do.")
    assignee: Name | None = Field(None, description="With assign: to whom; null takes it from everybody.")
    verdict: Verdict | None = Field(None, description="With close, where it is required.")
    reason: Words | None = Field(None, description="With close: why.")
    note: Words | None = Field(None, description="A remark, with any action; with note it is required.")
    version: int | None = Field(
        None, strict=True, ge=0, le=2**31 - 1, description="With one threat: refuse (409) unless it is at this version."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.threat_ids is None) == (self.filter is None):
            raise ValueError("give either threat_ids or filter")
        if self.version is not None and (self.threat_ids is None or len(self.threat_ids) != 1):
            raise ValueError("version goes with exactly one threat")
        if (self.verdict is not None) != (self.action is Action.CLOSE):
            raise ValueError("close takes a verdict, and nothing else does")
        if self.reason is not None and self.action is not Action.CLOSE:
            raise ValueError("only close takes a reason")
        if self.assignee is not None and self.action is not Action.ASSIGN:
            raise ValueError("only assign takes an assignee")
        if self.note is None and self.action is Action.NOTE:
            raise ValueError("note needs a note")
        return self


class TriageResult(Response):
    """What became of it."""

    changed: int
    unchanged: int = Field(description="Those that were in that state already.")
    missing: list[UUID] = Field(description="Those that are not there.")


class Match(Request):
    """What a suppression covers: threats that have all of these values. At least one is given."""

    entity: Word | None = None
    threat_class: ThreatClass | None = None
    src_ip: Word | None = None
    dst_ip: Word | None = None
    dst_port: int | None = Field(None, strict=True, ge=0, le=65_535)
    sensor: Word | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("a suppression that matches everything is refused: give at least one value")
        return self


class SuppressionRequest(Request):
    """Hide what matches until it expires."""

    model_config = example(
        match={"entity": "10.0.0.7", "threat_class": "scan"},
        reason="our own vulnerability scanner",
        expires_time=1_800_000_000,
    )

    match: Match
    reason: Words = Field(description="Why it is safe to hide this.")
    expires_time: Time = Field(strict=True, description="In the future, at most a year ahead; seconds since 1970.")


class Suppression(Response):
    """A suppression that is active."""

    suppression_id: int
    match: Match
    reason: str
    created_by: str
    created_time: float
    expires_time: float


class Suppressions(Response):
    """All that are active, the latest first."""

    items: list[Suppression]


class PreviewRequest(Request):
    """What a suppression would have hidden."""

    model_config = example(match={"entity": "10.0.0.7", "threat_class": "scan"}, window_s=86_400)

    match: Match
    window_s: float = Field(86_400, strict=True, gt=0, le=YEAR_S, description="Over this much of the past.")


class Preview(Response):
    """What a suppression would have hidden."""

    matches: int = Field(description="Threats, counted up to api.aggregate_rows.")
    complete: bool = Field(description="False when there are more.")
    sample: list[ThreatItem] = Field(description="The newest 20 of them.")
