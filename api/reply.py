"""Sends an answer of the cache from a route."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, Kept, Source
from api.context import context_of
from api.edge.question import question_of


class Reply(Response):
    """A response whose messages are there already."""

    def __init__(self, kept: Kept) -> None:
        super().__init__()
        self._kept = kept

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002 - ASGI's signature
        """Send it."""
        await send(self._kept.start)
        await send(self._kept.body)


async def answered(request: Request, source: Source, content_type: str = JSON) -> Reply:
    """Return the answer to a request: from the cache, else from its source."""
    return Reply(await context_of(request).answers.get(question_of(request.scope), source, content_type))
