"""Reading threats."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.access.permission import READ
from api.contract.filter import ThreatFilter
from api.contract.threats import (
    Counts,
    Groups,
    ThreatBuckets,
    ThreatCount,
    ThreatDetail,
    ThreatPage,
    Threats,
    Timeline,
)
from api.routes.problems import problems

router = APIRouter(prefix="/threats", tags=["threats"], dependencies=[Depends(READ)], responses=problems())


@router.get("", response_model=Threats)
async def list_threats(query: Annotated[ThreatPage, Query()], request: Request) -> Response:
    """List threats, newest first."""
    raise NotImplementedError


@router.get("/counts", response_model=Counts)
async def count_threats(query: Annotated[ThreatCount, Query()], request: Request) -> Response:
    """Count threats by one or more dimensions."""
    raise NotImplementedError


@router.get("/groups", response_model=Groups)
async def group_threats(query: Annotated[ThreatPage, Query()], request: Request) -> Response:
    """Group threats by class and entity, those with the latest threat first."""
    raise NotImplementedError


@router.get("/timeline", response_model=Timeline)
async def threats_over_time(query: Annotated[ThreatBuckets, Query()], request: Request) -> Response:
    """Count threats by severity over time."""
    raise NotImplementedError


_OCSF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/ocsf+json": {"schema": {"type": "object", "title": "OCSF Detection Finding 1.5.0"}}}}
}


@router.get("/{threat_id}", response_model=ThreatDetail, responses={**problems(404), **_OCSF})
async def get_threat(threat_id: UUID, request: Request, format: Literal["ocsf"] | None = None) -> Response:  # noqa: A002
    """Return one threat: scores, reasons, event, triage, history, related ones; or its OCSF Detection Finding."""
    raise NotImplementedError
