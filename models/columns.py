"""What features are made of: an event table's numbers, its codes and the keys of its addresses."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.addresses import SCOPE_MASK, keys_of
from schemas.addresses import MISSING
from schemas.arrow import pa, pc
from schemas.table import EventTable

#: Columns of `Columns.counters`, as named in the contract.
COUNTERS = ("duration_s", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "orig_ip_bytes", "resp_ip_bytes")

#: Zeek's connection states by code; 0 is missing or unknown to us.
STATES = ("", "S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH")
PROTOCOLS = ("", "tcp", "udp", "icmp", "other")
_OTHER_PROTOCOL = PROTOCOLS.index("other")
#: Names by code for the look-up, in which IPv6's ICMP is the same as IPv4's.
_STATE_NAMES, _PROTOCOL_NAMES = pa.array(STATES), pa.array([*PROTOCOLS, "icmp6"])
_PROTOCOL_CODES = np.array([*range(len(PROTOCOLS)), PROTOCOLS.index("icmp")], np.uint8)


class Columns(NamedTuple):
    """A batch of n events. Missing numbers are NaN, missing ports -1, missing codes 0."""

    event_time: NDArray[np.float64]  #: seconds since 1970, UTC
    entity: NDArray[np.uint64]  #: key of the entity: that of its source address, else of its name
    dst: NDArray[np.uint64]  #: key of the destination address
    dst_port: NDArray[np.int32]
    protocol: NDArray[np.uint8]  #: index into `PROTOCOLS`
    state: NDArray[np.uint8]  #: index into `STATES`
    counters: NDArray[np.float64]  #: (n, 7) in the order of `COUNTERS`
    is_connection: NDArray[np.bool_]  #: kind flow with at least one counter
    auth_failed: NDArray[np.bool_]  #: kind auth with outcome failure
    auth_attempts: NDArray[np.float64]  #: attempts that the record speaks of, at least 1
    alert_severity: NDArray[np.float32]  #: 1 (highest) to 4, NaN without an alert


def columns_of(table: EventTable) -> Columns:
    """Read a batch of events, in their order. The flow that an alert was raised in is not the alert's own.

    Every array may be written to, since numba compiles its loops once more for those that may not.
    """
    column, events = table.columns.column, table.events
    is_alert = _numpy(pc.equal(column("kind"), "alert"))
    counters = np.empty((len(table), len(COUNTERS)), np.float64)
    for at, name in enumerate(COUNTERS):
        counters[:, at] = _numpy(column(name))
    counters[is_alert] = np.nan
    state = _codes(column("conn_state"), _STATE_NAMES)
    state[is_alert] = 0
    auths = [e.auth for e in events]
    return Columns(
        event_time=np.array(_numpy(column("event_time"))),
        entity=_entities(table),
        dst=keys_of(table.destinations),
        dst_port=np.array(_numpy(column("dst_port").fill_null(-1))),
        protocol=_protocols(column("proto")),
        state=state,
        counters=counters,
        is_connection=_numpy(pc.equal(column("kind"), "flow")) & ~np.isnan(counters).all(axis=1),
        auth_failed=np.array([a is not None and a.outcome == "failure" for a in auths], np.bool_),
        auth_attempts=np.array([1 if a is None else a.attempts or 1 for a in auths], np.float64),
        alert_severity=np.array([e.alert and e.alert.severity for e in events], np.float32),
    )


def _entities(table: EventTable) -> NDArray[np.uint64]:
    keys = keys_of(table.sources)
    for row in np.flatnonzero(table.sources.family == MISSING).tolist():
        name = table.columns["entity"][row].as_py()
        keys[row] = xxhash.xxh3_64_intdigest(name.encode()) & ~SCOPE_MASK
    return keys


def _numpy(array: Any) -> NDArray[Any]:
    """Return a column as numbers: null becomes NaN, and a column with nulls float64."""
    return array.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _codes(column: Any, names: Any) -> NDArray[np.uint8]:
    """Return each text's place in `names`, 0 where it is missing or not among them."""
    return _numpy(pc.index_in(column, value_set=names).fill_null(0)).astype(np.uint8)


def _protocols(column: Any) -> NDArray[np.uint8]:
    codes = _PROTOCOL_CODES[_codes(column, _PROTOCOL_NAMES)]
    codes[(codes == 0) & _numpy(pc.not_equal(column, "").fill_null(False))] = _OTHER_PROTOCOL
    return codes
