"""Signing in, and keys for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from api.contract.base import Name, Request, Response, Time, example


class Role(StrEnum):
    """What a user may do; each may do what those before it may."""

    VIEWER = "viewer"  #: read
    ANALYST = "analyst"  #: and triage
    ADMIN = "admin"  #: and send events, and manage keys


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    TRIAGE = "triage"
    INGEST = "ingest"


class TokenRequest(Request):
    """Name and password, or the one-time code of a local stack."""

    model_config = example(username="ann", password="correct horse battery staple")  # noqa: S106

    username: Name | None = None
    password: str | None = Field(None, min_length=1, max_length=1024)
    code: str | None = Field(None, min_length=8, max_length=128, pattern=r"^[\w-]+$")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        named = self.username is not None and self.password is not None
        if named == (self.code is not None) or (self.username is None) != (self.password is None):
            raise ValueError("give username and password, or code")
        return self


class User(Response):
    """Who is signed in."""

    name: str
    role: Role


class Token(Response):
    """A short-lived JWT. A browser gets the same one as a cookie that scripts cannot read."""

    access_token: str
    token_type: Literal["bearer"]
    expires_in: float = Field(description="Seconds.")
    user: User


class Me(Response):
    """Who is asking. A key has the role that its scopes come closest to."""

    name: str
    role: Role
    scopes: list[str] = Field(description="What may be done: read, triage, ingest, admin.")
    expires_time: float | None = Field(description="When the token ends; null for a key without an end.")


class KeyRequest(Request):
    """A key for a program."""

    model_config = example(name="siem", scopes=["read"])

    name: Name
    scopes: list[Scope] = Field(min_length=1, max_length=3)
    expires_time: Time | None = Field(None, strict=True, description="Null: until it is deleted.")


class Key(Response):
    """A key as it is listed; the key itself is told once, when it is made."""

    key_id: str
    name: str
    scopes: list[Scope]
    created_by: str
    created_time: float
    expires_time: float | None


class NewKey(Key):
    """A key that was just made."""

    key: str = Field(description="Send it as `Authorization: Bearer`. It is not stored and not shown again.")


class Keys(Response):
    """All keys, the latest first."""

    items: list[Key]
