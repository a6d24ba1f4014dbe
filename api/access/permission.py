"""What an endpoint asks of whoever calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import APIKeyCookie, HTTPBearer

from api.access.principal import Permission, Principal
from api.errors import ProblemError

COOKIE = "ironcore_session"
_bearer = HTTPBearer(scheme_name="bearer", description="A JWT from /auth/token, or an API key.", auto_error=False)
_cookie = APIKeyCookie(name=COOKIE, scheme_name="session", description="Of a browser.", auto_error=False)


def _may(permission: Permission | None) -> Callable[..., Principal]:
    def check(
        request: Request,
        _bearer: Annotated[Any, Security(_bearer)] = None,
        _cookie: Annotated[Any, Security(_cookie)] = None,
    ) -> Principal:
        principal: Principal | None = request.scope["principal"]
        if principal is None:
            raise ProblemError(401, "sign in first: send Authorization: Bearer, or the session's cookie")
        if permission is not None and permission not in principal.permissions:
            raise ProblemError(403, f"{principal.name} may not do this: it takes the permission {permission.value}")
        return principal

    return check


READ, TRIAGE, INGEST, ADMIN = (
    _may(each) for each in (Permission.READ, Permission.TRIAGE, Permission.INGEST, Permission.ADMIN)
)
SIGNED_IN = _may(None)
