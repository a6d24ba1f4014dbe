"""What analysts decide."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from api.access.permission import TRIAGE
from api.contract.triage import TriageRequest, TriageResult
from api.routes.problems import problems

router = APIRouter(prefix="/triage", tags=["triage"], dependencies=[Depends(TRIAGE)])


@router.post("", response_model=TriageResult, responses=problems(409, 413))
async def change_threats(body: TriageRequest, request: Request) -> TriageResult:
    """Acknowledge, assign, close, reopen or remark: one threat, many, or all that a filter finds."""
    raise NotImplementedError
