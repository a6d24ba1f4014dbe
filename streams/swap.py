"""Swap: another model takes over between two batches; what cannot be loaded leaves the last good one.

1. Fetch the artefact from PostgreSQL and hold it against the hash that was assigned.
2. Verify and try it, in a thread of its own; the compute thread goes on scoring.
3. Replace one reference. The compute thread reads it once a batch, so that a batch has one model.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import asyncpg
import numpy as np

from models import artefact, registry
from models.artefact import ArtefactError, Packed
from models.features import FEATURES
from models.lite.scorer import LiteScorer
from schemas.assignment import ArtefactReference, Role
from streams.logs import log
from streams.metrics import Metrics
from streams.observation import Observer
from streams.roles import AWAY, Roles, follow_roles, read_roles
from streams.settings import WorkerSettings
from streams.shadow import Shadow
from streams.store import RETRIED

REFUSED = (ArtefactError, *RETRIED, asyncpg.PostgresError)


class Models:
    """The models of a worker. `now` is read by the compute thread and replaced by the event loop."""

    def __init__(
        self, champion: LiteScorer, reference: ArtefactReference, settings: WorkerSettings, metrics: Metrics
    ) -> None:
        self._metrics, self._shadow_events = metrics, settings.shadow_events
        #: What runs, and what was asked for last and is settled: it runs, or it is refused for good.
        self._running: dict[Role, ArtefactReference | None] = {Role.CHAMPION: reference, Role.CHALLENGER: None}
        self._settled: dict[Role, ArtefactReference | None] = {}
        self._replaced: list[Observer] = []
        self.now = Observer(champion, None, metrics)
        self._tell()

    async def follow(self, broker: str, pool: asyncpg.Pool) -> None:
        """Do what the topic of models says, until cancelled."""
        async with aclosing(follow_roles(broker)) as changes:
            async for roles in changes:
                await self.take(roles, pool)

    async def take(self, roles: Roles, pool: asyncpg.Pool) -> None:
        """Load who has a role now, and put them in place. What is refused leaves what was."""
        wanted = {role: assigned.artefact for role, assigned in roles.items()}
        champion = await self._loaded(Role.CHAMPION, wanted.get(Role.CHAMPION), pool)
        if champion is not None:
            shadow = self.now.shadow
            self._put(champion, None if shadow and shadow.challenger is champion else shadow)
        challenger = wanted.get(Role.CHALLENGER)
        if challenger is None or challenger == self._running[Role.CHAMPION]:
            self._running[Role.CHALLENGER] = None
            self._settled.pop(Role.CHALLENGER, None)
            if self.now.shadow is not None:
                self._put(self.now.champion, None)
        elif scorer := await self._loaded(Role.CHALLENGER, challenger, pool):
            self._put(self.now.champion, Shadow(scorer, self._metrics, sample_events=self._shadow_events))

    def observers(self) -> list[Observer]:
        """Return what was replaced since the last call, and then what observes now."""
        replaced, self._replaced = self._replaced, []
        return [*replaced, self.now]

    async def _loaded(self, role: Role, wanted: ArtefactReference | None, pool: asyncpg.Pool) -> LiteScorer | None:
        """Return a scorer that is ready; None when the role has it already, or it is refused."""
        if role in self._settled and self._settled[role] == wanted:
            return None
        try:
            packed = await _fetch(pool, wanted)
            reference, shadow = packed.referred, self.now.shadow
            scorer = None
            if role is Role.CHAMPION and shadow and reference == self._running[Role.CHALLENGER]:
                scorer = shadow.challenger
            elif reference != self._running[role]:
                scorer = await asyncio.to_thread(_ready, packed)
        except REFUSED as fault:
            refuse(role, fault, self._metrics)
            if isinstance(fault, ArtefactError):  # it will not become valid; a server may come back
                self._settled[role] = wanted
            return None
        self._settled[role], self._running[role] = wanted, reference
        return scorer

    def _put(self, champion: LiteScorer, shadow: Shadow | None) -> None:
        """Put models in place: from the next batch on."""
        self._replaced.append(self.now)
        self.now = Observer(champion, shadow, self._metrics)
        self._tell()

    def _tell(self) -> None:
        metrics, champion, shadow = self._metrics, self.now.champion, self.now.shadow
        metrics.model.clear()
        metrics.model.labels(champion.name, champion.version).set(1)
        metrics.challenger.clear()
        if shadow is not None:
            metrics.challenger.labels(shadow.challenger.name, shadow.challenger.version).set(1)
        log.info("model %s, challenger %s", champion.version, shadow.challenger.version if shadow else "none")


async def first_models(broker: str, pool: asyncpg.Pool, settings: WorkerSettings, metrics: Metrics) -> Models:
    """Load `model_dir`, else the model that is promoted, else the one before it, else the shipped one.

    Raises:
        ArtefactError: The model in `model_dir`, or the shipped one, is not valid.
    """
    packed = artefact.read(Path(settings.model_dir) if settings.model_dir else artefact.newest())
    for wanted in () if settings.model_dir else await _promoted(broker):
        try:
            promoted = await _fetch(pool, wanted)
            return Models(await asyncio.to_thread(_ready, promoted), wanted, settings, metrics)
        except REFUSED as fault:
            refuse(Role.CHAMPION, fault, metrics)
    return Models(await asyncio.to_thread(_ready, packed), packed.referred, settings, metrics)


async def _promoted(broker: str) -> list[ArtefactReference]:
    """Return the champion by assignment and the one before; nobody while the topic cannot be read."""
    try:
        assignment = (await read_roles(broker)).get(Role.CHAMPION)
    except AWAY as fault:
        log.warning("the topic of models cannot be read yet: %s", fault or type(fault).__name__)
        return []
    return [each for each in (assignment.artefact, assignment.previous) if each] if assignment else []


def refuse(role: Role, fault: Exception, metrics: Metrics) -> None:
    """Tell that a model cannot be had."""
    metrics.model_refusals.labels(role.value).inc()
    log.error("the %s is refused, the last good one stays: %s", role.value, fault or type(fault).__name__)


async def _fetch(pool: asyncpg.Pool, wanted: ArtefactReference | None) -> Packed:
    if wanted is None:
        return artefact.read(artefact.newest())
    return await registry.assigned(pool, wanted)


def _ready(packed: Packed) -> LiteScorer:
    """Verify and try. Raises ArtefactError."""
    scorer, row = LiteScorer.of(packed), np.zeros((1, len(FEATURES)), np.float32)
    try:
        scores = scorer.score(row)
        scorer.explain(row)
    except Exception as error:  # whatever a new model does, the worker goes on with the last good one
        raise ArtefactError(f"{packed.where}: it cannot score: {error}") from error
    if not all(np.isfinite(each).all() for each in (scores.risk, scores.anomaly, scores.class_probabilities)):
        raise ArtefactError(f"{packed.where}: its scores are not finite")
    return scorer
