"""The live feed: filters, both forms, resume, and a slow reader that loses the oldest and slows nobody."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.contract.access import Role
from ironcore.stack import Endpoints, Stack
from schemas.render import Form
from schemas.threat import ThreatClass
from tests.integration.api import Api, frame, frames, items, publish, publisher, running_api, store, threat
from tests.integration.conftest import fresh_endpoints, until


@pytest.fixture(scope="module")
def endpoints(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """One broker and one database: the feed tells what comes, whatever was there before."""
    with fresh_endpoints(stack, tmp_path_factory.mktemp("live")) as made:
        yield made


@pytest.fixture(scope="module")
def api(
    endpoints: Endpoints, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Api]:
    """An API for all; a test gets one of its own with other settings by its parameter."""
    with running_api(endpoints, tmp_path_factory.mktemp("api"), **getattr(request, "param", {})) as started:
        yield started


async def test_threats_arrive_once_filtered_in_both_forms(api: Api, endpoints: Endpoints) -> None:
    sent = [threat(n, risk=60 + n, dst_port=n) for n in range(30)]
    async with publisher(endpoints.broker) as producer, api.live() as everything, api.live("min_risk=80") as risky:
        for live in (everything, risky):
            await frame(live, "hello")
        await publish(producer, sent[:20])
        await publish(producer, sent[20:], Form.MSGPACK)
        seen = await items(everything, 30)
        assert {item["threat_id"] for item in seen} == {str(each.threat_id) for each in sent}
        assert {item["status"] for item in seen} == {"new"}
        assert sorted(item["dst_port"] for item in await items(risky, 10)) == list(range(20, 30))


async def test_msgpack_is_the_default_and_says_the_same(api: Api, endpoints: Endpoints) -> None:
    headers = {"Authorization": f"Bearer {api.token(Role.VIEWER)}"}
    url = f"ws://{api.process.address}/ws/threats"
    async with (
        publisher(endpoints.broker) as producer,
        connect(url, additional_headers=headers) as packed,
        api.live() as text,
    ):
        assert msgspec.msgpack.decode(await packed.recv(decode=False))["type"] == "hello"
        await frame(text, "hello")
        await publish(producer, [threat(1)])
        [as_json] = await items(text, 1)
        while (as_msgpack := msgspec.msgpack.decode(await packed.recv(decode=False)))["type"] != "threats":
            pass
        assert as_msgpack["items"] == [as_json]


async def test_a_filter_can_be_changed_on_the_way(api: Api, endpoints: Endpoints) -> None:
    async with publisher(endpoints.broker) as producer, api.live("threat_class=scan") as live:
        await frame(live, "hello")
        await live.send('{"type": "filter", "filter": {"threat_class": ["exploit"]}}')
        await frame(live, "hello")
        await publish(producer, [threat(1), threat(2, threat_class=ThreatClass.EXPLOIT)])
        assert [item["threat_class"] for item in await items(live, 1)] == ["exploit"]


async def test_a_client_that_comes_back_gets_what_it_missed_and_nothing_twice(api: Api, endpoints: Endpoints) -> None:
    async with publisher(endpoints.broker) as producer:
        async with api.live() as live:
            await frame(live, "hello")
            await publish(producer, [threat(n) for n in range(5)])
            seen = 0
            while seen < 5:
                batch = await frame(live, "threats")
                seen, last_id = seen + len(batch["items"]), batch["last_id"]
        missed = [threat(n) for n in range(5, 12)]
        await publish(producer, missed)
        async with api.live(f"since={last_id}") as live:
            assert (await frame(live, "hello"))["resumed"] is True
            found = await items(live, 7)
        assert sorted(item["threat_id"] for item in found) == sorted(str(each.threat_id) for each in missed)


async def test_an_id_of_another_topic_is_not_resumed(api: Api) -> None:
    for since in ("999999.0.0.0", "1.2"):
        async with api.live(f"since={since}") as live:
            assert (await frame(live, "hello"))["resumed"] is False


@pytest.mark.parametrize("api", [{"live_history": 10}], indirect=True)
async def test_what_is_too_old_to_resume_is_counted(api: Api, endpoints: Endpoints) -> None:
    async with publisher(endpoints.broker) as producer, api.live() as live:
        first = await frame(live, "hello")
        await publish(producer, [threat(n) for n in range(50)])
        await items(live, 50)
        async with api.live(f"since={first['last_id']}") as late:
            assert (await frame(late, "hello"))["resumed"] is True
            gap = await frame(late, "gap")
            assert (gap["dropped"], len(await items(late, 10))) == (40, 10)


@pytest.mark.parametrize("api", [{"live_queue": 200}], indirect=True)
async def test_a_slow_reader_loses_the_oldest_with_a_count_and_slows_nobody(api: Api, endpoints: Endpoints) -> None:
    """The slow one reads nothing while far more than its queue and its socket's buffers hold is published."""
    many, at_once = 1500, 100
    host, port = api.process.address.split(":")
    small = socket.create_connection((host, int(port)))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    async with (
        publisher(endpoints.broker) as producer,
        api.live() as quick,
        api.live(max_queue=1, sock=small, ping_interval=None) as slow,
    ):
        await frame(quick, "hello")
        for begin in range(0, many, at_once):
            await publish(producer, [threat(begin + n, entity="e" * 10_000) for n in range(at_once)])
            assert len(await items(quick, at_once)) == at_once
        await _dropped(api)
        last = threat(many + 1, entity="the last one")
        await publish(producer, [last])
        taken, dropped, ids = 0, 0, []
        async with asyncio.timeout(60):
            async for each in frames(slow, "threats", "gap"):
                dropped += each.get("dropped", 0)
                ids += [item["threat_id"] for item in each.get("items", ())]
                taken = len(ids)
                if str(last.threat_id) in ids[-1:]:
                    break
    assert dropped > 0
    assert taken + dropped == many + 1
    assert len(set(ids)) == taken


