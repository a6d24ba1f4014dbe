"""An API for the tests: a running process, users of every role, clients, and threats without a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
from aiokafka import AIOKafkaProducer
from websockets.asyncio.client import ClientConnection, connect

from api.access.users import put_user
from api.contract.access import Role
from ironcore.local_api import api_process
from ironcore.settings import Settings
from ironcore.stack import ChildProcess, Endpoints
from schemas import sql
from schemas.identity import threat_uuids
from schemas.render import Form, render
from schemas.threat import ATTACK, ContributionStruct, Threat, ThreatClass, ThreatStruct, severity_of
from schemas.topics import THREATS

PASSWORD = "correct horse battery staple"
NAMES = {Role.VIEWER: "viv", Role.ANALYST: "ann", Role.ADMIN: "adm"}


@dataclass
class Api:
    """A running API."""

    endpoints: Endpoints
    process: ChildProcess
    tokens: dict[Role, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://{self.process.address}"

    def token(self, role: Role) -> str:
        if role not in self.tokens:
            body = {"username": NAMES[role], "password": PASSWORD}
            answer = httpx.post(f"{self.url}/api/v1/auth/token", json=body)
            assert answer.status_code == 200, answer.text
            self.tokens[role] = answer.json()["access_token"]
        return self.tokens[role]

    def client(self, role: Role | None = Role.ANALYST) -> httpx.AsyncClient:
        headers = {} if role is None else {"Authorization": f"Bearer {self.token(role)}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, timeout=30)

    def live(self, query: str = "", role: Role = Role.VIEWER, **options: Any) -> connect:
        headers = {"Authorization": f"Bearer {self.token(role)}"}
        url = f"ws://{self.process.address}/ws/threats?format=json&{query}"
        return connect(url, additional_headers=headers, compression=None, max_size=None, **options)


@contextmanager
def running_api(
    endpoints: Endpoints, folder: Path, workers: Iterable[ChildProcess] = (), **overrides: Any
) -> Iterator[Api]:
    """Run an API of one process with a user of each role."""
    with ThreadPoolExecutor(1) as thread:  # the test may have a loop of its own
        thread.submit(asyncio.run, _add_users(endpoints.postgres_dsn)).result()
    process = api_process(endpoints, Settings(), folder / "api.log", list(workers), **{"processes": 1, **overrides})
    process.start()
    try:
        yield Api(endpoints, process)
    finally:
        process.stop()


async def _add_users(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for role, name in NAMES.items():
            await put_user(connection, name, PASSWORD, role)
    finally:
        await connection.close()


def threat(number: int = 0, *, at: float | None = None, **values: Any) -> Threat:
    """Return a threat; the number tells it from others."""
    event_time = round(time.time() if at is None else at, 6)
    event_id = UUID(int=(round(event_time * 1000) << 80) | (8 << 76) | (2 << 62) | number)
    risk = values.pop("risk", 80.0)
    threat_class = values.pop("threat_class", ThreatClass.SCAN)
    made: Threat = ThreatStruct(**{
        "threat_id": threat_uuids([event_id])[0],
        "event_ids": [event_id],
        "entity": "10.9.9.9",
        "severity": severity_of(risk),
        "threat_class": threat_class,
        "attack": ATTACK.get(threat_class),
        "anomaly": 0.9,
        "class_probabilities": {threat_class: 1.0},
        "risk": risk,
        "contributions": [ContributionStruct(name="window_ports", observed=212, expected=3, contribution=2.5)],
        "model_name": "test",
        "model_version": "1",
        "event_time": event_time,
        "scored_time": event_time,
        "src_ip": "10.9.9.9",
        "dst_ip": "10.0.0.5",
        "dst_port": 22,
        "sensor": "test",
        **values,
    })  # fmt: skip
    return made


async def store(connection: asyncpg.Connection, threats: Iterable[Threat]) -> None:
    """Write threats as a worker does, and an event of each."""
    for each in threats:
        event = {"kind": "flow", "event_time": each.event_time, "event_id": str(each.event_ids[0]), "flow": {}}
        await connection.execute(
            f"INSERT INTO threats ({', '.join(sql.THREAT_COLUMNS)}) VALUES "
            "(to_timestamp($1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, to_timestamp($14), $15, $16)",
            each.event_time, each.threat_id, each.entity, each.severity.value, each.threat_class.value, each.risk,
            each.anomaly, each.src_ip, each.dst_ip, each.dst_port, each.sensor, each.basis.value,
            each.model_version, each.scored_time,
            msgspec.json.encode(each).decode(), msgspec.json.encode(event).decode(),
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO events (event_time, event_id, kind, entity, anomaly, threat_class, risk, model_version, "
            "scored_time) VALUES (to_timestamp($1), $2, 'flow', $3, 0, 'scan', 80, '1', to_timestamp($1))",
            each.event_time, each.event_ids[0], each.entity,
        )  # fmt: skip


@asynccontextmanager
async def publisher(broker: str) -> AsyncIterator[AIOKafkaProducer]:
    """Connect a producer."""
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all")
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def publish(producer: AIOKafkaProducer, threats: Iterable[Threat], form: Form = Form.JSON) -> None:
    """Publish threats as a worker does."""
    sent = []
    for each in threats:
        value, headers = render(each, form)
        sent.append(await producer.send(THREATS.name, value, each.threat_id.hex.encode(), headers=headers))
    await asyncio.gather(*sent)


async def frames(socket: ClientConnection, *types: str) -> AsyncIterator[dict[str, Any]]:
    """Yield the frames of these types."""
    async for data in socket:
        frame = msgspec.json.decode(data)
        if frame["type"] in types:
            yield frame


async def frame(socket: ClientConnection, kind: str, limit_s: float = 30.0) -> dict[str, Any]:
    """Return the next frame of a type."""
    async with asyncio.timeout(limit_s):
        return await anext(frames(socket, kind))


async def items(socket: ClientConnection, count: int, limit_s: float = 30.0) -> list[dict[str, Any]]:
    """Return the next `count` live threats."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(limit_s):
        async for each in frames(socket, "threats"):
            found += each["items"]
            if len(found) >= count:
                return found
    raise AssertionError("unreachable")
