"""Users and one-time codes."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

import asyncpg

from api.access.passwords import Passwords, hashed
from api.contract.access import Role, User
from schemas.sql import access as sql

CODE_S = 3600.0


async def user_of_password(pool: asyncpg.Pool, passwords: Passwords, name: str, password: str) -> User | None:
    """Return the user; None when there is none of this name and password."""
    row = await pool.fetchrow(sql.SELECT_USER, name)
    right = await passwords.right(password, row["password_hash"] if row else None)
    return User(name=row["name"], role=row["role"]) if row and right else None


async def user_of_code(pool: asyncpg.Pool, code: str) -> User | None:
    """Return whom a one-time code signs in, and forget the code; None when it is unknown, used or over."""
    row = await pool.fetchrow(sql.TAKE_CODE, _hash(code))
    return User(name=row["name"], role=row["role"]) if row and row["holds"] else None


async def still_user(pool: asyncpg.Pool, name: str) -> User | None:
    """Return a user as they are now; None when they were removed."""
    row = await pool.fetchrow(sql.SELECT_USER, name)
    return User(name=row["name"], role=row["role"]) if row else None


async def put_user(connection: Any, name: str, password: str, role: Role) -> None:
    """Add a user, or give them another password and role."""
    await connection.execute(sql.UPSERT_USER, name, hashed(password), role.value)


async def put_code(connection: Any, name: str, role: Role, expires_time: Any) -> str:
    """Store a one-time code and return it. `expires_time` is in the connection's own type of a time."""
    code = secrets.token_urlsafe(24)
    await connection.execute(sql.INSERT_CODE, _hash(code), name, role.value, expires_time)
    return code


def code_expires() -> float:
    """Return when a code that is made now is over."""
    return time.time() + CODE_S


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
