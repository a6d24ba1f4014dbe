"""Reading threats."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.access.permission import READ
from api.context import context_of
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
from api.reading import threats as reading
from api.reading.detail import detail, ocsf
from api.reply import answered
from api.routes.problems import problems

router = APIRouter(prefix="/threats", tags=["threats"], dependencies=[Depends(READ)], responses=problems())


@router.get("", response_model=Threats)
async def list_threats(query: Annotated[ThreatPage, Query()], request: Request) -> Response:
    """List threats, newest first."""
    context = context_of(request)
    return await answered(request, lambda: reading.page(context.pool, query))


@router.get("/counts", response_model=Counts)
async def count_threats(query: Annotated[ThreatCount, Query()], request: Request) -> Response:
    """Count threats by one or more dimensions."""
    context = context_of(request)
    return await answered(request, lambda: reading.counts(context.pool, query, context.settings.aggregate_rows))


@router.get("/groups", response_model=Groups)
async def group_threats(query: Annotated[ThreatPage, Query()], request: Request) -> Response:
    """Group threats by class and entity, those with the latest threat first."""
    context = context_of(request)
    return await answered(request, lambda: reading.groups(context.pool, query, context.settings.aggregate_rows))


@router.get("/timeline", response_model=Timeline)
async def threats_over_time(query: Annotated[ThreatBuckets, Query()], request: Request) -> Response:
    """Count threats by severity over time."""
    context = context_of(request)
    return await answered(request, lambda: reading.timeline(context.pool, query, context.settings.aggregate_rows))


OCSF = "application/ocsf+json"
_OCSF: dict[int | str, dict[str, Any]] = {
    200: {"content": {OCSF: {"schema": {"type": "object", "title": "OCSF Detection Finding 1.5.0"}}}}
}


@router.get("/{threat_id}", response_model=ThreatDetail, responses={**problems(404), **_OCSF})
async def get_threat(threat_id: UUID, request: Request, format: Literal["ocsf"] | None = None) -> Response:  # noqa: A002
    """Return one threat: scores, reasons, event, triage, history, related ones; or its OCSF Detection Finding."""
    pool = context_of(request).pool
    if format == "ocsf":
        return await answered(request, lambda: ocsf(pool, threat_id), OCSF)
    return await answered(request, lambda: detail(pool, threat_id))
