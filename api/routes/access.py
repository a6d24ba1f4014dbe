"""Signing in and out, and who is asking."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from api.access.permission import SIGNED_IN
from api.contract.access import Me, Token, TokenRequest
from api.routes.problems import problems, public_problems

router = APIRouter(prefix="/auth", tags=["access"])


@router.post("/token", responses=public_problems(401, 413, 422, 429, 503))
async def sign_in(body: TokenRequest, request: Request, response: Response) -> Token:
    """Exchange name and password, or a one-time code, for a short-lived token."""
    raise NotImplementedError


@router.post("/refresh", dependencies=[Depends(SIGNED_IN)], responses=problems())
async def refresh(request: Request, response: Response) -> Token:
    """Exchange a token that still holds for a new one, until the session is too old."""
    raise NotImplementedError


@router.post("/logout", status_code=204, dependencies=[Depends(SIGNED_IN)], responses=problems())
async def sign_out(request: Request, response: Response) -> None:
    """End the token, and take the cookie away."""
    raise NotImplementedError


@router.get("/me", dependencies=[Depends(SIGNED_IN)], responses=problems())
async def who_am_i(request: Request) -> Me:
    """Return who is asking, and what they may do."""
    raise NotImplementedError
