"""What analysts decide: states, versions, bulk, suppressions, and a history that nobody can change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from api.contract.access import Role
from ironcore.stack import Endpoints, Stack
from schemas.threat import ThreatClass
from schemas.topics import VERDICTS
from schemas.triage import Change
from tests.integration.api import Api, running_api, store, threat
from tests.integration.conftest import fresh_endpoints
from tests.integration.traffic import consume

BASE = int(time.time()) - 3600
THREATS = [threat(n, at=BASE + n, risk=60 + n, dst_port=20 + n % 2) for n in range(10)]
FOUND = [
        ("", 10), ("dst_port=20", 5), ("dst_port=!20", 5), ("dst_port=20&dst_port=21", 10), ("severity=high", 0),
        ("severity=medium", 10), ("min_risk=65", 5), ("entity=10.9.9.9", 10), ("entity=!10.9.9.9", 0),
        ("src_ip=10.9.9.9", 10), ("dst_ip=10.0.0.5", 10), ("dst_ip=!10.0.0.5", 0), ("sensor=test", 10),
        ("sensor=!test", 0), ("threat_class=scan", 10), ("threat_class=!scan", 0), ("q=9.9", 10), ("q=10.0.0.5", 10),
        ("q=21", 5), ("q=SCA", 10), ("q=%25", 0), ("assignee=ann", 0), ("assignee=!ann", 10),
        (f"from={BASE + 3}&to={BASE + 6}", 3), ("status=!closed", 10),
]  # fmt: skip
IDS = [str(each.threat_id) for each in THREATS]


@pytest.fixture
def api(endpoints: Endpoints, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Api]:
    """An API; a test may ask for other settings by its parameter."""
    with running_api(endpoints, tmp_path, **getattr(request, "param", {})) as started:
        yield started


@pytest.fixture
async def ann(api: Api, database: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    await store(database, THREATS)
    async with api.client(Role.ANALYST) as client:
        yield client


@pytest.fixture(scope="module")
def unchanging(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One API with the threats, for tests that change nothing."""
    folder = tmp_path_factory.mktemp("unchanging")
    with fresh_endpoints(stack, folder) as endpoints:
        asyncio.run(_store(endpoints.postgres_dsn))
        with running_api(endpoints, folder) as started:
            yield started


