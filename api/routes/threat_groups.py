"""Reading groups of repeats."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.access.permission import READ
from api.context import context_of
from api.contract.threat_groups import ThreatGroupPage, ThreatGroups
from api.reading import threat_groups as reading
from api.reply import answered
from api.routes.problems import problems

router = APIRouter(tags=["threats"], dependencies=[Depends(READ)], responses=problems())


@router.get("/threat-groups", response_model=ThreatGroups)
async def list_threat_groups(query: Annotated[ThreatGroupPage, Query()], request: Request) -> Response:
    """List groups of repeats, one for each entity, class and hour, those of the latest hour first."""
    context = context_of(request)
    return await answered(request, lambda: reading.page(context.pool, query))
