"""Whether this process is well, for whoever restarts or scrapes it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.contract.service import Health

router = APIRouter(tags=["service"])


@router.get("/health")
async def health(request: Request) -> Health:
    """Return whether the process runs."""
    raise NotImplementedError


@router.get("/ready", responses={503: {"model": Health, "description": "Not ready, and why."}})
async def ready(request: Request, response: Response) -> Health:
    """Return whether PostgreSQL and Kafka answer. Redis is not needed."""
    raise NotImplementedError


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Return the metrics of all processes, for Prometheus."""
    raise NotImplementedError
