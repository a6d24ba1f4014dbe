"""Keys of programs: `ick_`, an identifier, and 256 random bits of which only a hash is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from typing import Any

import asyncpg

from api.access.principal import Principal, nearest_role, of_scopes
from api.contract.access import KeyRequest, Scope
from api.errors import ProblemError
from schemas.sql import access as sql

_KEY = re.compile(r"ick_([0-9a-f]{16})_([\w-]{43})")


async def principal_of_key(pool: asyncpg.Pool, key: str) -> Principal | None:
    """Return who a key stands for; None when there is no such key."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    row = await pool.fetchrow(sql.SELECT_KEY, match[1])
    if row is None or not hmac.compare_digest(row["key_hash"], _hash(key)):
        return None
    permissions = of_scopes(Scope(scope) for scope in row["scopes"])
    return Principal(f"key:{row['name']}", nearest_role(permissions), permissions, row["expires_time"])


async def make_key(pool: asyncpg.Pool, wanted: KeyRequest, actor: str) -> dict[str, Any]:
    """Store a new key and return it, this one time as a whole.

    Raises:
        ProblemError: 409, the name is taken; 422, its end has passed.
    """
    if (ends := wanted.expires_time) is not None and ends <= time.time():
        raise ProblemError(422, "body.expires_time: give a time in the future, or null for a key without an end")
    key_id = secrets.token_hex(8)
    key = f"ick_{key_id}_{secrets.token_urlsafe(32)}"
    scopes = sorted({scope.value for scope in wanted.scopes})
    row = await pool.fetchrow(sql.INSERT_KEY, key_id, wanted.name, _hash(key), scopes, actor, wanted.expires_time)
    if row is None:
        raise ProblemError(409, f"there is a key named {wanted.name} already")
    return {**row, "key": key}


async def list_keys(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """Return all keys, without themselves."""
    return [dict(row) for row in await pool.fetch(sql.SELECT_KEYS)]


async def delete_key(pool: asyncpg.Pool, key_id: str) -> None:
    """Delete a key. Raises ProblemError (404)."""
    if await pool.fetchval(sql.DELETE_KEY, key_id) is None:
        raise ProblemError(404, f"there is no key {key_id}")


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
