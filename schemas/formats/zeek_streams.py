"""What each Zeek stream means in the native shape.

Field names are those of https://docs.zeek.org/en/master/script-reference/log-files.html. A function takes a
stream's fields and returns the kind, its section, and what differs from the connection's head.
"""

from __future__ import annotations

from collections.abc import Callable

from schemas.formats.shape import Record, first, lower, outcome, texts, time_or_none, without_zone

#: Zeek's reports about itself: known, but nothing that happened on the network.
DIAGNOSTICS = frozenset(
    (
        *("analyzer_debug", "broker", "capture_loss", "cluster", "config", "loaded_scripts", "packet_filter", "print"),
        *("prof", "reporter", "stats", "stderr", "stdout", "telemetry", "telemetry_histogram"),
    )
)

#: Protocol of the streams that are not named after theirs, in the names of Zeek's `service`.
_SERVICES = {"smb_files": "smb", "smb_mapping": "smb", "smb_cmd": "smb", "ntp": "ntp", "ldap_search": "ldap"}


def conn(fields: Record) -> Record:
    """Return a connection."""
    get = fields.get
    flow = {
        "duration_s": get("duration"),
        "orig_bytes": get("orig_bytes"),
        "resp_bytes": get("resp_bytes"),
        "orig_pkts": get("orig_pkts"),
        "resp_pkts": get("resp_pkts"),
        "orig_ip_bytes": get("orig_ip_bytes"),
        "resp_ip_bytes": get("resp_ip_bytes"),
        "conn_state": get("conn_state"),
        "history": get("history"),
        "service": get("service"),
    }
    return {"kind": "flow", "flow": flow}


def dns(fields: Record) -> Record:
    """Return a DNS transaction."""
    get = fields.get
    names = {"query": get("query"), "qtype": get("qtype_name"), "rcode": get("rcode_name")}
    return {"kind": "dns", "dns": {**names, "answers": texts(get("answers")), "rtt_s": get("rtt")}}


def http(fields: Record) -> Record:
    """Return an HTTP transaction."""
    get = fields.get
    transaction = {
        "method": get("method"),
        "host": get("host"),
        "uri": get("uri"),
        "user_agent": get("user_agent"),
        "referrer": get("referrer"),
        "status_code": get("status_code"),
        "request_bytes": get("request_body_len"),
        "response_bytes": get("response_body_len"),
    }
    return {"kind": "http", "user": get("username"), "http": transaction}


def ssl(fields: Record) -> Record:
    """Return a TLS handshake."""
    names = ("version", "cipher", "server_name", "ja3", "ja3s", "subject", "issuer", "established", "validation_status")
    name_matches = {"name_matches": fields.get("sni_matches_cert")}
    return {"kind": "tls", "tls": {name: fields.get(name) for name in names} | name_matches}


def x509(fields: Record) -> Record:
    """Return a certificate; it has no addresses, its connection's `ssl` record does."""
    get = fields.get
    subject = get("certificate.subject") or get("certificate_subject")
    issuer = get("certificate.issuer") or get("certificate_issuer")
    not_after = time_or_none(get("certificate.not_valid_after") or get("certificate_not_valid_after"))
    own_id = get("fingerprint") or get("id")
    return {"kind": "tls", "source_id": own_id, "tls": {"subject": subject, "issuer": issuer, "not_after": not_after}}


def ssh(fields: Record) -> Record:
    """Return an SSH session; Zeek infers success from the sizes of packets."""
    auth = {"method": "ssh", "outcome": outcome(fields.get("auth_success")), "attempts": fields.get("auth_attempts")}
    return {"kind": "auth", "auth": auth}


def kerberos(fields: Record) -> Record:
    """Return a Kerberos exchange; `user` is the client principal."""
    # The first request of a usual log-in is refused so, and the next one carries the proof (RFC 4120, section 3.1.3).
    begins = fields.get("error_msg") == "KDC_ERR_PREAUTH_REQUIRED"
    auth = {"method": "kerberos", "outcome": None if begins else outcome(fields.get("success"))}
    return {"kind": "auth", "user": fields.get("client"), "auth": auth}


def ntlm(fields: Record) -> Record:
    """Return an NTLM authentication; `host` is the name that the client gave itself."""
    auth = {"method": "ntlm", "outcome": outcome(fields.get("success"))}
    return {"kind": "auth", "user": fields.get("username"), "host": fields.get("hostname"), "auth": auth}


def rdp(fields: Record) -> Record:
    """Return an RDP session. Its `result` is that of the negotiation, so the outcome is not known."""
    return {"kind": "auth", "user": fields.get("cookie"), "auth": {"method": "rdp"}}


