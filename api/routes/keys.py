"""Keys for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from api.access import keys
from api.access.permission import ADMIN
from api.context import context_of, principal_of
from api.contract.access import KeyRequest, Keys, NewKey
from api.routes.problems import problems

router = APIRouter(prefix="/keys", tags=["access"], dependencies=[Depends(ADMIN)])


@router.get("", responses=problems())
async def list_keys(request: Request) -> Keys:
    """List the keys, without the keys themselves."""
    return Keys.model_validate({"items": await keys.list_keys(context_of(request).pool)})


@router.post("", status_code=201, responses=problems(409, 413))
async def make_key(body: KeyRequest, request: Request) -> NewKey:
    """Make a key. It is told once."""
    return NewKey.model_validate(await keys.make_key(context_of(request).pool, body, principal_of(request).name))


@router.delete("/{key_id}", status_code=204, responses=problems(404))
async def delete_key(key_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")], request: Request) -> None:
    """Delete a key. Every process has forgotten it within `api.recheck_s`."""
    await keys.delete_key(context_of(request).pool, key_id)
