"""Suppressions: in the database for lists, in memory for the live feed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import asyncpg

from api.contract.triage import Match, PreviewRequest, Suppression, SuppressionRequest
from api.database import AWAY, canonical
from api.errors import ProblemError
from api.item import Item
from api.log import log
from api.reading.encode import encode
from api.reading.threats import counted, newest
from api.selection import where_values
from schemas.sql import deciding as sql

MAX_ACTIVE, MAX_AHEAD_S, SAMPLE, WATCH_S = 1000, 366 * 86_400, 20, 1.0
FIELDS = tuple(Match.model_fields)


class Suppressions:
    """What is active, as of the last second or of this process's own last change."""

    def __init__(self, pool: asyncpg.Pool, on_change: Callable[[], None] = lambda: None) -> None:
        self._pool, self._on_change = pool, on_change
        self._state: tuple[int, int, int] = (0, 0, 0)
        #: By the fields that are given, their values and until when; as many look-ups as there are kinds of matches.
        self._active: dict[tuple[str, ...], dict[tuple[Any, ...], float]] = {}

    @property
    def token(self) -> str:
        """Changes when anything does."""
        return ".".join(map(str, self._state))

    def covers(self, item: Item) -> bool:
        """Tell whether an active suppression covers a threat."""
        now = time.time()
        return any(
            values.get(tuple(getattr(item, name) for name in names), 0.0) > now
            for names, values in self._active.items()
        )

    async def refresh(self) -> None:
        """Read what is active, when anything has changed."""
        row = await self._pool.fetchrow(sql.SELECT_SUPPRESSIONS_STATE)
        state = (row["last"], row["ends"], row["active"])
        if state != self._state:
            rows = await self._pool.fetch(sql.SELECT_SUPPRESSIONS)
            self._active = _by_fields(rows)
            self._state = state
            self._on_change()

    async def watch(self) -> None:
        """Refresh every second until cancelled."""
        while True:
            try:
                await self.refresh()
            except AWAY as fault:
                log.debug("suppressions are those of a moment ago: %s", fault)
            await asyncio.sleep(WATCH_S)

    async def listed(self) -> list[Suppression]:
        """Return the active ones, the latest first."""
        return [_suppression(row) for row in await self._pool.fetch(sql.SELECT_SUPPRESSIONS)]

    async def add(self, wanted: SuppressionRequest, actor: str) -> Suppression:
        """Add one. Raises ProblemError: 409 when there are too many, 422 for a wrong address or time."""
        if not time.time() < wanted.expires_time <= time.time() + MAX_AHEAD_S:
            raise ProblemError(422, "body.expires_time: give a time in the future, at most a year ahead")
        values = checked(wanted.match)
        if self._state[2] >= MAX_ACTIVE:
            raise ProblemError(409, f"{MAX_ACTIVE} suppressions are active, more are refused: end some")
        row = await self._pool.fetchrow(
            sql.INSERT_SUPPRESSION,
            *[values.get(name) for name in FIELDS],
            wanted.reason,
            actor,
            wanted.expires_time,
        )
        await self.refresh()
        return _suppression(row)

    async def end(self, suppression_id: int, actor: str) -> None:
        """End one. Raises ProblemError (404) when it is not active."""
        if await self._pool.fetchval(sql.END_SUPPRESSION, suppression_id, actor) is None:
            raise ProblemError(404, f"there is no active suppression {suppression_id}")
        await self.refresh()

    async def preview(self, wanted: PreviewRequest, rows: int) -> bytes:
        """Return what it would have hidden. Raises ProblemError (422) for a wrong address."""
        values, since = checked(wanted.match), max(0.0, time.time() - wanted.window_s)
        found = await counted(self._pool, where_values(values, since), [], rows)
        sample = await newest(self._pool, where_values(values, since), SAMPLE)
        return encode({"matches": found["total"], "complete": found["complete"], "sample": sample})


def checked(match: Match) -> dict[str, Any]:
    """Return the values of a match, addresses in their one form. Raises ProblemError (422)."""
    values = match.model_dump(exclude_none=True, mode="json")
    for name in ("src_ip", "dst_ip"):
        if name in values:
            try:
                values[name] = canonical(values[name])
            except ValueError:
                raise ProblemError(422, f"body.match.{name}: {values[name]!r} is no address") from None
    return values


def _by_fields(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, ...], dict[tuple[Any, ...], float]]:
    found: dict[tuple[str, ...], dict[tuple[Any, ...], float]] = {}
    for row in rows:
        match = _match(row)
        values = found.setdefault(tuple(match), {})
        key = tuple(match.values())
        values[key] = max(row["expires_time"], values.get(key, 0.0))
    return found


def _match(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in FIELDS if row[name] is not None}


def _suppression(row: Mapping[str, Any]) -> Suppression:
    names: Sequence[str] = ("suppression_id", "reason", "created_by", "created_time", "expires_time")
    return Suppression(match=Match(**_match(row)), **{name: row[name] for name in names})
