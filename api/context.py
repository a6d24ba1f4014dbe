"""Everything that the routes work with. One object a process, made at its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import asyncpg
from fastapi import Request

from api.access.attempts import Attempts
from api.access.authenticate import Authenticator
from api.access.passwords import Passwords
from api.access.principal import Principal
from api.access.tokens import Tokens
from api.answers import Answers
from api.deciding.outbox import Outbox
from api.deciding.suppressions import Suppressions
from api.kafka import Producer
from api.live.feed import Feed
from api.live.hub import Hub
from api.metrics import Metrics
from api.pipeline_stats import PipelineStats
from api.redis import Remote
from api.settings import ApiSettings


class Token:
    """Names the state of what people decided: answers of another state are not given."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._verdicts = self._own = 0
        self._suppressions = ""

    def verdicts_at(self, offset: int) -> None:
        """Take the offset after the latest change that is known to be published."""
        if offset > self._verdicts:
            self._verdicts = offset
            self._renew()

    def unpublished(self) -> None:
        """Take note of a change of this process that Kafka does not have yet."""
        self._own += 1
        self._renew()

    def suppressions_at(self, state: str) -> None:
        """Take the state of the suppressions."""
        self._suppressions = state
        self._renew()

    def _renew(self) -> None:
        self._answers.renew(f"{self._verdicts}.{self._own}.{self._suppressions}")


@dataclass(frozen=True, slots=True)
class Context:
    """The parts, in the order in which they are made."""

    settings: ApiSettings
    metrics: Metrics
    pool: asyncpg.Pool
    remote: Remote
    answers: Answers
    token: Token
    tokens: Tokens
    authenticator: Authenticator
    attempts: Attempts
    passwords: Passwords
    producer: Producer
    outbox: Outbox
    suppressions: Suppressions
    hub: Hub
    feed: Feed
    stats: PipelineStats


def context_of(request: Request) -> Context:
    """Return the context of the process that serves a request."""
    return cast(Context, request.app.state.context)


def principal_of(request: Request) -> Principal:
    """Return who is asking; the permission that the route asks for was checked before."""
    return cast(Principal, request.scope["principal"])
