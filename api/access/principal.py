"""Whoever is asking: a user with a role, or a key with scopes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from api.contract.access import Role, Scope


class Permission(StrEnum):
    """What an endpoint may ask for."""

    READ = "read"
    TRIAGE = "triage"
    INGEST = "ingest"
    ADMIN = "admin"


OF_ROLE = {
    Role.VIEWER: frozenset({Permission.READ}),
    Role.ANALYST: frozenset({Permission.READ, Permission.TRIAGE}),
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who, what they may do, and until when (seconds since 1970; None for a key without an end)."""

    name: str
    role: Role
    permissions: frozenset[Permission]
    expires_time: float | None
    token_id: str | None = None  #: of a JWT, so that signing out ends it
    signed_in_time: float = 0.0  #: when the session began


def of_scopes(scopes: Iterable[Scope]) -> frozenset[Permission]:
    """Return what a key with these scopes may do."""
    return frozenset(Permission(scope.value) for scope in scopes)


def nearest_role(permissions: frozenset[Permission]) -> Role:
    """Return the highest role whose permissions are all among these; a viewer at least."""
    return next((role for role in (Role.ADMIN, Role.ANALYST) if OF_ROLE[role] <= permissions), Role.VIEWER)
