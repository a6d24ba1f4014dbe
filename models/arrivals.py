"""What an event means to the windows: its keys, its roles and what it adds. One compiled loop over the events."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models import kernel
from models.addresses import SCOPE_MASK, Scope
from models.columns import COUNTERS, PROTOCOLS, STATES, Columns
from models.compiled import compiled, inlined

#: Services that ask for a password: FTP, SSH, Telnet, SMTP, POP3, IMAP, LDAP, SMB, MSSQL, MySQL, RDP, Postgres, VNC.
AUTH_PORTS = (21, 22, 23, 25, 110, 143, 389, 445, 1433, 3306, 3389, 5432, 5900)
#: A connection to them that ends within this time is one log-in attempt (a session stays), seconds.
AUTH_SHORT_S = 30.0
#: A reset connection of so few packets carried nothing: the port was closed or the probe went away.
PROBE_PKTS = 4
#: What `arrivals_of` tells of the events' own roles, in the order of the windows' features.
ROLES = ("event_failed", "event_auth", "event_external", "event_external_out_ratio")

_REFUSED = np.isin(STATES, ("S0", "REJ", "RSTOS0", "RSTRH", "SH"))
_RESET = np.isin(STATES, ("RSTO", "RSTR"))
_IS_AUTH_PORT = np.isin(np.arange(65_537), AUTH_PORTS)  # the last entry is that of a missing port
_TCP = PROTOCOLS.index("tcp")
_EXTERNAL, _SCOPE = int(Scope.EXTERNAL), np.uint64(SCOPE_MASK)
_DURATION, _ORIG, _RESP, _ORIG_PKTS, _RESP_PKTS, _ORIG_IP, _RESP_IP = range(len(COUNTERS))
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ONE, _TOP_BYTE = np.uint64(1), np.uint64(56)


def arrivals_of(
    columns: Columns, partitions: NDArray[np.int32], out: NDArray[np.float32], first: int
) -> kernel.Arrivals:
    """Return n events as the kernel reads them, and write their roles; NaN for those without part.

    They go to `len(ROLES)` columns of `out`, from the `first` on.

    Every key is mixed with the partition, so that a score depends on the records of its partition alone, whichever
    worker holds it and whatever other partitions that worker holds.
    """
    n = len(partitions)
    arrivals = kernel.Arrivals(
        event_time=columns.event_time,
        partition=partitions.astype(np.int32, copy=False),
        entity=np.empty(n, np.uint64),
        pair=np.empty(n, np.uint64),
        destination=np.empty(n, np.uint64),
        bit=np.empty((n, 2), np.uint8),
        entity_counts=np.empty((n, kernel.ENTITY_COUNTERS)),
        destination_counts=np.empty((n, kernel.DESTINATION_COUNTERS)),
        takes_part=columns.is_connection | columns.auth_failed,
        is_connection=columns.is_connection,
    )
    _read(columns, (_REFUSED, _RESET, _IS_AUTH_PORT), arrivals, out, first)
    return arrivals


@inlined
def _mixed(key: np.uint64) -> np.uint64:
    """Spread a key over 64 bits (the first round of MurmurHash3's finalizer) and keep it from being 0 (free)."""
    key = (key ^ (key >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    return max(key ^ (key >> np.uint64(33)), np.uint64(1))


@inlined
def _bytes(payload: float, with_headers: float) -> float:
    """Return payload, else bytes with headers, else 0."""
    size = with_headers if np.isnan(payload) else payload
    return 0.0 if np.isnan(size) else size


@compiled
def _read(
    columns: Columns,
    tables: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]],
    arrivals: kernel.Arrivals,
    out: NDArray[np.float32],
    first: int,
) -> None:
    refused, reset, is_auth_port = tables
    for i in range(len(out)):
        counters, state, dst = columns.counters[i], columns.state[i], columns.dst[i]
        connection, auth_failed = columns.is_connection[i], columns.auth_failed[i]
        tcp, silent = connection and columns.protocol[i] == _TCP, counters[_RESP_PKTS] == 0
        packets = _bytes(counters[_ORIG_PKTS], 0.0) + _bytes(counters[_RESP_PKTS], 0.0)
        # A TCP connection that was refused, unanswered or reset at once.
        failed = tcp and (silent if state == 0 else refused[state] or (reset[state] and packets <= PROBE_PKTS))
        brief = counters[_DURATION] <= AUTH_SHORT_S and is_auth_port[columns.dst_port[i]]
        short = tcp and not failed and brief and not auth_failed
        unanswered = connection and (silent or failed or counters[_RESP] == 0)  # not a byte of payload came back
        external = connection and dst & _SCOPE == _EXTERNAL
        sent = _bytes(counters[_ORIG], counters[_ORIG_IP]) if external else 0.0
        received = _bytes(counters[_RESP], counters[_RESP_IP]) if external else 0.0

        part = (np.uint64(np.int64(arrivals.partition[i])) + _ONE) * _GOLDEN
        port = np.uint64(np.int64(columns.dst_port[i])) * _GOLDEN
        entity, destination = _mixed(columns.entity[i] ^ part), _mixed(dst ^ port ^ part)
        arrivals.entity[i], arrivals.destination[i] = entity, destination
        arrivals.pair[i] = _mixed(entity ^ (destination << _ONE))
        arrivals.bit[i, 0], arrivals.bit[i, 1] = _mixed(dst) >> _TOP_BYTE, _mixed(port) >> _TOP_BYTE

        counts = arrivals.entity_counts[i]
        counts[kernel.CONNECTIONS], counts[kernel.FAILED] = connection, failed
        counts[kernel.AUTH_FAILURES] = columns.auth_attempts[i] if auth_failed else 0.0
        counts[kernel.AUTH_SHORT] = short
        counts[kernel.BYTES_OUT], counts[kernel.BYTES_IN] = sent, received
        arrivals.destination_counts[i, kernel.ARRIVED] = connection
        arrivals.destination_counts[i, kernel.UNANSWERED] = unanswered

        roles = out[i, first : first + len(ROLES)]
        if arrivals.takes_part[i]:
            roles[0], roles[1], roles[2] = failed, auth_failed or short, external
            roles[3] = sent / max(sent + received, 1.0)
        else:
            roles[:] = np.nan
