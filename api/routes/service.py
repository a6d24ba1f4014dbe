"""Whether this process is well, for whoever restarts or scrapes it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.context import Context, context_of
from api.contract.service import Health
from api.database import AWAY

router = APIRouter(tags=["service"])


@router.get("/health")
async def health() -> Health:
    """Return whether the process runs."""
    return Health(ok=True, detail="ok")


@router.get("/ready", responses={503: {"model": Health, "description": "Not ready, and why."}})
async def ready(request: Request, response: Response) -> Health:
    """Return whether PostgreSQL and Kafka answer. Redis is not needed."""
    found = await readiness(context_of(request))
    response.status_code = 200 if found.ok else 503
    return found


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Return the metrics of all processes, for Prometheus."""
    return Response(context_of(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)


async def readiness(context: Context) -> Health:
    """Ask what the process needs."""
    try:
        await context.pool.fetchval("SELECT 1", timeout=2)
    except AWAY as fault:
        return Health(ok=False, detail=f"PostgreSQL does not answer: {type(fault).__name__}")
    if not context.producer.ready:
        return Health(ok=False, detail="Kafka has not been reached yet")
    if not context.feed.ready:
        return Health(ok=False, detail="the live feed is not there yet")
    return Health(ok=True, detail="ok")
