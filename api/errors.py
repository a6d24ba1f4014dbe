"""Errors as RFC 9457 says: one form for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

PROBLEM_JSON = "application/problem+json"


class ProblemError(Exception):
    """Ends a request with this status; `detail` says what was wrong and what to do."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, dict(headers or {}), more

    def response(self) -> Response:
        """Return it as a response."""
        return problem(self.status, self.detail, headers=self.headers, **self.more)


def problem_body(status: int, detail: str, **more: Any) -> bytes:
    """Return the JSON of a problem. `more` are members of its own, such as errors."""
    title = HTTPStatus(status).phrase
    return msgspec.json.encode(
        {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": [], **more}
    )


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Return a problem as a response."""
    headers = dict(headers or {})
    if status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return Response(problem_body(status, detail, **more), status, headers, PROBLEM_JSON)
