"""What is hidden for a while."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api.access.permission import READ, TRIAGE
from api.context import context_of, principal_of
from api.contract.triage import Preview, PreviewRequest, Suppression, SuppressionRequest, Suppressions
from api.routes.problems import problems

router = APIRouter(prefix="/suppressions", tags=["triage"])


@router.get("", response_model=Suppressions, dependencies=[Depends(READ)], responses=problems())
async def list_suppressions(request: Request) -> Suppressions:
    """List the active suppressions."""
    return Suppressions(items=await context_of(request).suppressions.listed())


@router.post("", status_code=201, dependencies=[Depends(TRIAGE)], responses=problems(409, 413))
async def add_suppression(body: SuppressionRequest, request: Request) -> Suppression:
    """Hide what matches until it expires. Nothing is deleted: `suppressed=all` shows it."""
    return await context_of(request).suppressions.add(body, principal_of(request).name)


@router.post("/preview", response_model=Preview, dependencies=[Depends(READ)], responses=problems(413))
async def preview_suppression(body: PreviewRequest, request: Request) -> Response:
    """Return what a suppression would have hidden."""
    context = context_of(request)
    found = await context.suppressions.preview(body, context.settings.aggregate_rows)
    return Response(found, media_type="application/json")


@router.delete("/{suppression_id}", status_code=204, dependencies=[Depends(TRIAGE)], responses=problems(404))
async def end_suppression(suppression_id: Annotated[int, Path(ge=1, le=2**63 - 1)], request: Request) -> None:
    """End a suppression: what it hid is seen again."""
    await context_of(request).suppressions.end(suppression_id, principal_of(request).name)
