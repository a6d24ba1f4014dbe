"""Zeek JSON in its three dialects, and the identity of Zeek records.

1. streaming: `{"@stream": "conn", "@system": ..., "id_orig_h": ...}`
2. the Kafka plugin's: `{"conn": {"id.orig_h": ...}}`
3. Zeek's own: `{"id.orig_h": ...}`, its stream told by `_path` (json-streaming-logs, Corelight), by the header
   `ironcore-zeek-stream`, or by its fields.

A value of "-" is Zeek's mark of an unset field and means missing. See `zeek_streams` for each stream's meaning.
"""

from __future__ import annotations

from schemas.dead_letter import Reason, Reject
from schemas.event import SecurityEvent
from schemas.formats.shape import Observed, Record, canonical, epoch_s, lower, to_event, without_zone
from schemas.formats.zeek_streams import DIAGNOSTICS, STREAMS, other

#: Streams whose records `uid` (or `fuid`) and `ts` tell apart, with the fields that are needed beside them.
_TOLD_APART_BY: dict[str, tuple[str, ...]] = {
    "conn": (),
    "dns": ("trans_id", "query", "qtype", "rcode", "rtt"),
    "http": ("trans_depth",),
    "ssl": (),
    "ssh": (),
    "files": ("source",),
    "notice": ("note", "msg", "sub"),
}

#: A field that only this stream has, for records that do not name theirs; the first that is there decides.
_TELLTALES: tuple[tuple[str, str], ...] = (
    ("conn_state", "conn"),
    ("qtype_name", "dns"),
    ("trans_id", "dns"),
    ("request_body_len", "http"),
    ("auth_attempts", "ssh"),
    ("kex_alg", "ssh"),
    ("certificate.subject", "x509"),
    ("cert_chain_fuids", "ssl"),
    ("cert_chain_fps", "ssl"),
    ("ssl_history", "ssl"),
    ("resumed", "ssl"),
    ("mime_type", "files"),
    ("seen_bytes", "files"),
    ("sig_id", "signatures"),
    ("note", "notice"),
    ("failure_reason", "dpd"),
    ("seen.indicator", "intel"),
    ("request_type", "kerberos"),
    ("domainname", "ntlm"),
    ("security_protocol", "rdp"),
    ("reply_code", "ftp"),
    ("named_pipe", "dce_rpc"),
    ("share_type", "smb_mapping"),
    ("peer", "weird"),
)


def speaks(record: Record) -> bool:
    """Tell whether a record looks like Zeek's."""
    if "@stream" in record or "_path" in record or "id.orig_h" in record:
        return True
    if len(record) == 1:
        return all(isinstance(fields, dict) and "ts" in fields for fields in record.values())
    return "ts" in record and ("uid" in record or "fuid" in record)


def event_of(record: Record) -> Observed:
    """Turn a Zeek record into an event.

    Raises:
        Reject: UNKNOWN_FORMAT when its stream cannot be told, UNSUPPORTED for Zeek's own diagnostics, INVALID.
    """
    stream, fields = _unwrapped(record)
    if "-" in fields.values():
        fields = {name: value for name, value in fields.items() if value != "-"}
    # Corelight's reduced logs and the log of long connections have the fields of the stream that they are cut from.
    base = stream.removesuffix("_red").removesuffix("_long")
    if base in DIAGNOSTICS:
        raise Reject(Reason.UNSUPPORTED, f"stream {stream[:64]} is about Zeek itself")
    meaning = STREAMS.get(base)
    observed = meaning(fields) if meaning else other(base, fields)
    event = to_event(_head(fields) | observed)
    return Observed(event, _identity(stream, base, fields, event))


def _unwrapped(record: Record) -> tuple[str, Record]:
    """Return the stream's name and its fields."""
    if len(record) <= 2:  # the wrapper, perhaps beside the stream that a header told
        for name, fields in record.items():
            if isinstance(fields, dict):
                return name, fields
    stream = record.get("_path") or record.get("@stream") or _stream_by_fields(record)
    if not isinstance(stream, str):
        raise Reject(Reason.INVALID, "the stream's name is not text")
    return stream, record


def _stream_by_fields(record: Record) -> str:
    for field, stream in _TELLTALES:
        if field in record:
            return stream
    raise Reject(Reason.UNKNOWN_FORMAT, "which stream is not told: by _path, @stream or header ironcore-zeek-stream")


def _head(fields: Record) -> Record:
    get = fields.get
    return {
        "event_time": epoch_s(get("ts"), "ts"),
        "source_id": get("uid") or get("fuid"),
        "sensor": get("@system") or get("_system_name"),
        "src_ip": without_zone(get("id.orig_h") or get("id_orig_h")),
        "src_port": get("id.orig_p", get("id_orig_p")),
        "dst_ip": without_zone(get("id.resp_h") or get("id_resp_h")),
        "dst_port": get("id.resp_p", get("id_resp_p")),
        "proto": lower(get("proto")),
    }


def _identity(stream: str, base: str, fields: Record, event: SecurityEvent) -> str:
    """Return Zeek's own identifier (the same in each dialect) where it is enough, else the whole record."""
    discriminators = _TOLD_APART_BY.get(base)
    if discriminators is None or event.source_id is None:
        return canonical({**fields, "_path": stream})
    told = (_text(fields.get(name)) for name in discriminators)
    return "|".join(("zeek", stream, event.source_id, f"{event.event_time:.6f}", *told))


def _text(value: object) -> str:
    # TSV logs carry six decimals, JSON logs all of them.
    return f"{value:.6f}" if isinstance(value, float) else str(value)
