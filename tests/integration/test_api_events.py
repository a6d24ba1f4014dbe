"""Events sent over HTTP become scored threats that live clients see."""

from __future__ import annotations

from pathlib import Path

import msgpack
import msgspec

from api.contract.access import Role
from ironcore.stack import Endpoints
from schemas.topics import RAW
from tests.integration.api import frame, items, running_api
from tests.integration.conftest import Workers, until
from tests.integration.traffic import consume, scan


async def test_events_by_http_become_threats_on_the_live_feed(
    endpoints: Endpoints, workers: Workers, tmp_path: Path
) -> None:
    worker = workers.start()
    events = [msgspec.json.decode(record.value) for record in scan(300)]
    with running_api(endpoints, tmp_path, [worker]) as api:
        async with api.live("threat_class=scan") as live, api.client(Role.ADMIN) as client:
            await frame(live, "hello")
            for begin in range(0, 300, 100):
                answer = await client.post("/events", json=events[begin : begin + 100])
                assert (answer.status_code, answer.json()) == (202, {"accepted": 100, "rejected": []})
            seen = await items(live, 1, limit_s=60)
            assert seen[0]["entity"] == "10.9.9.9"
            detail = (await client.get(f"/threats/{seen[0]['threat_id']}")).json()
            assert detail["threat"]["contributions"]
            assert detail["event"]["src_ip"] == "10.9.9.9"

            async def scored() -> bool:
                stats = (await client.get("/stats")).json()
                return bool(
                    stats["events_total"] == 300 and stats["workers"] == [{"address": worker.address, "up": True}]
                )

            await until(scored, what="every event in the stats")
    assert workers.unexpected_errors() == []


async def test_bodies_in_every_form_and_what_is_rejected_by_its_place(endpoints: Endpoints, tmp_path: Path) -> None:
    event = {"kind": "flow", "event_time": 1_764_000_000.5, "src_ip": "10.0.0.7", "flow": {"orig_bytes": 1}}
    lines = b"\n".join(msgspec.json.encode({**event, "src_port": port}) for port in (1, 2))
    bad = {**event, "src_ip": "nowhere"}
    with running_api(endpoints, tmp_path) as api:
        async with api.client(Role.ADMIN) as client:

            async def send(body: bytes, type_: str) -> tuple[int, dict[str, object]]:
                answer = await client.post("/events", content=body, headers={"content-type": type_})
                return answer.status_code, answer.json()

            assert (await send(lines, "application/x-ndjson"))[1]["accepted"] == 2
            assert (await send(msgpack.packb(event), "application/msgpack"))[1]["accepted"] == 1
            status, mixed = await send(msgspec.json.encode([event, bad]), "application/json")
            assert (status, mixed["accepted"]) == (202, 1)
            assert mixed["rejected"][0] | {"detail": ""} == {"element": 2, "reason": "invalid", "detail": ""}  # type: ignore[index]
            for body, type_, wanted in (
                (b"", "application/json", 400),
                (b"{", "application/json", 400),
                (b"<x/>", "application/xml", 415),
                (msgspec.json.encode(bad), "application/json", 422),
            ):
                assert (await send(body, type_))[0] == wanted
        records = await consume(endpoints.broker, RAW.name, 3)
        assert {record.key for record in records} == {b"10.0.0.7"}