async def _dropped(api: Api) -> None:
    async def counted() -> bool:
        async with httpx.AsyncClient() as anybody:
            text = (await anybody.get(f"{api.url}/metrics")).text
        [line] = [line for line in text.splitlines() if line.startswith("ironcore_api_live_dropped_total ")]
        return float(line.split()[1]) > 0

    await until(counted, what="a dropped frame")


async def test_what_analysts_do_is_told_to_everybody(api: Api, database: Any) -> None:
    await store(database, [threat(1)])
    async with api.live("severity=critical") as live, api.client() as analyst:
        await frame(live, "hello")
        body = {"threat_ids": [str(threat_id) for threat_id in await _ids(database)], "action": "acknowledge"}
        assert (await analyst.post("/triage", json=body)).json()["changed"] == 1
        [change] = (await frame(live, "triage"))["changes"]
        assert (change["actor"], change["action"], change["to_status"]) == ("ann", "acknowledge", "acknowledged")


async def test_suppressed_threats_are_left_out_of_the_feed(api: Api, endpoints: Endpoints) -> None:
    async with publisher(endpoints.broker) as producer, api.live() as plain, api.live("suppressed=all") as whole:
        async with api.client() as analyst:
            body = {"match": {"dst_port": 7022}, "reason": "ours", "expires_time": time.time() + 60}
            assert (await analyst.post("/suppressions", json=body)).status_code == 201
        await publish(producer, [threat(1, dst_port=7022), threat(2, dst_port=7023)])
        assert [item["dst_port"] for item in await items(plain, 1)] == [7023]
        assert {item["dst_port"]: item["suppressed"] for item in await items(whole, 2)} == {7022: True, 7023: False}


async def test_stats_come_every_second(api: Api) -> None:
    async with api.live() as live, asyncio.timeout(30):
        async for told in frames(live, "stats"):  # the test before may still be leaving
            if told["stats"]["live_clients"] == 1:
                break


@pytest.mark.parametrize(
    ("query", "code"),
    [("severity=nope", 4400), ("format=xml", 4400), ("since=x", 4400), ("limit=5", 4400), ("min_risk=101", 4400)],
)
async def test_a_wrong_question_is_refused_with_a_reason(api: Api, query: str, code: int) -> None:
    async with api.live(query) as live:
        with pytest.raises(ConnectionClosed) as closed:
            await frame(live, "threats")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    assert closed.value.rcvd.reason


async def test_strangers_are_refused(api: Api) -> None:
    url = f"ws://{api.process.address}/ws/threats"
    async with connect(url) as live:
        with pytest.raises(ConnectionClosed) as closed:
            await live.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401
    with pytest.raises(InvalidStatus, match="403"):
        async with connect(url, origin="https://elsewhere.example"):  # type: ignore[arg-type]
            pass


async def _ids(database: Any) -> list[Any]:
    return [row["threat_id"] for row in await database.fetch("SELECT threat_id FROM threats")]
