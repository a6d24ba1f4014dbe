"""The OpenAPI document: made from the routes, without a server."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from api.contract.base import Problem
from api.contract.live import FRAMES
from api.routes import access, entities, events, keys, service, stats, suppressions, threat_groups, threats, triage

BASE = "/api/v1"
ROUTERS = (access, keys, threats, threat_groups, entities, stats, events, triage, suppressions)
TEXT = """Threats that the pipeline found: read them, watch them live at `/ws/threats`, decide about them.

Times are seconds since 1970-01-01 UTC. Errors are problem+json (RFC 9457). Sign in at `/auth/token`, or use an API key.
Writes that are authenticated by the session's cookie need the header `X-Requested-With: ironcore`.

The live feed is a WebSocket: `/ws/threats?format=msgpack|json&since=LAST_ID` and the parameters of the filter. Its
frames are the schemas `HelloFrame`, `ThreatsFrame`, `TriageFrame`, `GapFrame`, `StatsFrame` and `PingFrame` from the
server, `FilterFrame` and `PongFrame` from the client."""


class Api(FastAPI):
    """FastAPI whose document also has what no route mentions: problems and the frames of the live feed."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            wanted = [(model, "serialization") for model in (Problem, *FRAMES)]
            _, more = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
            for name, schema in more["$defs"].items():
                document["components"]["schemas"].setdefault(name, schema)
        assert self.openapi_schema is not None
        return self.openapi_schema


def with_routes() -> Api:
    """Return an application with every route of the API, and nothing that they work with."""
    app = Api(title="CyberShield IronCore", version="1", description=TEXT, docs_url=None, redoc_url=None,
              openapi_url=f"{BASE}/openapi.json", redirect_slashes=False)  # fmt: skip
    for module in ROUTERS:
        app.include_router(module.router, prefix=BASE)
    app.include_router(service.router)
    return app
