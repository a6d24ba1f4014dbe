"""Keys for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.access.permission import ADMIN
from api.contract.access import KeyRequest, Keys, NewKey
from api.routes.problems import problems

router = APIRouter(prefix="/keys", tags=["access"], dependencies=[Depends(ADMIN)])


@router.get("", responses=problems())
async def list_keys(request: Request) -> Keys:
    """List the keys, without the keys themselves."""
    raise NotImplementedError


@router.post("", status_code=201, responses=problems(409, 413))
async def make_key(body: KeyRequest, request: Request) -> NewKey:
    """Make a key. It is told once."""
    raise NotImplementedError


@router.delete("/{key_id}", status_code=204, responses=problems(404))
async def delete_key(key_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")], request: Request) -> None:
    """Delete a key. Every process has forgotten it within `api.recheck_s`."""
    raise NotImplementedError
