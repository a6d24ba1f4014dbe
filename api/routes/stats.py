"""The pipeline at a glance."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.access.permission import READ
from api.context import context_of
from api.contract.service import Stats
from api.reading.encode import encode
from api.routes.problems import problems

router = APIRouter(tags=["service"], dependencies=[Depends(READ)], responses=problems())


@router.get("/stats", response_model=Stats)
async def get_stats(request: Request) -> Response:
    """Return rates, latencies, lag and workers, as of the last second."""
    return Response(encode(context_of(request).stats.now()), media_type="application/json")