def ftp(fields: Record) -> Record:
    """Return an FTP command; replies 230 and 530 tell a login's outcome (RFC 959)."""
    result = {"230": "success", "530": "failure"}.get(str(fields.get("reply_code")))
    return {"kind": "auth", "user": fields.get("user"), "auth": {"method": "ftp", "outcome": result}}


def radius(fields: Record) -> Record:
    """Return a RADIUS authentication."""
    auth = {"method": "radius", "outcome": outcome(fields.get("result"))}
    return {"kind": "auth", "user": fields.get("username"), "auth": auth}


def ldap(fields: Record) -> Record:
    """Return an LDAP operation; only a bind (RFC 4513) authenticates, its `object` being the account."""
    operation, result = first(fields.get("message_type") or fields.get("opcode")), first(fields.get("result"))
    if not str(operation).startswith("bind"):
        return {"kind": "auth", "auth": {"method": "ldap"}}
    verdict = None if result is None else "success" if result == "success" else "failure"
    return {"kind": "auth", "user": first(fields.get("object")), "auth": {"method": "ldap", "outcome": verdict}}


def notice(fields: Record) -> Record:
    """Return a notice; one that concerns no connection names its addresses in `src`, `dst` and `p`."""
    get = fields.get
    alert = {"signature": get("note"), "category": "notice", "severity": 3}
    if "id.orig_h" in fields or "id_orig_h" in fields:
        return {"kind": "alert", "alert": alert}
    head = {"src_ip": without_zone(get("src")), "dst_ip": without_zone(get("dst")), "dst_port": get("p")}
    return {"kind": "alert", **head, "alert": alert}


def weird(fields: Record) -> Record:
    """Return an oddity of a protocol."""
    return {"kind": "alert", "alert": {"signature": fields.get("name"), "category": "weird", "severity": 4}}


def dpd(fields: Record) -> Record:
    """Return a failure of protocol detection (`dpd`, since Zeek 6 `analyzer`)."""
    analyzer = fields.get("analyzer") or fields.get("analyzer_name")
    signature = f"{analyzer}: {fields.get('failure_reason')}"
    return {"kind": "alert", "alert": {"signature": signature, "category": "dpd", "severity": 4}}


def signatures(fields: Record) -> Record:
    """Return a match of Zeek's signature engine."""
    get = fields.get
    alert = {"signature": get("sig_id") or get("note"), "category": "signatures", "severity": 3}
    head = {"src_ip": get("src_addr"), "src_port": get("src_port"), "dst_ip": get("dst_addr")}
    return {"kind": "alert", **head, "dst_port": get("dst_port"), "alert": alert}


def intel(fields: Record) -> Record:
    """Return a sighting of an indicator."""
    indicator = fields.get("seen.indicator") or fields.get("seen_indicator")
    return {"kind": "alert", "alert": {"signature": indicator, "category": "intel", "severity": 3}}


def files(fields: Record) -> Record:
    """Return a file transfer: from the sender to the receiver, its service being the protocol that carried it."""
    get = fields.get
    src_ip = first(get("tx_hosts")) or get("id.orig_h") or get("id_orig_h")
    dst_ip = first(get("rx_hosts")) or get("id.resp_h") or get("id_resp_h")
    ends = {"src_ip": without_zone(src_ip), "dst_ip": without_zone(dst_ip)}
    return {"kind": "flow", "source_id": get("fuid"), **ends, "flow": {"service": lower(get("source")) or "files"}}


def dhcp(fields: Record) -> Record:
    """Return a DHCP conversation."""
    get = fields.get
    head = {"source_id": first(get("uids")), "src_ip": get("client_addr"), "dst_ip": get("server_addr")}
    return {"kind": "flow", **head, "host": get("host_name"), "flow": {"service": "dhcp"}}


def other(stream: str, fields: Record) -> Record:
    """Return a stream without a kind of its own: a flow whose service names the protocol, without counters."""
    head = {"src_ip": without_zone(fields["host"])} if stream.startswith("known_") and "host" in fields else {}
    return {"kind": "flow", **head, "flow": {"service": _SERVICES.get(stream, stream)}}


STREAMS: dict[str, Callable[[Record], Record]] = {
    "conn": conn,
    "dns": dns,
    "http": http,
    "ssl": ssl,
    "x509": x509,
    "ssh": ssh,
    "kerberos": kerberos,
    "ntlm": ntlm,
    "rdp": rdp,
    "ftp": ftp,
    "radius": radius,
    "ldap": ldap,
    "notice": notice,
    "weird": weird,
    "dpd": dpd,
    "analyzer": dpd,
    "signatures": signatures,
    "intel": intel,
    "files": files,
    "dhcp": dhcp,
}
