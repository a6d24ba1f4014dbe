"""Suricata EVE JSON (https://docs.suricata.io/en/latest/output/eve/eve-json-format.html), versions 4 to 8.

Suricata counts bytes with their headers, so `bytes_toserver` is `orig_ip_bytes` and payload bytes stay missing. The
time of a flow is that of its first packet, as with Zeek; `timestamp` is when Suricata wrote the record. The source is
the client: an alert on a packet to the client names it in `flow`, a DNS answer of Suricata 4 is turned round.
"""

from __future__ import annotations

from typing import Any

from schemas.dead_letter import Reason, Reject
from schemas.formats.shape import Observed, Record, canonical, epoch_s, lower, section, to_event, without_zone
from schemas.formats.suricata_types import TYPES, flow_section

#: Types of which `flow_id`, `timestamp`, `tx_id` and `pcap_cnt` tell the records apart, with the fields of the type's
#: own object that are needed beside them.
_TOLD_APART_BY: dict[str, tuple[str, ...]] = {
    "flow": ("start", "end"),
    "alert": ("gid", "signature_id"),
    "dns": ("type", "id", "tx_id", "rrname", "rrtype", "rdata", "queries"),
    "http": (),
}


def event_of(record: Record) -> Observed:
    """Turn an EVE record into an event. Raises Reject: UNSUPPORTED for types such as stats, INVALID."""
    event_type = record.get("event_type")
    observe = TYPES.get(event_type) if isinstance(event_type, str) else None
    if observe is None:
        raise Reject(Reason.UNSUPPORTED, f"event_type {str(event_type)[:64]!r} is not carried")
    native = _head(record, section(record, "flow")) | observe(record)
    return Observed(to_event(native), _identity(record))


def _head(record: Record, flow: Record) -> Record:
    src_ip, src_port, dst_ip, dst_port = _ends(record, flow)
    flow_id, sensor, proto = record.get("flow_id"), record.get("host"), lower(record.get("proto"))
    return {
        "event_time": epoch_s(record.get("timestamp"), "timestamp"),
        "source_id": None if flow_id is None else str(flow_id),
        "sensor": sensor if isinstance(sensor, str) else None,  # shippers put an object of their own there
        "src_ip": without_zone(src_ip),
        "src_port": src_port,
        "dst_ip": without_zone(dst_ip),
        "dst_port": dst_port,
        "proto": "icmp" if proto in ("ipv6-icmp", "icmpv6") else proto,
        "flow": flow_section(record, flow) if "pkts_toserver" in flow else None,
    }


def _ends(record: Record, flow: Record) -> tuple[Any, ...]:
    """Return address and port of client and server."""
    get = (flow if "src_ip" in flow else record).get
    ends = (get("src_ip"), get("src_port"), get("dest_ip"), get("dest_port"))
    is_answer = ends[1] == 53 and ends[3] != 53 and record.get("event_type") == "dns"
    return ends[2:] + ends[:2] if is_answer else ends


def _identity(record: Record) -> str:
    """Return Suricata's flow and what tells its records of one microsecond apart, else the whole record."""
    get = record.get
    event_type, flow_id = record["event_type"], get("flow_id")
    told_apart_by = _TOLD_APART_BY.get(event_type)
    if told_apart_by is None or flow_id is None:
        return canonical(record)
    body, names = section(record, event_type), told_apart_by
    told = "|".join([str(body.get(name)) for name in names])
    return f"suricata|{get('host')}|{flow_id}|{event_type}|{get('timestamp')}|{get('tx_id')}|{get('pcap_cnt')}|{told}"
