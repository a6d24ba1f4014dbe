"""The API keeps what its OpenAPI document promises, whoever asks and whatever they send."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

from api.contract.access import Role
from api.description import with_routes
from ironcore.stack import Stack
from tests.integration.api import Api, running_api, store, threat
from tests.integration.conftest import fresh_endpoints

#: Bounded, so that all roles together take less than a minute.
EXAMPLES = 3
DOCUMENT = schemathesis.openapi.from_dict(with_routes().openapi())
checks.load_all_checks()
CHECKS = checks.CHECKS.get_by_names([
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
])  # fmt: skip


@pytest.fixture(scope="module")
def api(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("contract")
    with fresh_endpoints(stack, folder) as endpoints:
        asyncio.run(_fill(endpoints.postgres_dsn))
        with running_api(endpoints, folder, sign_in_attempts=1000) as started:
            yield started


async def _fill(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await store(connection, [threat(n, at=time.time() - n, risk=55 + n % 40) for n in range(50)])
    await connection.close()


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
@DOCUMENT.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_endpoint_keeps_its_contract(case: Any, api: Api, role: Role | None) -> None:
    headers = {} if role is None else {"Authorization": f"Bearer {api.token(role)}"}
    if case.path.endswith("/auth/logout"):  # it would end the token for the others
        headers = {}
    case.call_and_validate(base_url=api.url, headers=headers, checks=CHECKS)
