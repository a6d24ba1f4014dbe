"""The reference: one Starlette route that returns the bytes of a file, and does nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

BODY_VARIABLE, PATH = "LOADTEST_BODY", "/body"


def make() -> Starlette:
    """Return the application."""
    body = Path(os.environ[BODY_VARIABLE]).read_bytes()

    async def serve(_: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route(PATH, serve)])
