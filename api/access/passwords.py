"""Passwords: argon2id, off the event loop, a few at a time since each takes 64 MiB."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

AT_ONCE = 2
MIN_CHARACTERS = 12

_hasher = PasswordHasher()
#: Checked when there is no such user, so that the time of an answer does not tell who there is.
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """Return what is stored of a password. Takes some 50 ms."""
    return _hasher.hash(password)


class Passwords:
    """Checks passwords. One a process."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)

    async def right(self, password: str, password_hash: str | None) -> bool:
        """Tell whether a password is that of the hash; None stands for a user that is not there."""
        async with self._places:
            return await asyncio.to_thread(_right, password, password_hash)


def _right(password: str, password_hash: str | None) -> bool:
    try:
        _hasher.verify(password_hash or _NOBODY, password)
    except (Argon2Error, InvalidHashError):
        return False
    return password_hash is not None
