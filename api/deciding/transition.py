"""What an act does to the state of a threat."""

from __future__ import annotations

from typing import NamedTuple

from api.contract.triage import TriageRequest
from schemas.triage import Action, Status


class State(NamedTuple):
    """Where a threat stands, in the words of the database."""

    status: str
    assignee: str | None
    verdict: str | None
    reason: str | None


UNTOUCHED = State(Status.NEW.value, None, None, None)


def after(state: State, request: TriageRequest) -> State:
    """Return the state after the act; the same one when it changes nothing.

    Only a new threat is acknowledged; a closed one is reopened first. Closing again gives another verdict.
    """
    match request.action:
        case Action.ACKNOWLEDGE:
            return state._replace(status=Status.ACKNOWLEDGED.value) if state.status == Status.NEW.value else state
        case Action.ASSIGN:
            return state._replace(assignee=request.assignee)
        case Action.CLOSE:
            assert request.verdict is not None
            return State(Status.CLOSED.value, state.assignee, request.verdict.value, request.reason)
        case Action.REOPEN:
            closed = state.status == Status.CLOSED.value
            return State(Status.NEW.value, state.assignee, None, None) if closed else state
        case Action.NOTE:
            return state


def is_change(before: State, then: State, request: TriageRequest) -> bool:
    """Tell whether the act is to be recorded: it changes the state, or says something."""
    return then != before or request.note is not None
