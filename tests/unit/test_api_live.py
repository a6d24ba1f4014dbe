"""The live feed without servers: who gets what, what a slow client loses, what one that comes back gets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.contract.filter import ThreatFilter
from api.contract.threats import ThreatItem
from api.item import Item
from api.live.client import Client, Frame
from api.live.codec import CODECS
from api.live.hub import Hub
from api.live.position import position_of, text_of
from api.metrics import Metrics
from api.selection import test_of as passes
from api.settings import ApiSettings
from schemas.triage import Action, Change, Status

JSON = CODECS["json"]


def item(number: int = 0, **values: Any) -> Item:
    return Item(**{
        "threat_id": UUID(int=number), "event_time": 100.0 + number, "scored_time": 100.0, "entity": "10.0.0.1",
        "severity": "high", "threat_class": "scan", "risk": 80.0, "anomaly": 0.5, "src_ip": "10.0.0.1",
        "dst_ip": "10.0.0.2", "dst_port": 22, "sensor": "s", "attack": None, "model_version": "1", **values,
    })  # fmt: skip


class Listener:
    """A client whose frames are kept; it takes them only while `open` is set."""

    def __init__(self, limit: int = 1000) -> None:
        self.frames: list[dict[str, Any]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.client = Client(self._send, JSON, limit, "0")
        self.task = asyncio.create_task(self.client.run())

    async def _send(self, message: dict[str, Any]) -> None:
        await self.open.wait()
        self.frames.append(msgspec.json.decode(message["text"]))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] == kind]

    def numbers(self) -> list[int]:
        return [UUID(each["threat_id"]).int for frame in self.of("threats") for each in frame["items"]]


def hub_of(covers: Callable[[Item], bool] = lambda _: False, **settings: Any) -> Hub:
    hub = Hub(ApiSettings(**settings), Metrics(), covers)
    hub.begin((0, 0))
    return hub


def joined(hub: Hub, listener: Listener, since: str | None = None, **query: Any) -> Listener:
    hub.join(listener.client, ThreatFilter(**query), since, listener.task)
    return listener


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_an_item_is_what_the_contract_says() -> None:
    assert set(Item.__struct_fields__) == set(ThreatItem.model_fields)
    ThreatItem.model_validate_json(msgspec.json.encode(item()))


async def test_each_gets_what_passes_its_filter_and_frames_are_shared() -> None:
    hub = hub_of()
    everything, also, ssh = Listener(), Listener(), Listener()
    for listener in (everything, also):
        joined(hub, listener)
    joined(hub, ssh, dst_port=["22"])
    for number, port in enumerate((22, 80, 22)):
        hub.arrive(item(number, dst_port=port), 0, number, 1.0)
    hub.flush()
    await settle()
    assert everything.numbers() == also.numbers() == [0, 1, 2]
    assert ssh.numbers() == [0, 2]
    assert everything.frames[0] | {"server_time": 0} == {
        "type": "hello", "last_id": "0.0", "server_time": 0, "resumed": False,
    }  # fmt: skip


async def test_a_slow_client_loses_the_oldest_is_told_and_slows_nobody() -> None:
    hub = hub_of()
    slow, quick = Listener(limit=5), Listener(limit=5)
    joined(hub, slow)
    joined(hub, quick)
    await settle()
    slow.open.clear()
    for number in range(20):
        hub.arrive(item(number), 0, number, 1.0)
        hub.flush()
        await settle()
    assert quick.numbers() == list(range(20))
    slow.open.set()
    await settle()
    [gap] = slow.of("gap")
    assert slow.numbers() == [0, *range(15, 20)]  # the first was on its way when it stopped reading
    assert gap == {"type": "gap", "dropped": 14, "since_id": "1.0", "until_id": "15.0"}
    assert slow.frames.index(gap) == slow.frames.index(slow.of("threats")[1]) - 1


async def test_who_comes_back_gets_what_came_meanwhile() -> None:
    hub = hub_of()
    for number in range(10):
        hub.arrive(item(number), number % 2, number // 2, 1.0)
    hub.flush()
    listener = joined(hub, Listener(), since="3.2")
    await settle()
    assert listener.frames[0]["resumed"] is True
    assert listener.numbers() == [5, 6, 7, 8, 9]


async def test_what_is_forgotten_is_counted_and_a_foreign_id_is_not_resumed() -> None:
    hub = hub_of(live_history=4)
    for number in range(10):
        hub.arrive(item(number), 0, number, 1.0)
    hub.flush()
    late, foreign, wrong = Listener(), Listener(), Listener()
    joined(hub, late, since="2.0")
    joined(hub, foreign, since="11.0")
    joined(hub, wrong, since="1.2.3")
    await settle()
    assert late.of("gap")[0]["dropped"] == 4
    assert late.numbers() == [6, 7, 8, 9]
    assert [each.frames[0]["resumed"] for each in (foreign, wrong)] == [False, False]
    assert foreign.numbers() == []


async def test_a_frame_in_parts_is_resumable_from_each_part() -> None:
    hub = hub_of(live_queue=3)
    listener = joined(hub, Listener(limit=100))
    for number in range(8):
        hub.arrive(item(number), 0, number, 1.0)
    hub.flush()
    await settle()
    assert [frame["last_id"] for frame in listener.of("threats")] == ["0.0", "0.0", "8.0"]


async def test_the_history_fills_the_ring_and_is_no_news() -> None:
    hub = hub_of()
    listener = joined(hub, Listener())
    hub.arrive(item(1), 0, 0, None)
    hub.flush()
    back = joined(hub, Listener(), since="0.0")
    await settle()
    assert listener.numbers() == []
    assert back.numbers() == [1]


async def test_changes_reach_everybody_and_those_who_come_back_see_the_new_state() -> None:
    hub = hub_of()
    listener = joined(hub, Listener(), severity=["low"])
    hub.arrive(item(1), 0, 0, 1.0)
    hub.flush()
    hub.changed([
        Change(change_id=1, threat_id=UUID(int=1), time=1.0, actor="ann", action=Action.CLOSE, from_status=Status.NEW,
               to_status=Status.CLOSED, assignee="ann", verdict="true_positive", reason=None, note=None)
    ])  # fmt: skip
    hub.flush()
    back = joined(hub, Listener(), since="0.0", status=["closed"])
    await settle()
    assert listener.of("triage")[0]["changes"][0]["actor"] == "ann"
    assert back.of("threats")[0]["items"][0]["verdict"] == "true_positive"


async def test_a_client_that_takes_nothing_is_dropped() -> None:
    hub = hub_of(live_stall_s=0.001)
    listener = Listener()
    listener.open.clear()
    joined(hub, listener)
    await settle()
    asyncio.get_running_loop().call_later(0.002, (late := asyncio.Event()).set)
    await late.wait()
    hub._beat()
    await settle()
    assert listener.task.cancelled()
    hub.leave(listener.client)
    assert hub.clients == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=40), st.integers(5, 12))
def test_what_is_taken_and_what_is_told_as_lost_is_all(steps: list[tuple[bool, int]], limit: int) -> None:
    """Frames of some weight, a client that reads now and then: nothing vanishes without being counted."""

    async def check() -> None:
        listener = Listener(limit)
        sent = 0
        for opens, weight in steps:
            (listener.open.set if opens else listener.open.clear)()
            sent += weight
            message = {"type": "websocket.send", "text": f'{{"type":"threats","weight":{weight}}}'}
            listener.client.put(Frame(message, weight, str(sent)))
            await settle()
        listener.open.set()
        await settle()
        taken = sum(frame["weight"] for frame in listener.of("threats"))
        assert taken + sum(gap["dropped"] for gap in listener.of("gap")) == sent
        listener.task.cancel()

    asyncio.run(check())


@given(st.lists(st.integers(0, 2**60), min_size=1, max_size=8).map(tuple))
def test_positions_survive_being_text(position: tuple[int, ...]) -> None:
    assert position_of(text_of(position)) == position


@pytest.mark.parametrize("text", ["", "x", "1.", ".1", "-1", "1..2", "1" * 30])
def test_other_texts_are_no_position(text: str) -> None:
    assert position_of(text) is None


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ({}, True), ({"severity": ["high", "low"]}, True), ({"severity": ["!high"]}, False),
        ({"dst_port": ["22"]}, True), ({"dst_port": ["!22"]}, False), ({"src_ip": ["10.0.0.1"]}, True),
        ({"min_risk": 81}, False), ({"q": "10.0.0.2"}, True), ({"q": "22"}, True), ({"q": "SCA"}, True),
        ({"q": "nope"}, False), ({"from": 101}, False), ({"to": 100}, False), ({"assignee": ["!ann"]}, True),
        ({"status": ["new"]}, True), ({"suppressed": "true"}, False), ({"suppressed": "all"}, True),
        ({"basis": ["event"]}, True), ({"basis": ["entity_risk"]}, False), ({"basis": ["!entity_risk"]}, True),
    ],
)  # fmt: skip
def test_a_filter_tells_an_item(query: dict[str, Any], verdict: bool) -> None:  # noqa: FBT001
    assert passes(ThreatFilter.model_validate(query))(item()) is verdict
