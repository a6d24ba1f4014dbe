"""Reading entities, and who talks to whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api.access.permission import READ
from api.context import context_of
from api.contract.threats import Entity, LinkQuery, Links
from api.reading import entities as reading
from api.reply import answered
from api.routes.problems import problems

router = APIRouter(prefix="/entities", tags=["entities"], dependencies=[Depends(READ)], responses=problems())


@router.get("/links", response_model=Links)
async def list_links(query: Annotated[LinkQuery, Query()], request: Request) -> Response:
    """Return who talks to whom, for the map: the most dangerous links among what the filter finds."""
    context = context_of(request)
    return await answered(request, lambda: reading.links(context.pool, query, context.settings.aggregate_rows))


@router.get("/{entity:path}", response_model=Entity, responses=problems(404))
async def get_entity(
    entity: Annotated[str, Path(min_length=1, max_length=512, pattern=r"^[^\x00]+$", examples=["10.0.0.7"])],
    request: Request,
) -> Response:
    """Return an entity: first and last seen, risk over time, its latest threats."""
    pool = context_of(request).pool
    return await answered(request, lambda: reading.entity(pool, entity))
