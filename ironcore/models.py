"""What people do with models: register, promote, roll back, challenge. PostgreSQL has them, a topic says who scores."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import artefact, registry
from models.artefact import ArtefactError, Card
from models.drift import COLUMNS, MIN_ROWS, Report, columns_of
from models.gates import Compared, Gates, failures
from models.reference import Reference
from models.registry import Registered
from schemas.assignment import ArtefactReference, Assignment, Role
from schemas.sql import models as sql
from streams.roles import assign, read_roles

#: A worker that wrote nothing for so long is not shown.
RUNNING_WITHIN_S = 300.0


class RefusedError(Exception):
    """What was asked for would do harm, or makes no sense now; the message says why."""


class Listed(NamedTuple):
    """A model that there is, and what it does."""

    registered: Registered
    roles: list[Role]
    workers: int  #: that run it as their champion


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

    async def models(self) -> list[Listed]:
        """Return all models, the shipped ones first. Raises ArtefactError."""
        held, running = zip(Role, await self.holders(), strict=True), await self.running()
        roles = [(role, reference.sha256) for role, reference in held if reference]
        return [
            Listed(
                each,
                [role for role, sha256 in roles if sha256 == each.sha256],
                sum(champion == each.card.version for champion, _ in running.values()),
            )
            for each in await registry.registered(self.connection)
        ]

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
        before: ArtefactReference | None = champion
        try:
            await self._keep(champion)  # where a rollback leads
        except ArtefactError:  # workers refuse it too, or it is there no more: nothing to go back to
            before = None
        if gates is not None:
            compared = await self.compared(champion.version, version)
            if reasons := list(failures(gates, compared, await self.card(champion.version), card)):
                raise RefusedError(f"{version} is not promoted: {'; '.join(reasons)}")
        return await self._crown(packed.referred, before, challenger)

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
        _, challenger = await self.holders()
        return await self._crown(last.previous, last.artefact, challenger)

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

    async def fit(
        self, version: str | None, span: tuple[float, float], *, warm_up_s: float, window_entities: int
    ) -> Card:
        """Fit a model to the stored flows of a span (seconds since 1970) and register it, see `fit_locally`.

        Args:
            version: What is fitted, of a fit its source; None is the champion.
            span: From the first time on, and before the second.
            warm_up_s: Seconds before the span that fill the windows.
            window_entities: Entities whose windows are kept, as in a worker.

        Raises:
            ArtefactError: There is no such version, or it is not valid.
            RefusedError: The span does not hold enough.
        """
        from ironcore.local_fit import fit_locally  # noqa: PLC0415 - TensorFlow takes seconds; most commands need none

        champion, _ = await self.holders()
        source = await registry.find(self.connection, version or champion.version)
        if local := artefact.card_of(source).local:  # or each fit would only quieten the one before
            source = await registry.find(self.connection, local.source)
        try:
            packed = await fit_locally(
                self.connection, source, span, warm_up_s=warm_up_s, window_entities=window_entities
            )
        except artefact.ArtefactError:
            raise
        except ValueError as error:
            raise RefusedError(f"{_iso(span[0])} to {_iso(span[1])}: {error}") from error
        return await registry.register(self.connection, packed, getpass.getuser())

    async def card(self, version: str) -> Card:
        """Return a card. Raises ArtefactError when there is no such version."""
        return artefact.card_of(await registry.find(self.connection, version))

    async def compared(self, champion: str, challenger: str) -> Compared:
        """Return what all workers saw of the two."""
        return Compared(*await self.connection.fetchrow(sql.SELECT_COMPARISON, challenger, champion))

    async def drift(self, version: str, since: float, until: float, baseline: tuple[float, float] | None) -> Report:
        """Return how far the flows that workers sampled between two times (seconds since 1970) have moved.

        Args:
            version: The champion whose workers are asked.
            since: From then on.
            until: Before then.
            baseline: Two times of this network to compare with; without them it is the card's reference.

        Raises:
            ArtefactError: There is no such version.
            RefusedError: Its card has no reference, or too few flows were sampled.
        """
        card = await self.card(version)
        reference = card.reference
        if reference is None:
            raise RefusedError(f"the card of {version} has no reference: `ironcore model reference` adds it")
        counts = await self._counts(version, reference, since, until)
        expected = await self._counts(version, reference, *baseline) if baseline else None
        if local := card.local:
            baseline_name = f"what it was fitted to, {_iso(local.since_time)} to {_iso(local.until_time)}"
        else:
            baseline_name = "the benign rows of its training"
        return Report(
            version=version,
            since=_iso(since),
            until=_iso(until),
            against=f"{_iso(baseline[0])} to {_iso(baseline[1])}" if baseline else baseline_name,
            rows=int(counts[-1].sum()),
            columns=columns_of(reference, counts, expected),
        )

    async def _counts(self, version: str, reference: Reference, since: float, until: float) -> NDArray[np.int64]:
        rows = await self.connection.fetch(sql.SELECT_COUNTS, version, reference.sha256, since, until)
        parts = [np.frombuffer(row["counts"], "<i8").reshape(len(COLUMNS), -1) for row in rows]
        sampled = sum(row["sampled"] for row in rows)
        if sampled < MIN_ROWS:
            span = f"{_iso(since)} to {_iso(until)}"
            raise RefusedError(f"{sampled} flows were sampled of model {version}, {span}: {MIN_ROWS} say something")
        counts: NDArray[np.int64] = np.sum(parts, axis=0)
        return counts

    async def running(self) -> Mapping[str, tuple[str, str | None]]:
        """Return champion and challenger of each worker that observed lately."""
        rows = await self.connection.fetch(sql.SELECT_RUNNING, RUNNING_WITHIN_S)
        return {row["worker"]: (row["version"], row["challenger"]) for row in rows}

    async def _crown(
        self, chosen: ArtefactReference | None, before: ArtefactReference | None, challenger: ArtefactReference | None
    ) -> Assignment:
        """Make a model the champion; if it was the challenger, it is none any more."""
        made = _assignment(Role.CHAMPION, chosen, before)
        freed = [_assignment(Role.CHALLENGER, None, challenger)] if challenger and challenger == chosen else []
        await assign(self.broker, [made, *freed])
        return made

    async def _keep(self, reference: ArtefactReference | None) -> None:
        """Let every worker reach an artefact that may only be shipped with this program."""
        if reference is not None:
            packed = await registry.assigned(self.connection, reference)
            await registry.register(self.connection, packed, getpass.getuser())


def _assignment(role: Role, chosen: ArtefactReference | None, previous: ArtefactReference | None) -> Assignment:
    return Assignment(
        role=role, artefact=chosen, previous=previous, actor=getpass.getuser(), time=round(time.time(), 3)
    )


def _iso(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds")
