"""From the headers of a request to who is asking. What was verified a moment ago is known at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import asyncpg

from api.access.keys import principal_of_key
from api.access.permission import COOKIE
from api.access.principal import Principal
from api.access.tokens import Tokens
from api.redis import Remote
from schemas.keys import revoked_key

MAX_KNOWN = 10_000
MAX_CREDENTIAL = 4096
_BEARER, _COOKIE = b"bearer ", f"{COOKIE}=".encode()
Headers = Iterable[tuple[bytes, bytes]]


class Credential(NamedTuple):
    """What a client showed: a JWT or a key, and whether its browser sent it by itself."""

    text: bytes
    by_cookie: bool


def credential_of(headers: Headers) -> Credential | None:
    """Return what the headers carry; an Authorization header goes before a cookie."""
    cookie: bytes | None = None
    for name, value in headers:
        if name == b"authorization":
            return Credential(value[7:].strip(), by_cookie=False) if value[:7].lower() == _BEARER else None
        if name == b"cookie" and _COOKIE in value:
            cookie = value
    return None if cookie is None else _of_cookie(cookie)


def _of_cookie(header: bytes) -> Credential | None:
    for part in header.split(b";"):
        if (stripped := part.strip()).startswith(_COOKIE):
            return Credential(stripped[len(_COOKIE) :], by_cookie=True)
    return None


class Authenticator:
    """Verifies credentials, and remembers for `recheck_s` what it found."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        remote: Remote,
        tokens: Tokens,
        recheck_s: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._pool, self._remote, self._tokens = pool, remote, tokens
        self._recheck_s, self._clock = recheck_s, clock
        self._known: dict[bytes, tuple[Principal, float]] = {}

    def known(self, credential: bytes) -> Principal | None:
        """Return who this is, if it was verified a moment ago."""
        found = self._known.get(credential)
        return found[0] if found is not None and self._clock() < found[1] else None

    async def verify(self, credential: bytes) -> Principal | None:
        """Return who this is; None when it is nobody."""
        if (principal := self.known(credential)) is not None:
            return principal
        self._known.pop(credential, None)
        if len(credential) > MAX_CREDENTIAL:
            return None
        text = credential.decode("latin-1")
        principal = await self._verified(text)
        if principal is not None:
            self._remember(credential, principal)
        return principal

    async def _verified(self, text: str) -> Principal | None:
        if text.startswith("ick_"):
            return await principal_of_key(self._pool, text)
        principal = self._tokens.read(text)
        if principal is not None and await self._remote.get(revoked_key(principal.token_id or "")) is not None:
            return None
        return principal

    async def revoke(self, principal: Principal) -> None:
        """End a token before its time, in all processes within `recheck_s`."""
        self._known = {key: found for key, found in self._known.items() if found[0] != principal}
        if principal.token_id is not None and principal.expires_time is not None:
            left_s = principal.expires_time - self._clock()
            if left_s > 0:
                await self._remote.put(revoked_key(principal.token_id), b"1", left_s)

    def _remember(self, credential: bytes, principal: Principal) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        until = self._clock() + self._recheck_s
        self._known[credential] = (principal, min(until, principal.expires_time or until))
