"""The API beside the local stack: a child process with a secret of its own, and a link that signs in once."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg

from api.access.users import code_expires, put_code
from api.contract.access import Role
from ironcore.settings import Settings
from ironcore.stack import ChildProcess, Endpoints
from ironcore.stack.ports import LOOPBACK, free_port
from ironcore.workers import check_ready, settings_file

API = "api"
START_LIMIT_S, STOP_LIMIT_S = 60.0, 15.0
#: Whom the link signs in: whoever started the stack.
LOCAL_USER = "local"


def api_process(
    endpoints: Endpoints,
    settings: Settings,
    log: Path,
    workers: Sequence[ChildProcess],
    *,
    port: int = 0,
    **overrides: object,
) -> ChildProcess:
    """Describe an API on the stack's servers; `overrides` are settings of `[api]`."""
    port = port or free_port()
    secret = settings.api.secret.get_secret_value() if settings.api.secret else secrets.token_urlsafe(48)
    variables: dict[str, object] = {
        "host": LOOPBACK,
        "port": port,
        "local": True,
        "secret": secret,
        "worker_metrics": ",".join(worker.address for worker in workers),
        **overrides,
    }
    return ChildProcess(
        name=API,
        address=f"{LOOPBACK}:{port}",
        argv=[sys.executable, "-m", "ironcore", "api"],
        log=log,
        probe=partial(check_ready, f"{LOOPBACK}:{port}"),
        ports=(port,),
        env={
            "IRONCORE_BROKER": endpoints.broker,
            "IRONCORE_POSTGRES_DSN": endpoints.postgres_dsn,
            "IRONCORE_REDIS_URL": endpoints.redis_url,
            **settings_file(),
            **{f"IRONCORE_API__{name.upper()}": str(value) for name, value in variables.items()},
        },
        start_limit_s=START_LIMIT_S,
        stop_limit_s=STOP_LIMIT_S,
    )


def sign_in_link(endpoints: Endpoints, address: str) -> str:
    """Return a link to the dashboard that signs in as an administrator, once, within an hour."""
    return f"http://{address}/login#code={asyncio.run(_code(endpoints.postgres_dsn))}"


async def _code(dsn: str) -> str:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await put_code(connection, LOCAL_USER, Role.ADMIN, datetime.fromtimestamp(code_expires(), UTC))
    finally:
        await connection.close()
