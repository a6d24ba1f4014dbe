"""The errors that an endpoint may answer with, for OpenAPI."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from api.contract.base import Problem

PROBLEM_JSON = "application/problem+json"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses of these statuses, and those that every endpoint has."""
    return public_problems(*statuses, 401, 403, 422, 503)


def public_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses of these statuses, for an endpoint that asks for no credentials.

    What can be too long (413) can be no JSON as well (400).
    """
    more = {400} if 413 in statuses else set()
    return {status: _response(HTTPStatus(status)) for status in sorted({*statuses, *more})}


def _response(status: HTTPStatus) -> dict[str, Any]:
    example: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": "…",
        "errors": [],
    }
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": status.phrase, "content": {PROBLEM_JSON: {"schema": schema, "example": example}}}
