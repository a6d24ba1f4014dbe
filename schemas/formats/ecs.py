"""Elastic Common Schema (https://www.elastic.co/docs/reference/ecs), as Packetbeat, Filebeat and others write it.

Keys may be nested, dotted or both. `event.kind` and `event.category` decide the kind, then the objects that are
there. `source.bytes` counts with headers. `event.id` may be that of a connection, so the identity is the whole record.
"""

from __future__ import annotations

from typing import Any

from schemas.dead_letter import Reason, Reject
from schemas.formats.shape import (
    Observed,
    Record,
    canonical,
    epoch_s,
    first,
    lower,
    outcome,
    pick,
    service,
    texts,
    texts_of,
    time_or_none,
    to_event,
    without_zone,
)

_ROOTS = ("ecs", "event", "source", "destination")
_ALERTS = frozenset({"intrusion_detection", "malware", "threat", "vulnerability"})
_FLOWS = frozenset({"network", "network_traffic", "session"})


def speaks(record: Record) -> bool:
    """Tell whether a record looks like ECS: `@timestamp` and one of its field sets, nested or dotted."""
    if "@timestamp" not in record:
        return False
    return any(root in record for root in _ROOTS) or any(str(key).startswith(("ecs.", "event.")) for key in record)


def event_of(record: Record) -> Observed:
    """Turn an ECS document into an event. Raises Reject: UNSUPPORTED for other categories, INVALID."""
    kind = _kind(record)
    counters = _counters(record)
    has_counters = any(count is not None for count in counters.values())
    sections = {"flow": counters if has_counters else None, kind: _SECTIONS[kind](record)}
    return Observed(to_event({"kind": kind, **_head(record, kind), **sections}), canonical(record))


def _kind(record: Record) -> str:
    categories = _words(pick(record, "event.category")) | _words(pick(record, "event.type"))
    if pick(record, "event.kind") == "alert" or categories & _ALERTS:
        return "alert"
    if "authentication" in categories:
        return "auth"
    # "zeek.dns", "network_traffic.dns", "dns": the data set's last part names the protocol.
    protocol = str(pick(record, "event.dataset") or pick(record, "network.protocol")).lower().rpartition(".")[2]
    for kind, path, names in (
        ("dns", "dns.question", ("dns",)),
        ("http", "http.request", ("http",)),
        ("tls", "tls.version", ("tls", "ssl")),
    ):
        if protocol in names or pick(record, path) is not None:
            return kind
    if categories & _FLOWS or pick(record, "source.ip") or pick(record, "network.transport"):
        return "flow"
    raise Reject(
        Reason.UNSUPPORTED, f"event.category {', '.join(sorted(categories))[:128] or 'missing'} is not carried"
    )


def _words(value: Any) -> set[str]:
    return {item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)}


def _head(record: Record, kind: str) -> Record:
    start = pick(record, "event.start") if kind == "flow" else None
    return {
        # A flow is reported when it ends; its start is what other sensors call its time.
        "event_time": epoch_s(start or record.get("@timestamp"), "event.start" if start else "@timestamp"),
        "source_id": pick(record, "event.id"),
        "sensor": pick(record, "observer.name") or pick(record, "observer.hostname") or pick(record, "agent.name"),
        "src_ip": without_zone(pick(record, "source.ip")),
        "src_port": pick(record, "source.port"),
        "dst_ip": without_zone(pick(record, "destination.ip")),
        "dst_port": pick(record, "destination.port"),
        "proto": lower(pick(record, "network.transport")),
        "user": pick(record, "user.name") or pick(record, "source.user.name"),
        "host": pick(record, "host.name") or pick(record, "host.hostname"),
    }


def _flow(record: Record) -> Record:
    return {"duration_s": _duration_s(record), **_counters(record)}


def _duration_s(record: Record) -> Any:
    duration_ns = pick(record, "event.duration")
    return duration_ns / 1e9 if isinstance(duration_ns, int | float) else duration_ns


def _counters(record: Record) -> Record:
    return {
        "orig_pkts": pick(record, "source.packets"),
        "resp_pkts": pick(record, "destination.packets"),
        "orig_ip_bytes": pick(record, "source.bytes"),
        "resp_ip_bytes": pick(record, "destination.bytes"),
        "service": service(pick(record, "network.protocol")),
    }


def _dns(record: Record) -> Record:
    return {
        "query": pick(record, "dns.question.name"),
        "qtype": pick(record, "dns.question.type"),
        "rcode": pick(record, "dns.response_code"),
        "answers": texts_of(pick(record, "dns.answers"), "data") or texts(pick(record, "dns.resolved_ip")),
        "rtt_s": _duration_s(record),
    }


def _http(record: Record) -> Record:
    return {
        "method": pick(record, "http.request.method"),
        "host": pick(record, "url.domain"),
        "uri": pick(record, "url.path") or pick(record, "url.original"),
        "user_agent": pick(record, "user_agent.original"),
        "referrer": pick(record, "http.request.referrer"),
        "status_code": pick(record, "http.response.status_code"),
        "request_bytes": pick(record, "http.request.body.bytes"),
        "response_bytes": pick(record, "http.response.body.bytes"),
    }


def _tls(record: Record) -> Record:
    return {
        "version": pick(record, "tls.version"),
        "cipher": pick(record, "tls.cipher"),
        "server_name": pick(record, "tls.client.server_name"),
        "ja3": pick(record, "tls.client.ja3"),
        "ja3s": pick(record, "tls.server.ja3s"),
        "subject": pick(record, "tls.server.subject"),
        "issuer": pick(record, "tls.server.issuer"),
        "established": pick(record, "tls.established"),
        "not_after": time_or_none(pick(record, "tls.server.not_after")),
    }


def _auth(record: Record) -> Record:
    method = pick(record, "network.protocol") or pick(record, "event.provider")
    return {"method": lower(method), "outcome": outcome(pick(record, "event.outcome"))}


def _alert(record: Record) -> Record:
    severity, rule_id = pick(record, "event.severity"), pick(record, "rule.id")
    return {
        "signature": pick(record, "rule.name") or pick(record, "message"),
        "signature_id": rule_id if str(rule_id).isdecimal() else None,
        "category": pick(record, "rule.category") or first(pick(record, "event.category")),
        # ECS leaves the scale open; only Suricata's four are known to mean what ours do.
        "severity": severity if severity in (1, 2, 3, 4) else None,
        "action": pick(record, "event.action"),
    }


_SECTIONS = {"flow": _flow, "dns": _dns, "http": _http, "tls": _tls, "auth": _auth, "alert": _alert}
