"""What goes wrong in a route becomes a problem."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.database import AWAY
from api.errors import ProblemError, problem
from api.log import log

_DETAILS = {
    HTTPStatus.NOT_FOUND: "there is nothing at this path",
    HTTPStatus.BAD_REQUEST: "the body is not what its content type says",
    HTTPStatus.METHOD_NOT_ALLOWED: "this path does not take this method",
}
MAX_ERRORS = 20


def add_handlers(app: FastAPI) -> None:
    """Let every error of an application leave it as a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for kind in AWAY:
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, _unforeseen)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, ProblemError):
        return error.response()
    detail = _DETAILS.get(HTTPStatus(error.status_code), error.detail)
    return problem(error.status_code, detail, headers=error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_field(fault) for fault in error.errors()[:MAX_ERRORS]]
    detail = "; ".join(f"{fault['field']}: {fault['message']}" for fault in errors)
    return problem(422, detail, errors=errors)


def _field(fault: Any) -> dict[str, str]:
    return {"field": ".".join(map(str, fault["loc"])), "message": fault["msg"].removeprefix("Value error, ")}


async def _away(_: Request, error: Exception) -> Response:
    log.warning("a request failed since a server is away: %s", error or type(error).__name__)
    return problem(503, "a server is away, or the question takes too long: narrow it, or try again")


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("unforeseen %s at %s %s", type(error).__name__, request.method, request.url.path, exc_info=error)
    return problem(500, "something went wrong here; the log says what")
