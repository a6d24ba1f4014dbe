"""Events turned into columns, once a batch: the only place of `models` that touches events one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.addresses import AddressBook
from schemas.event import Flow, SecurityEvent, entity_of
from schemas.struct import compile_struct

#: Columns of `Columns.counters`, as named in the contract.
COUNTERS = ("duration_s", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes")

#: Zeek's connection states by code; 0 is missing or unknown to us.
STATES = ("", "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH")
PROTOCOLS = ("", "tcp", "udp", "icmp", "other")

_STATE: dict[str | None, int] = {name: code for code, name in enumerate(STATES)}
_PROTOCOL: dict[str | None, int] = {**{name: code for code, name in enumerate(PROTOCOLS)}, None: 0, "icmp6": 3}
_OTHER_PROTOCOL = PROTOCOLS.index("other")
_NO_FLOW = compile_struct(Flow)()


class Columns(NamedTuple):
    """A batch of n events. Missing numbers are NaN, missing ports -1, missing codes 0."""

    event_time: NDArray[np.float64]  #: seconds since 1970, UTC
    entity: NDArray[np.uint64]  #: key of the entity (`AddressBook`)
    src: NDArray[np.uint64]  #: key of the source address
    dst: NDArray[np.uint64]  #: key of the destination address
    src_port: NDArray[np.int32]
    dst_port: NDArray[np.int32]
    protocol: NDArray[np.uint8]  #: index into `PROTOCOLS`
    state: NDArray[np.uint8]  #: index into `STATES`
    counters: NDArray[np.float64]  #: (n, 7) in the order of `COUNTERS`
    is_connection: NDArray[np.bool_]  #: kind flow with at least one counter
    auth_failed: NDArray[np.bool_]  #: kind auth with outcome failure
    auth_attempts: NDArray[np.float64]  #: attempts that the record speaks of, at least 1
    alert_severity: NDArray[np.float32]  #: 1 (highest) to 4, NaN without an alert


def columns_of(events: Sequence[SecurityEvent], book: AddressBook) -> Columns:
    """Read a batch of events into columns, in their order."""
    flows = [e.flow if e.flow is not None and e.kind != "alert" else _NO_FLOW for e in events]
    counters = _counters(flows)
    kinds = [e.kind for e in events]
    has_counter = ~np.isnan(counters).all(axis=1)
    auths = [e.auth for e in events]
    return Columns(
        event_time=np.array([e.event_time for e in events], np.float64),
        entity=np.array([book[e.src_ip or entity_of(e)] for e in events], np.uint64),
        src=np.array([book[e.src_ip] for e in events], np.uint64),
        dst=np.array([book[e.dst_ip] for e in events], np.uint64),
        src_port=np.array([-1 if e.src_port is None else e.src_port for e in events], np.int32),
        dst_port=np.array([-1 if e.dst_port is None else e.dst_port for e in events], np.int32),
        protocol=np.array([_PROTOCOL.get(e.proto, _OTHER_PROTOCOL) for e in events], np.uint8),
        state=np.array([_STATE.get(f.conn_state, 0) for f in flows], np.uint8),
        counters=counters,
        is_connection=has_counter & np.array([k == "flow" for k in kinds], np.bool_),
        auth_failed=np.array([a is not None and a.outcome == "failure" for a in auths], np.bool_),
        auth_attempts=np.array([a.attempts or 1 if a is not None else 1 for a in auths], np.float64),
        alert_severity=np.array([e.alert and e.alert.severity for e in events], np.float32),
    )


def _counters(flows: Sequence[Flow]) -> NDArray[np.float64]:
    """Return the (n, 7) counters of the flows. NumPy reads None as NaN. Spelt out: a getter costs twice as much."""
    return np.array(
        [
            [f.duration_s for f in flows],
            [f.orig_bytes for f in flows],
            [f.resp_bytes for f in flows],
            [f.orig_pkts for f in flows],
            [f.resp_pkts for f in flows],
            [f.orig_ip_bytes for f in flows],
            [f.resp_ip_bytes for f in flows],
        ],
        np.float64,
    ).T