async def _store(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await store(connection, THREATS)
    await connection.close()


@pytest.fixture
async def reader(unchanging: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with unchanging.client(Role.ANALYST) as client:
        yield client


async def act(client: httpx.AsyncClient, action: str, ids: list[str] | None = None, **more: Any) -> httpx.Response:
    which = {} if ids is None else {"threat_ids": ids}
    return await client.post("/triage", json={**which, "action": action, **more})


async def read(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_threat_from_new_to_closed_and_back_with_its_history(
    ann: httpx.AsyncClient, endpoints: Endpoints
) -> None:
    [one, *_] = IDS
    assert (await act(ann, "acknowledge", [one])).json() == {"changed": 1, "unchanged": 0, "missing": []}
    assert (await act(ann, "acknowledge", [one])).json() == {"changed": 0, "unchanged": 1, "missing": []}
    await act(ann, "assign", [one], assignee="ann")
    await act(ann, "note", [one], note="seen before")
    await act(ann, "close", [one], verdict="false_positive", reason="our scanner")
    detail = await read(ann, f"/threats/{one}")
    assert detail["triage"] | {"updated_time": 0} == {
        "status": "closed", "assignee": "ann", "verdict": "false_positive", "reason": "our scanner",
        "updated_time": 0, "version": 4,
    }  # fmt: skip
    assert [change["action"] for change in detail["history"]] == ["acknowledge", "assign", "note", "close"]
    assert {change["actor"] for change in detail["history"]} == {"ann"}
    await act(ann, "reopen", [one])
    assert (await read(ann, f"/threats/{one}"))["triage"]["status"] == "new"
    published = [Change.model_validate_json(r.value) for r in await consume(endpoints.broker, VERDICTS.name, 5)]
    assert [change.action.value for change in published] == ["acknowledge", "assign", "note", "close", "reopen"]
    assert {str(change.threat_id) for change in published} == {one}


async def test_two_analysts_at_once_and_one_is_told(api: Api, ann: httpx.AsyncClient) -> None:
    async with api.client(Role.ADMIN) as adm:
        both = await asyncio.gather(
            *(act(client, "close", [IDS[0]], verdict="true_positive", version=0) for client in (ann, adm))
        )
    assert sorted(answer.status_code for answer in both) == [200, 409]
    [refused] = [answer.json() for answer in both if answer.status_code == 409]
    assert refused["version"] == 1
    assert len((await read(ann, f"/threats/{IDS[0]}"))["history"]) == 1


async def test_many_at_once_by_list_and_by_filter(ann: httpx.AsyncClient) -> None:
    nobody = "00000000-0000-8000-8000-000000000000"
    assert (await act(ann, "acknowledge", [*IDS[:4], IDS[0], nobody])).json() == {
        "changed": 4, "unchanged": 0, "missing": [nobody],
    }  # fmt: skip
    done = await act(ann, "close", filter={"status": ["new"], "dst_port": ["21"]}, verdict="benign_positive")
    assert done.json()["changed"] == 3
    counts = (await read(ann, "/threats/counts?by=status"))["by"]["status"]
    assert counts == {"acknowledged": 4, "closed": 3, "new": 3}
    for status, number in counts.items():
        assert len((await read(ann, f"/threats?status={status}"))["items"]) == number
    assert len((await read(ann, "/threats?verdict=benign_positive"))["items"]) == 3
    [group] = (await read(ann, "/threats/groups"))["items"]
    assert (group["count"], group["open_count"]) == (10, 7)


async def test_the_history_cannot_be_changed(ann: httpx.AsyncClient, database: asyncpg.Connection) -> None:
    await act(ann, "note", IDS[:1], note="as it was")
    for statement in ("UPDATE triage_history SET note = 'x'", "DELETE FROM triage_history", "TRUNCATE triage_history"):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await database.execute(statement)
    assert [change["note"] for change in (await read(ann, f"/threats/{IDS[0]}"))["history"]] == ["as it was"]


@pytest.mark.parametrize("api", [{"send_s": 1}], indirect=True)  # a change is left over when no send can be at work
async def test_what_kafka_did_not_take_is_published_later(
    api: Api, ann: httpx.AsyncClient, endpoints: Endpoints, database: asyncpg.Connection
) -> None:
    """A change that stayed in the outbox, as after a crash, comes by itself."""
    await act(ann, "acknowledge", IDS[:1])
    await database.execute("INSERT INTO triage_outbox SELECT change_id FROM triage_history")
    assert api.process.running
    published = await consume(endpoints.broker, VERDICTS.name, 2, limit_s=60)
    assert len({record.value for record in published}) == 1
    assert len(published) == 2


async def test_a_suppression_hides_is_previewed_and_ends(ann: httpx.AsyncClient, database: asyncpg.Connection) -> None:
    match = {"entity": "10.9.9.9", "dst_port": 21}
    window_s = 7200
    preview = (await ann.post("/suppressions/preview", json={"match": match, "window_s": window_s})).json()
    assert (preview["matches"], len(preview["sample"]), preview["complete"]) == (5, 5, True)
    body = {"match": match, "reason": "our scanner", "expires_time": time.time() + 3600}
    made = (await ann.post("/suppressions", json=body)).json()
    assert {item["dst_port"] for item in (await read(ann, "/threats"))["items"]} == {20}
    assert len((await read(ann, "/threats?suppressed=true"))["items"]) == 5
    assert [item["suppressed"] for item in (await read(ann, "/threats?suppressed=all"))["items"]] == [True, False] * 5
    assert (await read(ann, f"/threats/{IDS[1]}"))["suppressed"] is True
    assert [each["suppression_id"] for each in (await read(ann, "/suppressions"))["items"]] == [made["suppression_id"]]
    assert (await ann.delete(f"/suppressions/{made['suppression_id']}")).status_code == 204
    assert (await ann.delete(f"/suppressions/{made['suppression_id']}")).status_code == 404
    assert len((await read(ann, "/threats"))["items"]) == 10
    with pytest.raises(asyncpg.RestrictViolationError):
        await database.execute("DELETE FROM suppressions")


async def test_suppressions_that_make_no_sense_are_refused(reader: httpx.AsyncClient) -> None:
    year_s = 366 * 86_400
    for body in (
        {"match": {}, "reason": "x", "expires_time": time.time() + 60},
        {"match": {"src_ip": "nowhere"}, "reason": "x", "expires_time": time.time() + 60},
        {"match": {"entity": "x"}, "reason": "x", "expires_time": time.time() - 60},
        {"match": {"entity": "x"}, "reason": "x", "expires_time": time.time() + 2 * year_s},
        {"match": {"entity": "x"}, "expires_time": time.time() + 60},
    ):
        assert (await reader.post("/suppressions", json=body)).status_code == 422, body


async def test_pages_follow_each_other_without_gap_or_repeat(
    ann: httpx.AsyncClient, database: asyncpg.Connection
) -> None:
    """Also over threats of the same time."""
    await store(database, [threat(100 + n, at=BASE + 5, threat_class=ThreatClass.EXPLOIT) for n in range(7)])
    seen: list[str] = []
    cursor = ""
    while True:
        page = await read(ann, f"/threats?limit=3{cursor}")
        seen += [item["threat_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen)) == 17
    groups = await read(ann, "/threats/groups?limit=1")
    more = await read(ann, f"/threats/groups?limit=1&cursor={groups['next_cursor']}")
    assert [each["count"] for each in (*groups["items"], *more["items"])] == [10, 7]
    assert more["next_cursor"] is None


async def test_an_entity_its_risk_and_its_links(reader: httpx.AsyncClient) -> None:
    entity = await read(reader, "/entities/10.9.9.9")
    assert (entity["events"], entity["threats"], entity["by_class"]) == (10, 10, {"scan": 10})
    assert (entity["first_seen"], entity["last_seen"]) == (THREATS[0].event_time, THREATS[-1].event_time)
    assert sum(point["threats"] for point in entity["risk"]) == 10
    assert (await reader.get("/entities/nobody")).status_code == 404
    links = await read(reader, "/entities/links")
    assert [(link["source"], link["target"], link["count"]) for link in links["links"]] == [
        ("10.9.9.9", "10.0.0.5", 10)
    ]
    timeline = await read(reader, "/threats/timeline?buckets=5")
    assert sum(sum(bucket["counts"].values()) for bucket in timeline["items"]) == 10


async def test_filters_find_what_they_say(reader: httpx.AsyncClient) -> None:
    for query, count in FOUND:
        assert len((await read(reader, f"/threats?{query}"))["items"]) == count, query
        assert (await read(reader, f"/threats/counts?{query}"))["total"] == count, query
