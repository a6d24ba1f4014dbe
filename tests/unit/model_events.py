"""Events that the tests of the model are fed with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.features import FEATURES, FeatureExtractor
from schemas.event import Event, SecurityEvent
from schemas.table import EventTable, tabulate

NOON = 1_750_000_000.0  # a sub-window begins here

COLUMN = {feature.name: column for column, feature in enumerate(FEATURES)}


def flow(at: float = 0.0, src: str = "10.0.0.5", dst: str = "93.184.215.14", port: int = 443, **counters: Any) -> Any:
    """Return a connection `at` seconds after noon; a short, completed TLS exchange unless told otherwise."""
    usual = {
        "duration_s": 0.8,
        "orig_bytes": 900,
        "resp_bytes": 5400,
        "orig_pkts": 9,
        "resp_pkts": 10,
        "orig_ip_bytes": 1300,
        "resp_ip_bytes": 5900,
        "conn_state": "SF",
        "service": "ssl",
    }
    head = {"kind": "flow", "event_time": NOON + at, "src_ip": src, "src_port": 50_000, "dst_ip": dst, "dst_port": port}
    return msgspec.convert(head | {"proto": "tcp", "flow": usual | counters}, Event)


def refused(at: float, src: str = "10.0.0.5", dst: str = "10.0.0.9", port: int = 80) -> Any:
    """Return a connection that was refused."""
    none = {"orig_bytes": 0, "resp_bytes": 0, "orig_pkts": 1, "resp_pkts": 1, "orig_ip_bytes": 44, "resp_ip_bytes": 40}
    return flow(at, src, dst, port, conn_state="REJ", duration_s=0.0001, service=None, **none)


def failed_login(at: float, src: str = "10.0.0.5") -> Any:
    """Return a failed authentication."""
    event = {"kind": "auth", "event_time": NOON + at, "src_ip": src, "dst_ip": "10.0.0.9", "dst_port": 22}
    return msgspec.convert(event | {"auth": {"outcome": "failure", "method": "ssh"}}, Event)


def extract(events: Sequence[SecurityEvent], partition: int = 0) -> NDArray[np.float32]:
    """Return the features of events, with windows of their own."""
    return FeatureExtractor(window_entities=4096).extract(table(events), np.full(len(events), partition, np.int32))


def table(events: Sequence[SecurityEvent]) -> EventTable:
    """Return the table of events that are all right."""
    made, rejects = tabulate(list(events))
    assert not rejects
    return made
