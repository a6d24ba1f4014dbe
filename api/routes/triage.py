"""What analysts decide."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from api.access.permission import TRIAGE
from api.context import context_of, principal_of
from api.contract.triage import TriageRequest, TriageResult
from api.deciding.triage import apply
from api.routes.problems import problems

router = APIRouter(prefix="/triage", tags=["triage"], dependencies=[Depends(TRIAGE)])


@router.post("", response_model=TriageResult, responses=problems(409, 413))
async def change_threats(body: TriageRequest, request: Request) -> TriageResult:
    """Acknowledge, assign, close, reopen or remark: one threat, many, or all that a filter finds."""
    context = context_of(request)
    outcome = await apply(context.pool, body, principal_of(request).name)
    offset = await context.outbox.publish(outcome.changes)
    if offset is not None:
        context.token.verdicts_at(offset)
    elif outcome.changes:
        context.token.unpublished()
    context.metrics.changes.labels(body.action.value).inc(len(outcome.changes))
    return TriageResult(changed=len(outcome.changes), unchanged=outcome.unchanged, missing=outcome.missing)
