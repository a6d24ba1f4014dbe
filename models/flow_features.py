"""Stateless features of one flow: sizes, shapes, ratios, states and groups of ports. No address, no rate of a network.

What a sensor did not report stays NaN. A flag about something that is not reported (a connection state, a port) is
NaN as well, so that "not reset" and "nobody looked" differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.addresses import SCOPE_MASK, Scope
from models.columns import PROTOCOLS, STATES, Columns
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


def flow_features(columns: Columns) -> NDArray[np.float32]:
    """Return the (n, len(FLOW_FEATURES)) matrix of the events."""
    duration, _, _, orig_pkts, resp_pkts, orig_ip, resp_ip = columns.counters.T
    with np.errstate(divide="ignore", invalid="ignore"):
        shapes = (
            _per_pkt(columns.counters[:, 1], orig_pkts),
            _per_pkt(columns.counters[:, 2], resp_pkts),
            _per_pkt(orig_ip, orig_pkts),
            _per_pkt(resp_ip, resp_pkts),
            duration / np.maximum(orig_pkts + resp_pkts - 1, 1),
            _balance(orig_ip, resp_ip),
            _balance(orig_pkts, resp_pkts),
        )
    missing = np.isnan(columns.counters).all(axis=1)
    scope = (columns.dst & np.uint64(SCOPE_MASK)).astype(np.uint8)
    flags = (
        _one_hot(_STATE_GROUP[columns.state], len(STATE_GROUPS)),
        _one_hot(np.where(columns.protocol > 3, 0, columns.protocol), 3, missing=columns.protocol == 0),
        _one_hot(_PORT_GROUP[columns.dst_port], _OTHER_HIGH),
        _one_hot((scope == Scope.GROUP).astype(np.uint8), 1, missing=scope == Scope.UNKNOWN),
    )
    parts = [columns.counters, np.stack(shapes, axis=1), *flags]
    matrix: NDArray[np.float32] = np.concatenate(parts, axis=1, dtype=np.float32)
    matrix[missing] = np.nan
    return matrix


def _per_pkt(size: NDArray[np.float64], pkts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return bytes per packet; 0 when no packet was seen (the size is then 0 too), NaN when either is missing."""
    return size / np.maximum(pkts, 1)


def _balance(orig: NDArray[np.float64], resp: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (orig - resp) / (orig + resp) in [-1, 1]; 0 when both are 0, NaN when either is missing."""
    return (orig - resp) / np.maximum(orig + resp, 1)


def _one_hot(code: NDArray[np.uint8], groups: int, *, missing: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Return (n, groups) flags of codes 1..groups; NaN where `missing` (by default: where the code is 0)."""
    flags: NDArray[np.float32] = (code[:, None] == np.arange(1, groups + 1, dtype=np.uint8)).astype(np.float32)
    flags[code == 0 if missing is None else missing] = np.nan
    return flags
