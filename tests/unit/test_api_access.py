"""Tokens, credentials and the bound on guessing."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from api.access.attempts import WINDOW_S, Attempts
from api.access.authenticate import Authenticator, credential_of
from api.access.passwords import Passwords, hashed
from api.access.principal import OF_ROLE, Permission, nearest_role
from api.access.tokens import Tokens
from api.contract.access import Role
from api.errors import ProblemError
from api.settings import ApiSettings

SECRET = "s" * 32
TOKENS = Tokens(SECRET, token_s=900, session_s=3600)


class NoRedis:
    """Redis is away."""

    async def get(self, _: str) -> bytes | None:
        return None

    async def count(self, _: str, __: int) -> int | None:
        return None

    async def put(self, _: str, __: bytes, ___: float) -> None:
        return None


class OneRedis:
    """Redis that keeps what it is told."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def put(self, key: str, value: bytes, _: float) -> None:
        self.kept[key] = value


def test_a_token_says_who_and_for_how_long() -> None:
    principal = TOKENS.read(TOKENS.make("ann", Role.ANALYST))
    assert principal is not None
    assert (principal.name, principal.permissions) == ("ann", OF_ROLE[Role.ANALYST])
    assert principal.expires_time == pytest.approx(time.time() + 900, abs=5)


def test_a_refreshed_token_ends_with_its_session() -> None:
    principal = TOKENS.read(TOKENS.make("ann", Role.ANALYST, time.time() - 3500))
    assert principal is not None
    assert principal.expires_time == pytest.approx(time.time() + 100, abs=5)
    assert TOKENS.read(TOKENS.make("ann", Role.ANALYST, time.time() - 3700)) is None


@pytest.mark.parametrize(
    "token",
    [
        Tokens("t" * 32, token_s=900, session_s=3600).make("ann", Role.ADMIN),
        jwt.encode(
            {"sub": "ann", "role": "admin", "exp": 4e9, "jti": "1", "iss": "ironcore", "auth_time": 1}, "", "none"
        ),
        jwt.encode({"sub": "ann", "role": "admin", "jti": "1", "iss": "ironcore", "auth_time": 1}, SECRET),
        jwt.encode({"sub": "ann", "role": "god", "exp": 4e9, "jti": "1", "iss": "ironcore", "auth_time": 1}, SECRET),
        jwt.encode({"sub": "ann", "role": "admin", "exp": 4e9, "jti": "1", "iss": "x", "auth_time": 1}, SECRET),
        TOKENS.make("ann", Role.VIEWER)[:-2] + "xx",
        "",
        "a.b.c",
    ],
    ids=["other secret", "unsigned", "no end", "unknown role", "other issuer", "changed", "empty", "nonsense"],
)
def test_other_tokens_are_nobodys(token: str) -> None:
    assert TOKENS.read(token) is None


async def test_a_signed_out_token_is_nobodys_in_another_process_too() -> None:
    remote: Any = OneRedis()
    here, there = (Authenticator(None, remote, TOKENS, 15.0) for _ in range(2))
    token = TOKENS.make("ann", Role.ANALYST).encode()
    principal = await here.verify(token)
    assert principal is not None
    assert here.known(token) == principal
    await here.revoke(principal)
    assert here.known(token) is None
    assert await here.verify(token) is None
    assert await there.verify(token) is None


async def test_what_was_verified_is_looked_at_again() -> None:
    now = [time.time()]
    remote: Any = NoRedis()
    authenticator = Authenticator(None, remote, TOKENS, 15.0, lambda: now[0])
    token = TOKENS.make("ann", Role.ANALYST).encode()
    assert await authenticator.verify(token) is not None
    now[0] += 14
    assert authenticator.known(token) is not None
    now[0] += 2
    assert authenticator.known(token) is None


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ([], None),
        ([(b"authorization", b"Bearer abc")], (b"abc", False)),
        ([(b"authorization", b"bearer abc")], (b"abc", False)),
        ([(b"authorization", b"Basic abc"), (b"cookie", b"ironcore_session=x")], None),
        ([(b"cookie", b"a=b; ironcore_session=xyz; c=d")], (b"xyz", True)),
        ([(b"cookie", b"not_ironcore_session=xyz")], None),
        ([(b"cookie", b"ironcore_session=x"), (b"authorization", b"Bearer abc")], (b"abc", False)),
    ],
)
def test_credentials_are_found(headers: list[tuple[bytes, bytes]], wanted: tuple[bytes, bool] | None) -> None:
    assert credential_of(headers) == wanted


async def test_failures_are_counted_without_redis_and_forgotten_after_a_while() -> None:
    now = [0.0]
    remote: Any = NoRedis()
    attempts = Attempts(remote, 3, lambda: now[0])
    for _ in range(3):
        await attempts.check("user:ann")
        await attempts.failed("user:ann")
    with pytest.raises(ProblemError) as refused:
        await attempts.check("address:1", "user:ann")
    assert refused.value.status_code == 429
    await attempts.check("user:bob")
    now[0] += WINDOW_S
    await attempts.check("user:ann")


async def test_passwords() -> None:
    stored = hashed("correct horse")
    assert stored.startswith("$argon2id$")
    passwords = Passwords()
    assert await passwords.right("correct horse", stored)
    assert not await passwords.right("wrong horse", stored)
    assert not await passwords.right("nobody has this password", None)


def test_a_key_has_the_role_that_its_permissions_reach() -> None:
    assert nearest_role(frozenset({Permission.READ})) is Role.VIEWER
    assert nearest_role(frozenset({Permission.READ, Permission.TRIAGE})) is Role.ANALYST
    assert nearest_role(frozenset(Permission)) is Role.ADMIN
    assert nearest_role(frozenset({Permission.INGEST})) is Role.VIEWER


def test_a_short_secret_is_refused_and_a_long_one_is_not_shown() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        ApiSettings(secret="short")
    assert SECRET not in repr(ApiSettings(secret=SECRET))
