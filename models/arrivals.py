"""What an event means to the windows: its keys, its roles and what it adds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import kernel
from models.addresses import SCOPE_MASK, Scope, mixed
from models.columns import COUNTERS, PROTOCOLS, STATES, Columns

#: Services that ask for a password: FTP, SSH, Telnet, SMTP, POP3, IMAP, LDAP, SMB, MSSQL, MySQL, RDP, Postgres, VNC.
AUTH_PORTS = (21, 22, 23, 25, 110, 143, 389, 445, 1433, 3306, 3389, 5432, 5900)
#: A connection to them that ends within this time is one log-in attempt (a session stays), seconds.
AUTH_SHORT_S = 30.0
#: A reset connection of so few packets carried nothing: the port was closed or the probe went away.
PROBE_PKTS = 4

_REFUSED = np.isin(STATES, ("S0", "REJ", "RSTOS0", "RSTRH", "SH"))
_RESET = np.isin(STATES, ("RSTO", "RSTR"))
_IS_AUTH_PORT = np.isin(np.arange(65_537), AUTH_PORTS)  # the last entry is that of a missing port
_TCP = PROTOCOLS.index("tcp")
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_PART = {name: column for column, name in enumerate(COUNTERS)}


class Roles(NamedTuple):
    """Parts that events play; arrays of n."""

    failed: NDArray[np.bool_]  #: a TCP connection that was refused, unanswered or reset at once
    unanswered: NDArray[np.bool_]  #: a connection without a byte of payload back
    auth: NDArray[np.bool_]  #: a failed authentication or a short connection to a password service
    external: NDArray[np.bool_]  #: a connection to a globally routed address
    out_ratio: NDArray[np.float64]  #: outgoing share of the bytes of an external connection, else 0


def roles_of(columns: Columns) -> Roles:
    """Tell the roles of n events."""
    connection, tcp = columns.is_connection, columns.protocol == _TCP
    packets = np.nansum(columns.counters[:, 3:5], axis=1)
    silent = columns.counters[:, _PART["resp_pkts"]] == 0
    refused = _REFUSED[columns.state] | (_RESET[columns.state] & (packets <= PROBE_PKTS))
    failed = connection & tcp & np.where(columns.state == 0, silent, refused)
    brief = columns.counters[:, _PART["duration_s"]] <= AUTH_SHORT_S
    short = connection & tcp & ~failed & brief & _IS_AUTH_PORT[columns.dst_port]
    external = connection & (columns.dst & np.uint64(SCOPE_MASK) == Scope.EXTERNAL)
    sent, received = _bytes(columns)
    return Roles(
        failed=failed,
        unanswered=connection & (silent | failed | (columns.counters[:, _PART["resp_bytes"]] == 0)),
        auth=columns.auth_failed | short,
        external=external,
        out_ratio=np.where(external, sent / np.maximum(sent + received, 1), 0.0),
    )


def arrivals_of(columns: Columns, partitions: NDArray[np.int32], roles: Roles) -> kernel.Arrivals:
    """Return n events as the kernel reads them.

    Every key is mixed with the partition, so that a score depends on the records of its partition alone, whichever
    worker holds it and whatever other partitions that worker holds.
    """
    part = (partitions.astype(np.int64).astype(np.uint64) + np.uint64(1)) * _GOLDEN
    port = columns.dst_port.astype(np.int64).astype(np.uint64) * _GOLDEN
    entity = _mixed(columns.entity ^ part)
    destination = _mixed(columns.dst ^ port ^ part)
    return kernel.Arrivals(
        event_time=columns.event_time,
        partition=partitions.astype(np.int32, copy=False),
        entity=entity,
        pair=_mixed(entity ^ (destination << np.uint64(1))),
        destination=destination,
        bit=np.stack([_mixed(columns.dst) >> np.uint64(56), _mixed(port) >> np.uint64(56)], axis=1).astype(np.uint8),
        entity_counts=_entity_counts(columns, roles),
        destination_counts=np.stack([columns.is_connection, roles.unanswered], axis=1).astype(np.float64),
        takes_part=columns.is_connection | columns.auth_failed,
        is_connection=columns.is_connection,
    )


def _entity_counts(columns: Columns, roles: Roles) -> NDArray[np.float64]:
    """Return (n, ENTITY_COUNTERS) in the kernel's order."""
    sent, received = _bytes(columns)
    return np.stack(
        [
            columns.is_connection,
            roles.failed,
            columns.auth_failed * columns.auth_attempts,
            roles.auth & ~columns.auth_failed,
            sent * roles.external,
            received * roles.external,
        ],
        axis=1,
    ).astype(np.float64)


def _bytes(columns: Columns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return bytes out and in: payload, else with headers, else 0."""
    _, orig, resp, _, _, orig_ip, resp_ip = columns.counters.T
    sent, received = np.where(np.isnan(orig), orig_ip, orig), np.where(np.isnan(resp), resp_ip, resp)
    return np.nan_to_num(sent), np.nan_to_num(received)


def _mixed(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread keys over 64 bits and keep them from being 0 (free)."""
    return np.maximum(mixed(key), np.uint64(1))
