"""The compiled loops: nothing is compiled while events wait."""

from __future__ import annotations

from typing import Any

import numpy as np

from models import arrivals, flow_features, kernel
from models.features import FeatureExtractor
from schemas.formats import decode_records
from tests.unit.model_events import flow, table

LOOPS: tuple[Any, ...] = (  # numba's dispatchers
    arrivals._read,
    flow_features._measure,
    kernel.advance,
    kernel.tally,
)


def signatures() -> list[int]:
    return [len(loop.signatures) for loop in LOOPS]


class Raw:
    headers = ()

    def __init__(self, value: bytes) -> None:
        self.value = value


def test_an_extractor_has_compiled_everything_before_the_first_event() -> None:
    extractor = FeatureExtractor(window_entities=64)
    before = signatures()
    assert all(before)
    names = decode_records([
        Raw(b'{"kind":"dns","event_time":1750000000.5,"sensor":"s","src_ip":"10.0.0.5","dns":{"query":"a.example.com"}}'),
        Raw(b'{"kind":"auth","event_time":1750000001,"sensor":"s","host":"h","auth":{"outcome":"failure"}}'),
    ]).table  # fmt: skip
    for events in (table([flow(0)]), table([flow(at) for at in range(40)]), names):
        partitions = np.zeros(len(events), np.int32)
        extractor.extract(events, partitions)
        extractor.kinds.look(events, partitions)
        extractor.observe(events, partitions)
    assert signatures() == before
