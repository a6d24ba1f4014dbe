"""Signing in and out, and who is asking."""

from __future__ import annotations

import time

from fastapi import APIRouter, Depends, Request, Response

from api.access.permission import COOKIE, SIGNED_IN
from api.access.users import still_user, user_of_code, user_of_password
from api.context import Context, context_of, principal_of
from api.contract.access import Me, Token, TokenRequest, User
from api.errors import ProblemError
from api.routes.problems import problems, public_problems

router = APIRouter(prefix="/auth", tags=["access"])


@router.post("/token", responses=public_problems(401, 413, 422, 429, 503))
async def sign_in(body: TokenRequest, request: Request, response: Response) -> Token:
    """Exchange name and password, or a one-time code, for a short-lived token."""
    context = context_of(request)
    address = request.client.host if request.client else "unknown"
    who = (f"address:{address}", *((f"user:{body.username}",) if body.username else ()))
    async with context.attempts.one_at_a_time:  # or many at once would all pass the check before the first is counted
        await context.attempts.check(*who)
        user = await _user(context, body)
        if user is None:
            await context.attempts.failed(*who)
    context.metrics.sign_ins.labels("failed" if user is None else "succeeded").inc()
    if user is None:
        raise ProblemError(401, "name and password, or the code, are not right; a code works once")
    return _token(context, response, user, None)


@router.post("/refresh", dependencies=[Depends(SIGNED_IN)], responses=problems())
async def refresh(request: Request, response: Response) -> Token:
    """Exchange a token that still holds for a new one, until the session is too old."""
    context, principal = context_of(request), principal_of(request)
    if principal.token_id is None:
        raise ProblemError(403, "a key is not refreshed")
    if time.time() >= principal.signed_in_time + context.settings.session_s:
        raise ProblemError(401, "the session is over: sign in again")
    user = await still_user(context.pool, principal.name)
    if user is None and not context.settings.local:  # whom a code signs in is no stored user
        raise ProblemError(401, "the user was removed")
    return _token(context, response, user or User(name=principal.name, role=principal.role), principal.signed_in_time)


@router.post("/logout", status_code=204, dependencies=[Depends(SIGNED_IN)], responses=problems())
async def sign_out(request: Request, response: Response) -> None:
    """End the token, and take the cookie away."""
    context = context_of(request)
    await context.authenticator.revoke(principal_of(request))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=not context.settings.local)


@router.get("/me", dependencies=[Depends(SIGNED_IN)], responses=problems())
async def who_am_i(request: Request) -> Me:
    """Return who is asking, and what they may do."""
    principal = principal_of(request)
    scopes = sorted(permission.value for permission in principal.permissions)
    return Me(name=principal.name, role=principal.role, scopes=scopes, expires_time=principal.expires_time)


async def _user(context: Context, body: TokenRequest) -> User | None:
    if body.code is not None:
        return await user_of_code(context.pool, body.code)
    assert body.username is not None
    assert body.password is not None
    return await user_of_password(context.pool, context.passwords, body.username, body.password)


def _token(context: Context, response: Response, user: User, signed_in_time: float | None) -> Token:
    tokens = context.tokens
    text = tokens.make(user.name, user.role, signed_in_time)
    made = tokens.read(text)
    if made is None or made.expires_time is None:
        raise ProblemError(401, "the session is over: sign in again")
    left_s = made.expires_time - time.time()
    response.set_cookie(
        COOKIE,
        text,
        max_age=int(left_s),
        path="/",
        httponly=True,
        samesite="strict",
        secure=not context.settings.local,
    )
    response.headers["Cache-Control"] = "no-store"
    return Token(access_token=text, token_type="bearer", expires_in=round(left_s, 3), user=user)  # noqa: S106
