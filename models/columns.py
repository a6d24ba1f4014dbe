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
#: Names for the look-up, and codes by their places: IPv6's ICMP is the same as IPv4's, what is unknown is another one.
_STATE_NAMES, _PROTOCOL_NAMES = pa.array(STATES), pa.array([*PROTOCOLS, "icmp6"])
_STATE_CODES = np.array([*range(len(STATES)), 0], np.uint8)
_PROTOCOL_CODES = np.array([*map(PROTOCOLS.index, (*PROTOCOLS, "icmp", "other"))], np.uint8)


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
    state = _codes(column("conn_state"), _STATE_NAMES, _STATE_CODES)
    state[is_alert] = 0
    auth_failed, auth_attempts = np.zeros(len(table), np.bool_), np.ones(len(table))
    for row, auth in [(row, e.auth) for row, e in enumerate(events) if e.auth]:
        auth_failed[row], auth_attempts[row] = auth.outcome == "failure", auth.attempts or 1
    alert_severity = np.full(len(table), np.nan, np.float32)
    for row, alert in [(row, e.alert) for row, e in enumerate(events) if e.alert]:
        alert_severity[row] = np.nan if alert.severity is None else alert.severity
    return Columns(
        event_time=np.array(_numpy(column("event_time"))),
        entity=_entities(table),
        dst=keys_of(table.destinations),
        dst_port=np.array(_numpy(column("dst_port").fill_null(-1))),
        protocol=_codes(column("proto"), _PROTOCOL_NAMES, _PROTOCOL_CODES),
        state=state,
        counters=counters,
        is_connection=_numpy(pc.equal(column("kind"), "flow")) & ~np.isnan(counters).all(axis=1),
        auth_failed=auth_failed,
        auth_attempts=auth_attempts,
        alert_severity=alert_severity,
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


def _codes(column: Any, names: Any, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return for each text the code at its place in `names`: the last code for others, 0 where it is missing."""
    places = pc.index_in(column, value_set=names)
    if has_others := places.null_count > 0:
        places = places.fill_null(len(codes) - 1)
    found: NDArray[np.uint8] = codes[_numpy(places)]
    if has_others:
        found[_numpy(column.is_null())] = 0
    return found
