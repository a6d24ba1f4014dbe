"""What each EVE event type means in the native shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import chain

from schemas.dead_letter import Reason, Reject
from schemas.formats.shape import Record, epoch_s, first, section, service, texts, texts_of, time_or_none

_FIN, _SYN, _RST = 0x01, 0x02, 0x04


def flow_section(record: Record, flow: Record) -> Record:
    """Return the counters of a flow object, which alerts carry as well (there without an end)."""
    return {
        "orig_pkts": flow.get("pkts_toserver"),
        "resp_pkts": flow.get("pkts_toclient"),
        "orig_ip_bytes": flow.get("bytes_toserver"),
        "resp_ip_bytes": flow.get("bytes_toclient"),
        "service": service(record.get("app_proto")),
    }


def _flow(record: Record) -> Record:
    flow = _body(record, "flow")
    counters = flow_section(record, flow)
    counters["conn_state"] = conn_state(record, flow)
    observed: Record = {"kind": "flow", "flow": counters}
    if "start" in flow:
        observed["event_time"] = start_s = epoch_s(flow["start"], "flow.start")
        if "end" in flow:
            duration_s = epoch_s(flow["end"], "flow.end") - start_s
            counters["duration_s"] = round(duration_s, 6) if duration_s >= 0 else None
    return observed


def conn_state(record: Record, flow: Record) -> str | None:
    """Return Zeek's `conn_state` where Suricata's record leaves no doubt, else None.

    UDP: S0 (no answer) or SF. TCP, from the flags that each side sent: S0 (SYN alone, no answer), REJ (SYN answered
    by RST), SF (both sent SYN and FIN, none RST), RSTO and RSTR (established, reset by one side), S1 (established and
    not ended). A flow that began before Suricata looked has no SYN and no state.
    """
    answered, proto = flow.get("pkts_toclient"), str(record.get("proto")).lower()
    if answered is None:
        return None
    if proto == "udp":
        return "SF" if answered else "S0"
    tcp = section(record, "tcp")
    return _tcp_state(_flags(tcp, "tcp_flags_ts"), _flags(tcp, "tcp_flags_tc"), bool(answered)) if tcp else None


def _tcp_state(orig: int, resp: int, answered: bool) -> str | None:  # noqa: FBT001 - one of three plain facts
    if not orig & _SYN:
        return None
    if not answered:
        return "S0" if not orig & (_FIN | _RST) else None
    if not resp & _SYN:
        return "REJ" if resp & _RST else None
    resets, ends = (orig & _RST, resp & _RST), (orig & _FIN, resp & _FIN)
    if any(resets):
        return None if all(resets) else "RSTO" if resets[0] else "RSTR"
    return "SF" if all(ends) else None if any(ends) else "S1"


def _flags(tcp: Record, name: str) -> int:
    try:
        return int(tcp.get(name) or "0", 16)
    except (TypeError, ValueError):
        raise Reject(Reason.INVALID, f"tcp.{name}: not hexadecimal") from None


def _alert(record: Record) -> Record:
    alert = _body(record, "alert")
    severity = alert.get("severity")
    section_ = {
        "signature": alert.get("signature"),
        "signature_id": alert.get("signature_id"),
        "category": alert.get("category") or None,
        # Rule sets may number lower priorities than the four of Suricata's own classification.
        "severity": min(severity, 4) if isinstance(severity, int) else severity,
        "action": alert.get("action"),
    }
    return {"kind": "alert", "alert": section_}


def _anomaly(record: Record) -> Record:
    anomaly = _body(record, "anomaly")
    signature = anomaly.get("event") or anomaly.get("code")
    alert = {"signature": signature, "category": anomaly.get("type"), "severity": 4}
    return {"kind": "alert", "alert": alert}


def _dns(record: Record) -> Record:
    dns = _body(record, "dns")
    question = first(dns.get("queries") or dns.get("query")) or dns  # Suricata 8 (v3) lists its questions
    if not isinstance(question, dict):
        raise Reject(Reason.INVALID, "dns.queries: expected objects")
    names = {"query": question.get("rrname"), "qtype": question.get("rrtype"), "rcode": dns.get("rcode")}
    return {"kind": "dns", "dns": {**names, "answers": _answers(dns)}}


def _answers(dns: Record) -> list[str] | None:
    """Return the data of the answers: a list (v2, v3), grouped by type (v2), or one a record (v1)."""
    if "answers" in dns:
        return texts_of(dns["answers"], "rdata")
    grouped = section(dns, "grouped")
    if grouped:
        return texts(list(chain.from_iterable(data for data in grouped.values() if isinstance(data, list))))
    return texts([dns.get("rdata")])


def _http(record: Record) -> Record:
    http = _body(record, "http")
    transaction = {
        "method": http.get("http_method"),
        "host": http.get("hostname"),
        "uri": http.get("url"),
        "user_agent": http.get("http_user_agent"),
        "referrer": http.get("http_refer"),
        "status_code": http.get("status"),
        "response_bytes": http.get("length"),
    }
    return {"kind": "http", "http": transaction}


def _tls(record: Record) -> Record:
    tls = _body(record, "tls")
    handshake = {
        "version": tls.get("version"),
        "server_name": tls.get("sni"),
        "ja3": section(tls, "ja3").get("hash"),
        "ja3s": section(tls, "ja3s").get("hash"),
        "subject": tls.get("subject"),
        "issuer": tls.get("issuerdn"),
        "not_after": time_or_none(tls.get("notafter")),
    }
    return {"kind": "tls", "tls": handshake}


def _ssh(_record: Record) -> Record:
    return {"kind": "auth", "auth": {"method": "ssh"}}


def _rdp(record: Record) -> Record:
    return {"kind": "auth", "user": section(record, "rdp").get("cookie"), "auth": {"method": "rdp"}}


def _krb5(record: Record) -> Record:
    krb5 = _body(record, "krb5")
    message = str(krb5.get("msg_type"))
    outcome = "failure" if message == "KRB_ERROR" else "success" if message.endswith("_REP") else None
    if krb5.get("error_code") == "KDC_ERR_PREAUTH_REQUIRED":  # how a usual log-in begins (RFC 4120, section 3.1.3)
        outcome = None
    return {"kind": "auth", "user": krb5.get("cname"), "auth": {"method": "kerberos", "outcome": outcome}}


def _application(name: str, record: Record) -> Record:
    """Return a record of a protocol without a kind of its own; a file's is the one that carried it."""
    return {"kind": "flow", "flow": {"service": service(record.get("app_proto") or name)}}


def _body(record: Record, name: str) -> Record:
    if record.get(name) is None:
        raise Reject(Reason.INVALID, f"{name}: missing")
    return section(record, name)


_APPLICATIONS = (
    "bittorrent_dht dcerpc dhcp dnp3 enip fileinfo ftp ftp_data http2 ike ikev2 ldap mdns modbus mqtt nfs pgsql pop3 "
    "quic rfb sip smb smtp snmp telnet tftp websocket"
)

TYPES: dict[str, Callable[[Record], Record]] = {
    "flow": _flow,
    "alert": _alert,
    "anomaly": _anomaly,
    "dns": _dns,
    "http": _http,
    "tls": _tls,
    "ssh": _ssh,
    "rdp": _rdp,
    "krb5": _krb5,
    **{name: partial(_application, name) for name in _APPLICATIONS.split()},
}
