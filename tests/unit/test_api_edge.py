"""The edge: files of the dashboard, bodies, origins; and what an act does to a state."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api.contract.triage import TriageRequest
from api.cursor import Place, cursor_of, place_of
from api.deciding.transition import UNTOUCHED, State, after, is_change
from api.edge.body import bounded, check_length
from api.edge.files import Files
from api.edge.origins import Origins
from api.edge.question import question_of
from api.errors import ProblemError
from api.ingest import RECORD_BYTES, ingest
from api.kafka import Out
from api.metrics import Metrics

ONE = UUID(int=1)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "assets" / "index-Ab3_-9xZ.js").write_text("script")
    (tmp_path / "assets" / "index-Ab3_-9xZ.js.br").write_bytes(b"packed")
    (tmp_path / "assets" / "index-Ab3_-9xZ.js.map").write_text("source")
    (tmp_path.parent / "secret").write_text("secret")
    (tmp_path / "link").symlink_to(tmp_path.parent / "secret")
    return Files(tmp_path)


@pytest.mark.parametrize("path", ["/", "/triage", "/threats/0199-x", "/entities/some host"])
def test_routes_of_the_dashboard_get_its_page(files: Files, path: str) -> None:
    file = files.find(path)
    assert file is not None
    headers, data = file.best(b"gzip, br")
    assert (data, dict(headers)[b"cache-control"]) == (b"page", b"no-cache")


def test_hashed_files_are_kept_for_ever_and_packed_when_that_suits(files: Files) -> None:
    file = files.find("/assets/index-Ab3_-9xZ.js")
    assert file is not None
    headers, data = file.best(b"gzip;q=1.0, br;q=0.9")
    assert (data, dict(headers)[b"content-encoding"]) == (b"packed", b"br")
    assert b"immutable" in dict(headers)[b"cache-control"]
    assert file.best(b"")[1] == b"script"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/api/v1/nothing",
        "/link",
        "/../secret",
        "/assets/index-Ab3_-9xZ.js.map",
        "/favicon.ico",
        "/ready",
    ],
)
def test_nothing_else_is_served(files: Files, path: str) -> None:
    file = files.find(path)
    assert file is None or file.best(b"")[1] == b"page"
    assert path not in {"/assets/gone.js", "/api/v1/nothing", "/favicon.ico", "/ready"} or file is None


async def test_a_body_is_bounded_by_what_it_announces_and_by_what_comes() -> None:
    check_length([(b"content-length", b"10")], 10)
    for value, status in ((b"11", 413), (b"-1", 400), (b"x", 400)):
        with pytest.raises(ProblemError) as refused:
            check_length([(b"content-length", value)], 10)
        assert refused.value.status_code == status

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"123456", "more_body": True}

    limited = bounded(receive, 10)
    await limited()
    with pytest.raises(ProblemError):
        await limited()


def test_origins_are_closed_by_default_and_open_by_name() -> None:
    asking = [(b"origin", b"https://soc.example"), (b"access-control-request-method", b"POST")]
    assert Origins(frozenset()).preflight("OPTIONS", asking) is None
    assert Origins(frozenset()).marks(asking) == []
    allowed = Origins(frozenset({"https://soc.example"}))
    answer = allowed.preflight("OPTIONS", asking)
    assert answer is not None
    assert (b"access-control-allow-origin", b"https://soc.example") in answer
    assert allowed.preflight("OPTIONS", [(b"origin", b"https://x.example"), *asking[1:]]) is None
    assert not any(name == b"access-control-allow-credentials" for name, _ in answer)


def act(action: str, **more: Any) -> TriageRequest:
    return TriageRequest(threat_ids=[ONE], action=action, **more)


CLOSED = State("closed", "ann", "false_positive", "ours")


@pytest.mark.parametrize(
    ("state", "request_", "then"),
    [
        (UNTOUCHED, act("acknowledge"), State("acknowledged", None, None, None)),
        (CLOSED, act("acknowledge"), CLOSED),
        (UNTOUCHED, act("assign", assignee="bob"), State("new", "bob", None, None)),
        (CLOSED, act("assign"), CLOSED._replace(assignee=None)),
        (UNTOUCHED, act("close", verdict="true_positive"), State("closed", None, "true_positive", None)),
        (CLOSED, act("close", verdict="false_positive", reason="ours"), CLOSED),
        (CLOSED, act("close", verdict="true_positive"), State("closed", "ann", "true_positive", None)),
        (CLOSED, act("reopen"), State("new", "ann", None, None)),
        (UNTOUCHED, act("reopen"), UNTOUCHED),
        (CLOSED, act("note", note="x"), CLOSED),
    ],
)
def test_what_an_act_does(state: State, request_: TriageRequest, then: State) -> None:
    assert after(state, request_) == then
    assert is_change(state, then, request_) is (then != state or request_.note is not None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "close"}, {"action": "acknowledge", "verdict": "true_positive"}, {"action": "note"},
        {"action": "acknowledge", "reason": "x"}, {"action": "acknowledge", "assignee": "x"},
        {"action": "acknowledge", "threat_ids": None}, {"action": "acknowledge", "filter": {}},
        {"action": "acknowledge", "threat_ids": [ONE, ONE], "version": 1}, {"action": "note", "note": "a\0b"},
    ],
)  # fmt: skip
def test_acts_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        TriageRequest(**{"threat_ids": [ONE], **wrong})


def test_cursors_come_back_and_others_are_refused() -> None:
    place = Place(1_764_000_000.123456, ONE)
    assert place_of(cursor_of(place)) == place
    assert place_of(None) is None
    for text in ("x", "1~", "1~zz", f"-1~{ONE.hex}", f"1 ~{ONE.hex}", f"99999999999999999999~{ONE.hex}"):
        with pytest.raises(ProblemError):
            place_of(text)


def test_no_two_questions_share_an_answer() -> None:
    questions = [(b"/entities/a", b"b"), (b"/entities/a%3Fb", b""), (b"/entities/a", b""), (b"/entities/A", b"")]
    assert len({question_of({"raw_path": path, "query_string": query}) for path, query in questions}) == 4


class Taken:
    """A producer that keeps what it is told to send."""

    def __init__(self) -> None:
        self.records: list[Out] = []

    async def send(self, records: list[Out]) -> int:
        self.records += records
        return 0


async def test_events_go_out_by_entity_in_order_and_in_records_of_a_bounded_size() -> None:
    events = [
        {"kind": "http", "event_time": 1.0 + n, "src_ip": f"10.0.0.{n % 2}", "http": {"uri": "x" * 4000}}
        for n in range(400)
    ]
    taken: Any = Taken()
    body = msgspec.json.encode(events)
    answer = await ingest(taken, Metrics(), body, {"content-type": "application/json"}, 16_000_000)
    assert answer == {"accepted": 400, "rejected": []}
    assert max(len(out.value) for out in taken.records) < RECORD_BYTES + 10_000
    for key in (b"10.0.0.0", b"10.0.0.1"):
        times = [e["event_time"] for out in taken.records if out.key == key for e in msgspec.msgpack.decode(out.value)]
        assert times == sorted(times)
        assert len(times) == 200
