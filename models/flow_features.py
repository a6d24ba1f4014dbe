"""Stateless features of one flow: sizes, shapes, ratios, states and groups of ports. No address, no rate of a network.

What a sensor did not report stays NaN. A flag about something that is not reported (a connection state, a port) is
NaN as well, so that "not reset" and "nobody looked" differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.addresses import SCOPE_MASK, Scope
from models.columns import PROTOCOLS, STATES, Columns
from models.compiled import compiled, inlined
from models.feature import Feature

#: Groups of Zeek's connection states that mean the same to a reader of flows; code of the group by code of the state.
STATE_GROUPS: dict[str, tuple[str, ...]] = {
    "unanswered": ("S0", "SH"),
    "rejected": ("REJ",),
    "completed": ("SF",),
    "reset_by_orig": ("RSTO", "RSTOS0"),
    "reset_by_resp": ("RSTR", "RSTRH"),
    "left_open": ("S1", "S2", "S3"),
    "midstream": ("OTH", "SHR"),
}
#: Well-known ports (IANA) by what they serve.
PORT_GROUPS: dict[str, tuple[int, ...]] = {
    "web": (80, 443, 8000, 8008, 8080, 8443, 8888),
    "name_or_time": (53, 67, 68, 123, 137, 547, 1900, 5353, 5355),
    "remote_login": (22, 23, 2222, 2323, 3389, 5900),
    "file_or_mail": (20, 21, 25, 110, 139, 143, 445, 465, 587, 993, 995),
}
_OTHER_LOW, _OTHER_HIGH = len(PORT_GROUPS) + 1, len(PORT_GROUPS) + 2
_UNKNOWN, _GROUP = int(Scope.UNKNOWN), int(Scope.GROUP)

_COUNTERS = (
    Feature("duration_s", "s", "Length of the connection"),
    Feature("orig_bytes", "B", "Payload from the originator"),
    Feature("resp_bytes", "B", "Payload from the responder"),
    Feature("orig_pkts", "packets", "Packets from the originator"),
    Feature("resp_pkts", "packets", "Packets from the responder"),
    Feature("orig_ip_bytes", "B", "Bytes with headers from the originator"),
    Feature("resp_ip_bytes", "B", "Bytes with headers from the responder"),
)
_SHAPES = (
    Feature("orig_bytes_per_pkt", "B/packet", "Payload per packet of the originator"),
    Feature("resp_bytes_per_pkt", "B/packet", "Payload per packet of the responder"),
    Feature("orig_ip_bytes_per_pkt", "B/packet", "Size of a packet of the originator"),
    Feature("resp_ip_bytes_per_pkt", "B/packet", "Size of a packet of the responder"),
    Feature("pkt_interval_s", "s", "Mean time between packets of both sides"),
    Feature("byte_balance", "ratio", "(orig - resp) / (orig + resp) bytes with headers: 1 is one-way out"),
    Feature("pkt_balance", "ratio", "(orig - resp) / (orig + resp) packets"),
)
_FLAGS = (
    *(Feature(f"state_{name}", "flag", f"Connection state {', '.join(of)}") for name, of in STATE_GROUPS.items()),
    *(Feature(f"proto_{name}", "flag", f"Transport protocol {name}") for name in PROTOCOLS[1:4]),
    *(
        Feature(f"port_{name}", "flag", f"Destination port {', '.join(map(str, of))}")
        for name, of in PORT_GROUPS.items()
    ),
    Feature("port_low", "flag", "Another destination port below 1024"),
    Feature("port_high", "flag", "Another destination port from 1024 up"),
    Feature("dst_group", "flag", "Destination is a multicast or broadcast address"),
)
FLOW_FEATURES: tuple[Feature, ...] = (*_COUNTERS, *_SHAPES, *_FLAGS)


def _state_group() -> NDArray[np.uint8]:
    """Return group + 1 by state code, 0 where the state is missing."""
    groups = np.zeros(len(STATES), np.uint8)
    for group, states in enumerate(STATE_GROUPS.values(), start=1):
        groups[[STATES.index(state) for state in states]] = group
    return groups


def _port_group() -> NDArray[np.uint8]:
    """Return group + 1 by port; the last entry is that of a missing port (-1), 0."""
    groups = np.full(65_537, _OTHER_HIGH, np.uint8)
    groups[:1024] = _OTHER_LOW
    for group, ports in enumerate(PORT_GROUPS.values(), start=1):
        groups[list(ports)] = group
    groups[-1] = 0
    return groups


_STATE_GROUP, _PORT_GROUP = _state_group(), _port_group()
#: Where the parts of a row end: counters, shapes, then flags of states, protocols and ports.
_COUNTED, _SHAPED = len(_COUNTERS), len(_COUNTERS) + len(_SHAPES)
_STATED = _SHAPED + len(STATE_GROUPS)
_CARRIED = _STATED + len(PROTOCOLS[1:4])
_PORTED = _CARRIED + _OTHER_HIGH


def flow_features(columns: Columns, out: NDArray[np.float32]) -> None:
    """Write the features of n events to the first columns of an (n, columns) matrix."""
    _measure(columns, _STATE_GROUP, _PORT_GROUP, out)


@compiled
def _measure(
    columns: Columns, state_group: NDArray[np.uint8], port_group: NDArray[np.uint8], out: NDArray[np.float32]
) -> None:
    for i in range(len(out)):
        counters, row = columns.counters[i], out[i]
        if np.isnan(counters).all():
            row[:] = np.nan
            continue
        row[:_COUNTED] = counters
        duration, orig, resp, orig_pkts, resp_pkts, orig_ip, resp_ip = counters
        shapes = row[_COUNTED:_SHAPED]
        # Bytes per packet are 0 when no packet was seen (the size is then 0 too).
        shapes[0], shapes[1] = orig / _at_least_1(orig_pkts), resp / _at_least_1(resp_pkts)
        shapes[2], shapes[3] = orig_ip / _at_least_1(orig_pkts), resp_ip / _at_least_1(resp_pkts)
        shapes[4] = duration / _at_least_1(orig_pkts + resp_pkts - 1)
        shapes[5] = (orig_ip - resp_ip) / _at_least_1(orig_ip + resp_ip)
        shapes[6] = (orig_pkts - resp_pkts) / _at_least_1(orig_pkts + resp_pkts)
        protocol, scope = columns.protocol[i], columns.dst[i] & np.uint64(SCOPE_MASK)
        _one_hot(row[_SHAPED:_STATED], state_group[columns.state[i]])
        _one_hot(row[_STATED:_CARRIED], protocol)
        _one_hot(row[_CARRIED:_PORTED], port_group[columns.dst_port[i]])
        row[_PORTED] = np.nan if scope == _UNKNOWN else scope == _GROUP


@inlined
def _at_least_1(value: float) -> float:
    """Return max(value, 1); NaN stays NaN."""
    return 1.0 if value < 1 else value


@inlined
def _one_hot(flags: NDArray[np.float32], code: int) -> None:
    """Write flags of codes from 1 up; a code beyond them sets none, and 0 (missing) makes them NaN."""
    flags[:] = np.nan if code == 0 else 0.0
    if 0 < code <= len(flags):
        flags[code - 1] = 1.0
