"""OCSF (https://schema.ocsf.io, 1.x): Network, HTTP, DNS and SSH Activity, and Authentication.

A Network Activity with a `tls` object is a handshake. OCSF counts milliseconds; producers that send seconds are told
by the size of `time`, and their `duration` is then in seconds as well. What `traffic` counts is left open by OCSF:
payload when the product is Zeek (whose conn log it then is), else bytes with headers. `metadata.uid` may be that of a
connection, so the identity is the whole record.
"""

from __future__ import annotations

from collections.abc import Callable
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
    texts_of,
    time_or_none,
    to_event,
    without_zone,
)

_MILLISECONDS_FROM = 1e11  # in seconds the year 5138, in milliseconds 1973
_RCODES = {"FORMERROR": "FORMERR", "SERVERROR": "SERVFAIL"}
_STATUS = {"1": "success", "2": "failure"}
#: Values of Zeek's `conn_state`, which producers put into `status_code`.
_CONN_STATES = frozenset(("S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"))


def event_of(record: Record) -> Observed:
    """Turn an OCSF event into ours. Raises Reject: UNSUPPORTED for another class, INVALID."""
    class_uid = record.get("class_uid")
    observe = _CLASSES.get(class_uid) if isinstance(class_uid, int) else None
    if observe is None:
        raise Reject(Reason.UNSUPPORTED, f"class_uid {str(class_uid)[:64]} is none of {', '.join(map(str, _CLASSES))}")
    return Observed(to_event(_head(record) | observe(record)), canonical(record))


def _head(record: Record) -> Record:
    logger = first(pick(record, "metadata.loggers"))
    sensor = logger.get("name") if isinstance(logger, dict) else None
    return {
        "event_time": _time_s(record),
        "source_id": pick(record, "metadata.uid"),
        "sensor": sensor or pick(record, "metadata.product.name"),
        "src_ip": without_zone(pick(record, "src_endpoint.ip")),
        "src_port": pick(record, "src_endpoint.port"),
        "dst_ip": without_zone(pick(record, "dst_endpoint.ip")),
        "dst_port": pick(record, "dst_endpoint.port"),
        "proto": lower(pick(record, "connection_info.protocol_name")),
        "user": pick(record, "user.name") or pick(record, "actor.user.name"),
        "host": pick(record, "device.hostname"),
    }


def _time_s(record: Record) -> float:
    time = record.get("time")
    return epoch_s(record.get("time_dt"), "time") if time is None else epoch_s(time, "time") * _unit_s(record)


def _unit_s(record: Record) -> float:
    """Return the length in seconds of the unit that this producer counts time in."""
    time = record.get("time")
    in_seconds = isinstance(time, int | float) and time < _MILLISECONDS_FROM
    return 1.0 if in_seconds else 1e-3


def _span_s(record: Record, span: Any) -> Any:
    return span * _unit_s(record) if isinstance(span, int | float) else span


def _network(record: Record) -> Record:
    return _tls(record) if isinstance(record.get("tls"), dict) else _flow(record)


def _flow(record: Record) -> Record:
    state, is_zeek = str(record.get("status_code")), pick(record, "metadata.product.name") == "Zeek"
    bytes_out, bytes_in = pick(record, "traffic.bytes_out"), pick(record, "traffic.bytes_in")
    flow = {
        "duration_s": _span_s(record, record.get("duration")),
        "orig_bytes": bytes_out if is_zeek else None,
        "resp_bytes": bytes_in if is_zeek else None,
        "orig_pkts": pick(record, "traffic.packets_out"),
        "resp_pkts": pick(record, "traffic.packets_in"),
        "orig_ip_bytes": pick(record, "unmapped.orig_ip_bytes") if is_zeek else bytes_out,
        "resp_ip_bytes": pick(record, "unmapped.resp_ip_bytes") if is_zeek else bytes_in,
        "conn_state": state if state in _CONN_STATES else None,
        "history": pick(record, "connection_info.flag_history"),
        "service": service(record.get("app_name")),
    }
    return {"kind": "flow", "flow": flow}


def _tls(record: Record) -> Record:
    handshake = {
        "version": pick(record, "tls.version"),
        "cipher": pick(record, "tls.cipher"),
        "server_name": pick(record, "tls.sni"),
        "ja3": pick(record, "tls.ja3_hash.value"),
        "ja3s": pick(record, "tls.ja3s_hash.value"),
        "subject": pick(record, "tls.certificate.subject"),
        "issuer": pick(record, "tls.certificate.issuer"),
        "not_after": _expiry_s(record),
    }
    return {"kind": "tls", "tls": handshake}


def _expiry_s(record: Record) -> float | None:
    end = time_or_none(pick(record, "tls.certificate.expiration_time"))
    return None if end is None else end * _unit_s(record)


def _dns(record: Record) -> Record:
    rcode = record.get("rcode")
    name = rcode.upper() if isinstance(rcode, str) else rcode
    transaction = {
        "query": pick(record, "query.hostname"),
        "qtype": pick(record, "query.type"),
        "rcode": _RCODES.get(name, name) if isinstance(name, str) else name,
        "answers": texts_of(record.get("answers"), "rdata"),
        "rtt_s": _rtt_s(record),
    }
    return {"kind": "dns", "dns": transaction}


def _rtt_s(record: Record) -> Any:
    """Return answer minus question; a `response_time` far too small for a moment is the span itself, in seconds."""
    asked, answered = record.get("query_time"), record.get("response_time")
    if not isinstance(answered, int | float):
        return None
    if isinstance(asked, int | float):
        return _span_s(record, answered - asked) if answered >= asked else None
    return answered if answered < 3600 else None


def _http(record: Record) -> Record:
    transaction = {
        "method": pick(record, "http_request.http_method"),
        "host": pick(record, "http_request.url.hostname"),
        "uri": pick(record, "http_request.url.path") or pick(record, "http_request.url.url_string"),
        "user_agent": pick(record, "http_request.user_agent"),
        "referrer": pick(record, "http_request.referrer"),
        "status_code": pick(record, "http_response.code"),
        "request_bytes": pick(record, "http_request.length"),
        "response_bytes": pick(record, "http_response.length"),
    }
    return {"kind": "http", "http": transaction}


def _ssh(record: Record) -> Record:
    return _auth(record, "ssh", record.get("count"))


def _authentication(record: Record) -> Record:
    return _auth(record, lower(record.get("auth_protocol")), None)


def _auth(record: Record, method: Any, attempts: Any) -> Record:
    words = str(record.get("activity_name")).lower().split()
    result = _STATUS.get(str(record.get("status_id"))) or outcome(words[-1] if words else None)
    return {"kind": "auth", "auth": {"method": method, "outcome": result, "attempts": attempts}}


_CLASSES: dict[int, Callable[[Record], Record]] = {
    3002: _authentication,
    4001: _network,
    4002: _http,
    4003: _dns,
    4007: _ssh,
}
