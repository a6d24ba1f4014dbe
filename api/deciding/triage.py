"""Applies one act to one threat or to many: state, history and outbox in one transaction.

1. Find the threats. 2. Make and lock their states, in the order of the identifiers. 3. Refuse when somebody was
quicker. 4. Write the new states, the history, and what is owed to Kafka. 5. Commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from api.contract.triage import MAX_BULK, TriageRequest
from api.deciding.transition import State, after, is_change
from api.errors import ProblemError
from api.selection import where_of
from schemas.sql import deciding as sql
from schemas.sql import reading
from schemas.triage import Change


@dataclass(slots=True)
class Outcome:
    """What became of it."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    missing: list[UUID] = field(default_factory=list)


async def apply(pool: asyncpg.Pool, request: TriageRequest, actor: str) -> Outcome:
    """Do it. Raises ProblemError: 409 when the version is another one, 422 when the filter finds too many."""
    async with pool.acquire() as connection, connection.transaction():
        ids = request.threat_ids if request.threat_ids is not None else await _found(connection, request)
        times = {row["threat_id"]: row["event_time"] for row in await connection.fetch(sql.SELECT_TIMES, ids)}  # 1.
        states = await _locked(connection, times)  # 2.
        _check_version(request, states)  # 3.
        return await _written(connection, request, actor, ids, states)  # 4.


async def _found(connection: Any, request: TriageRequest) -> list[UUID]:
    assert request.filter is not None
    where = where_of(request.filter)
    rows = await connection.fetch(reading.identifiers(where, MAX_BULK + 1), *where.values)
    if len(rows) > MAX_BULK:
        raise ProblemError(422, f"body.filter: it finds more than {MAX_BULK} threats; narrow it, or go on in parts")
    return [row["threat_id"] for row in rows]


async def _locked(connection: Any, times: Mapping[UUID, float]) -> dict[UUID, tuple[State, int]]:
    await connection.execute(sql.INSERT_UNTOUCHED, list(times), list(times.values()))
    rows = await connection.fetch(sql.LOCK_STATES, list(times))
    return {
        row["threat_id"]: (State(row["status"], row["assignee"], row["verdict"], row["reason"]), row["version"])
        for row in rows
    }


def _check_version(request: TriageRequest, states: Mapping[UUID, tuple[State, int]]) -> None:
    if request.version is None:
        return
    for state, version in states.values():
        if version != request.version:
            raise ProblemError(
                409,
                f"the threat is at version {version}, not {request.version}: somebody was quicker; read it again",
                version=version,
                status_now=state.status,
                assignee=state.assignee,
            )


async def _written(
    connection: Any, request: TriageRequest, actor: str, ids: Sequence[UUID], states: Mapping[UUID, tuple[State, int]]
) -> Outcome:
    moves = {id_: (state, after(state, request)) for id_, (state, _) in states.items()}
    changed = {id_: move for id_, move in moves.items() if is_change(*move, request)}
    outcome = Outcome(
        unchanged=len(states) - len(changed), missing=[id_ for id_ in dict.fromkeys(ids) if id_ not in states]
    )
    if changed:
        outcome.changes = await _recorded(connection, request, actor, changed)
    return outcome


async def _recorded(
    connection: Any, request: TriageRequest, actor: str, changed: Mapping[UUID, tuple[State, State]]
) -> list[Change]:
    ids, then = list(changed), [then for _, then in changed.values()]
    statuses, assignees, verdicts, reasons = (list(column) for column in zip(*then, strict=True))
    await connection.execute(sql.UPDATE_STATES, ids, statuses, assignees, verdicts, reasons)
    before = [state.status for state, _ in changed.values()]
    told = (actor, request.action.value, request.reason, request.note)
    rows = await connection.fetch(sql.INSERT_CHANGES, ids, before, statuses, assignees, verdicts, *told)
    return [_change(row, request, actor, *changed[row["threat_id"]]) for row in rows]


def _change(row: Any, request: TriageRequest, actor: str, before: State, then: State) -> Change:
    return Change.model_validate({
        "change_id": row["change_id"],
        "threat_id": UUID(bytes=row["threat_id"].bytes),
        "time": row["changed_time"],
        "actor": actor,
        "action": request.action,
        "from_status": before.status,
        "to_status": then.status,
        "assignee": then.assignee,
        "verdict": then.verdict,
        "reason": request.reason,
        "note": request.note,
    })  # fmt: skip
