"""What is hidden for a while."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.access.permission import READ, TRIAGE
from api.contract.triage import Preview, PreviewRequest, Suppression, SuppressionRequest, Suppressions
from api.routes.problems import problems

router = APIRouter(prefix="/suppressions", tags=["triage"])


@router.get("", response_model=Suppressions, dependencies=[Depends(READ)], responses=problems())
async def list_suppressions(request: Request) -> Suppressions:
    """List the active suppressions."""
    raise NotImplementedError


@router.post("", status_code=201, dependencies=[Depends(TRIAGE)], responses=problems(409, 413))
async def add_suppression(body: SuppressionRequest, request: Request) -> Suppression:
    """Hide what matches until it expires. Nothing is deleted: `suppressed=all` shows it."""
    raise NotImplementedError


@router.post("/preview", dependencies=[Depends(READ)], responses=problems(413))
async def preview_suppression(body: PreviewRequest, request: Request) -> Preview:
    """Return what a suppression would have hidden."""
    raise NotImplementedError


@router.delete("/{suppression_id}", status_code=204, dependencies=[Depends(TRIAGE)], responses=problems(404))
async def end_suppression(suppression_id: Annotated[int, Path(ge=1, le=2**63 - 1)], request: Request) -> None:
    """End a suppression: what it hid is seen again."""
    raise NotImplementedError
