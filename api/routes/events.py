"""Events from producers that do not speak Kafka."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from api.access.permission import INGEST
from api.context import context_of
from api.contract.service import Accepted
from api.ingest import ingest
from api.routes.problems import problems
from schemas.formats import CONTENT_TYPES, FORMATS

router = APIRouter(prefix="/events", tags=["events"], dependencies=[Depends(INGEST)])

_EXAMPLE = {
    "kind": "flow",
    "event_time": 1_764_000_000.25,
    "sensor": "office-1",
    "src_ip": "10.0.0.7",
    "src_port": 50514,
    "dst_ip": "10.0.0.9",
    "dst_port": 22,
    "proto": "tcp",
    "flow": {"duration_s": 0.2, "orig_bytes": 900, "resp_bytes": 1200, "conn_state": "SF", "service": "ssh"},
}
_JSON_SCHEMA = {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}, "minItems": 1}]}
_BODY: dict[str, Any] = {
    "required": True,
    "description": "One event or a batch: a JSON object or array, JSON lines, or msgpack.",
    "content": {
        name: {"schema": _JSON_SCHEMA, "example": _EXAMPLE}
        if name == "application/json"
        else {"schema": {"type": "string", "format": "binary"}}
        for name in CONTENT_TYPES
    },
}
_DIALECT: dict[str, Any] = {
    "name": "ironcore-format",
    "in": "header",
    "required": False,
    "description": "Dialect of the records; left out, their keys tell.",
    "schema": {"type": "string", "enum": list(FORMATS)},
}


@router.post(
    "",
    status_code=202,
    response_model=Accepted,
    responses=problems(400, 413, 415),
    openapi_extra={"requestBody": _BODY, "parameters": [_DIALECT]},
)
async def send_events(request: Request) -> Accepted:
    """Take events, and answer when Kafka has acknowledged them. Sending the same event again changes nothing."""
    context = context_of(request)
    taken = await ingest(
        context.producer, context.metrics, await request.body(), request.headers, context.settings.body_bytes
    )
    return Accepted.model_validate(taken)
