"""`ironcore api` and `ironcore user` refuse what cannot go well, and say what to do."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from ironcore.cli import main

#: Nothing listens there.
NOWHERE = {"IRONCORE_POSTGRES_DSN": "postgresql://nobody@127.0.0.1:9/none"}


@pytest.mark.parametrize(
    ("command", "environment", "status", "said"),
    [
        (["api"], {}, 1, "api.secret is not set"),
        (["api"], {"IRONCORE_API__SECRET": "short"}, 2, "at least 32 characters"),
        (["api"], {"IRONCORE_API__SECRET": "s" * 32}, 1, "PostgreSQL cannot be reached at start"),
        (["user", "add", "an n"], {}, 1, "other characters"),
        (["user", "add", "ann"], {"PASSWORD": "short"}, 1, "at least 12 characters"),
        (["user", "add", "ann"], {"PASSWORD": "long enough for this"}, 1, "PostgreSQL cannot be reached"),
    ],
)
def test_it_refuses_and_says_why(command: list[str], environment: dict[str, str], status: int, said: str) -> None:
    done = CliRunner().invoke(main, command, env={**NOWHERE, **environment})
    assert done.exit_code == status
    assert said in done.output.replace("\n", " ")
