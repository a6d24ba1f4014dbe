"""`ironcore user`: who may sign in at the API."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NoReturn, TypeVar

import asyncpg
import typer
from rich.table import Table

from api.access.passwords import MIN_CHARACTERS
from api.access.users import put_user
from api.contract.access import Role
from ironcore.cli.common import console, errors, settings_or_exit
from schemas.sql import access as sql

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True, help="Who may sign in at the API: add, list, remove.")
PASSWORD_VARIABLE = "PASSWORD"  # noqa: S105 - its name, not one
_NAME = re.compile(r"[\w.@-]{1,64}")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Letters, digits and . _ @ -")],
    role: Annotated[
        Role, typer.Option(help="viewer reads; analyst also decides; admin also manages keys.")
    ] = Role.ANALYST,
) -> None:
    """Add a user, or give one another password and role. The password is asked for, or taken from $PASSWORD."""
    if not _NAME.fullmatch(name):
        _refuse(f"the name {name!r} has other characters than letters, digits and . _ @ -")
    password = os.environ.get(PASSWORD_VARIABLE) or typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < MIN_CHARACTERS:
        _refuse(f"a password has at least {MIN_CHARACTERS} characters")
    _with_database(lambda connection: put_user(connection, name, password, role))
    console.print(f"{name} may sign in as {role.value}", highlight=False)


@app.command(name="list")
def list_users() -> None:
    """List the users."""
    table = Table("name", "role", "since")
    for row in _with_database(lambda connection: connection.fetch(sql.SELECT_USERS)):
        table.add_row(row["name"], row["role"], f"{row['created_time']:%Y-%m-%d %H:%M}")
    console.print(table)


@app.command()
def remove(name: str) -> None:
    """Remove a user. A token that they hold is over within `api.token_s`."""
    if _with_database(lambda connection: connection.fetchval(sql.DELETE_USER, name)) is None:
        _refuse(f"there is no user {name}")
    console.print(f"{name} is removed", highlight=False)


def _with_database(question: Callable[[Any], Awaitable[T]]) -> T:
    async def ask(dsn: str) -> T:
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            return await question(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(ask(settings_or_exit().postgres_dsn))
    except asyncpg.UndefinedTableError:
        _refuse("the database is not migrated: run `ironcore migrate` first")
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        _refuse(f"PostgreSQL cannot be reached: {error or type(error).__name__}")


def _refuse(reason: str) -> NoReturn:
    errors.print(reason, style="red", markup=False, highlight=False)
    raise typer.Exit(1)
