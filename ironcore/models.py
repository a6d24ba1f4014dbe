"""What people do with models: register, promote, roll back, challenge. PostgreSQL has them, a topic says who scores."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models import artefact, registry
from models.artefact import Card
from models.gates import Compared, Gates, failures
from schemas.assignment import ArtefactReference, Assignment, Role
from schemas.sql import models as sql
from streams.roles import assign, read_roles

#: A worker that wrote nothing for so long is not shown.
RUNNING_WITHIN_S = 300.0


class RefusedError(Exception):
    """What was asked for would do harm, or makes no sense now; the message says why."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A connection to PostgreSQL and the broker."""

    connection: Any
    broker: str

    async def holders(self) -> tuple[ArtefactReference, ArtefactReference | None]:
        """Return champion and challenger; the champion is the newest shipped one when nobody was promoted."""
        roles = await read_roles(self.broker)
        champion, challenger = (roles[role].artefact if role in roles else None for role in Role)
        return champion or artefact.read(artefact.newest()).referred, challenger

    async def promote(self, version: str, gates: Gates | None = None) -> Assignment:
        """Make a version the champion of all workers.

        Raises:
            ArtefactError: There is no such version, or it is not valid.
            RefusedError: It is the champion already, or does not pass the gates; every reason is named.
        """
        packed = await registry.find(self.connection, version)
        champion, challenger = await self.holders()
        if champion == packed.referred:
            raise RefusedError(f"{version} is the champion already")
        card = await registry.register(self.connection, packed, getpass.getuser())
        await self._keep(champion)  # where a rollback leads
        if gates is not None:
            compared = await self.compared(champion.version, version)
            if reasons := list(failures(gates, compared, await self.card(champion.version), card)):
                raise RefusedError(f"{version} is not promoted: {'; '.join(reasons)}")
        made = _assignment(Role.CHAMPION, packed.referred, champion)
        # A challenger that becomes the champion is no challenger any more.
        freed = [_assignment(Role.CHALLENGER, None, challenger)] if challenger == packed.referred else []
        await assign(self.broker, [made, *freed])
        return made

    async def roll_back(self) -> Assignment:
        """Give the role back to the champion before this one; a second time takes that back.

        Raises:
            ArtefactError: That one is not there any more.
            RefusedError: Nobody was promoted.
        """
        last = (await read_roles(self.broker)).get(Role.CHAMPION)
        if last is None:
            raise RefusedError("no model was promoted yet: there is nothing to go back to")
        await self._keep(last.previous)
        made = _assignment(Role.CHAMPION, last.previous, last.artefact)
        await assign(self.broker, [made])
        return made

    async def challenge(self, version: str | None) -> Assignment:
        """Let a version score unseen beside the champion; None ends it.

        Raises:
            ArtefactError: There is no such version, or it is not valid.
            RefusedError: It is the champion.
        """
        champion, challenger = await self.holders()
        made = _assignment(Role.CHALLENGER, None, challenger)
        if version is not None:
            packed = await registry.find(self.connection, version)
            if champion == packed.referred:
                raise RefusedError(f"{version} is the champion: it cannot challenge itself")
            await registry.register(self.connection, packed, getpass.getuser())
            made = _assignment(Role.CHALLENGER, packed.referred, challenger)
        await assign(self.broker, [made])
        return made

    async def card(self, version: str) -> Card:
        """Return a card. Raises ArtefactError when there is no such version."""
        return artefact.card_of(await registry.find(self.connection, version))

    async def compared(self, champion: str, challenger: str) -> Compared:
        """Return what all workers saw of the two."""
        return Compared(*await self.connection.fetchrow(sql.SELECT_COMPARISON, challenger, champion))

    async def running(self) -> Mapping[str, tuple[str, str | None]]:
        """Return champion and challenger of each worker that observed lately."""
        rows = await self.connection.fetch(sql.SELECT_RUNNING, RUNNING_WITHIN_S)
        return {row["worker"]: (row["version"], row["challenger"]) for row in rows}

    async def _keep(self, reference: ArtefactReference | None) -> None:
        """Let every worker reach an artefact that may only be shipped with this program."""
        if reference is not None:
            packed = await registry.find(self.connection, reference.version)
            await registry.register(self.connection, packed, getpass.getuser())


def _assignment(role: Role, chosen: ArtefactReference | None, previous: ArtefactReference | None) -> Assignment:
    return Assignment(
        role=role, artefact=chosen, previous=previous, actor=getpass.getuser(), time=round(time.time(), 3)
    )
