"""Which threats remain of a batch that was, in part, stored before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from schemas.event import Event, Flow
from schemas.struct import compile_struct
from schemas.table import tabulate
from streams.batch import Batch, document_key
from tests.unit.test_threat import THREAT


def batch(event_numbers: list[int], threat_rows: list[int]) -> Batch:
    make: Any = Event
    made = Batch(slabs=())
    made.table, _ = tabulate(
        [
            make(kind="flow", event_time=1.0, event_id=UUID(int=number), flow=compile_struct(Flow)())
            for number in event_numbers
        ]
    )
    made.threat_rows = threat_rows
    made.threats = [
        msgspec.structs.replace(
            THREAT, threat_id=UUID(int=100 + event_numbers[row]), event_ids=[UUID(int=event_numbers[row])]
        )
        for row in threat_rows
    ]
    return made


def test_threats_of_fresh_events_and_known_threats_remain() -> None:
    made = batch([1, 2, 3], [0, 1, 2])
    made.keep_threats(fresh={UUID(int=1)}, known={UUID(int=103)})
    assert [threat.threat_id.int for threat in made.threats] == [101, 103]
    assert made.threat_rows == [0, 2]


def test_of_an_event_that_is_there_twice_the_first_score_counts() -> None:
    made = batch([1, 1, 2, 2], [1, 2, 3])  # event 1 became a threat only the second time
    made.keep_threats(fresh={UUID(int=1), UUID(int=2)}, known=set())
    assert ([threat.threat_id.int for threat in made.threats], made.threat_rows) == ([102], [2])


def test_rows_that_were_written_of_all_threats_are_no_rows_of_those_that_remain() -> None:
    made = batch([1, 2], [0, 1])
    made.threat_copy, made.documents = (b"rows of both",), {document_key(made.threats[0]): b"{}"}
    made.keep_threats(fresh={UUID(int=1)}, known=set())
    assert not made.threat_copy
    assert not made.documents


def test_whole_events_are_let_go_of_but_those_that_are_kept() -> None:
    made = batch([1, 2, 3], [])
    second = made.table.events[1]
    made.table.let_go(kept=[1, 1])
    assert made.table.events == [None, second, None]
    assert made.table.identified(1) is second
    assert len(made.table) == 3
