"""`ironcore api`."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import asyncpg
import typer

from api.server import serve
from ironcore.cli.common import errors, settings_or_exit
from ironcore.settings import Settings
from schemas.sql.applied import missing

TIMEOUT_S = 10


def api() -> None:
    """Serve the API and, when it is built, the dashboard: several processes on one port, until SIGTERM.

    `api.secret` must be set, and a first user made with `ironcore user add`.
    """
    settings = settings_or_exit()
    if settings.api.secret is None:
        _refuse("api.secret is not set. Make one: python -c 'import secrets; print(secrets.token_urlsafe(48))'")
    asyncio.run(_check_database(settings))
    if not serve(settings.api, settings.log_level):
        raise typer.Exit(1)


async def _check_database(settings: Settings) -> None:
    """Refuse at once what every process would refuse again and again."""
    try:
        connection = await asyncpg.connect(settings.postgres_dsn, timeout=TIMEOUT_S)
        try:
            lacking = await missing(connection)
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        _refuse(f"PostgreSQL cannot be reached at start: {error or type(error).__name__}")
    if lacking:
        _refuse(f"the database lacks {len(lacking)} migrations: run `ironcore migrate` first")


def _refuse(reason: str) -> NoReturn:
    errors.print(reason, style="red", markup=False, highlight=False)
    raise typer.Exit(1)
