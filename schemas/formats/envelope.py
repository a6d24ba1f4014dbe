"""What a record's headers say about its value."""

from __future__ import annotations

from typing import NamedTuple

from schemas.dead_letter import Headers, Reason, Reject
from schemas.formats.codec import JSON, MSGPACK, Codec
from schemas.formats.dialects import FORMATS


class Content(NamedTuple):
    """How a value is written: its codec, and whether it is one value a line."""

    codec: Codec
    lines: bool = False


#: Accepted values of `content-type`; parameters such as charset are ignored, JSON being UTF-8 (RFC 8259).
CONTENT_TYPES: dict[str, Content] = {
    "application/json": Content(JSON),
    "application/x-ndjson": Content(JSON, lines=True),
    "application/msgpack": Content(MSGPACK),
    "application/x-msgpack": Content(MSGPACK),
    "application/vnd.msgpack": Content(MSGPACK),
}


class Envelope(NamedTuple):
    """Headers that concern decoding; None where the producer left it to us to see."""

    content: Content | None = None
    dialect: str | None = None
    zeek_stream: str | None = None
    may_be_native: bool = True  #: whether to try the native dialect first


def envelope_of(headers: Headers) -> Envelope:
    """Read the headers of a record; of a repeated header the last one counts, as Kafka's `lastHeader` does.

    `content-type` is one of `CONTENT_TYPES`, `ironcore-format` one of `FORMATS`, and `ironcore-zeek-stream` names
    the Zeek log (conn, dns) of records that do not carry its name. Other headers are none of our business.

    Raises:
        Reject: UNKNOWN_FORMAT for a value that is not accepted.
    """
    told = {name: data for name, data in headers if name in ("content-type", "ironcore-format", "ironcore-zeek-stream")}
    if not told:
        return Envelope()
    stream = _text(told.get("ironcore-zeek-stream"))
    dialect = _text(told.get("ironcore-format")) or ("zeek" if stream else None)
    if dialect is not None and dialect not in FORMATS:
        raise Reject(Reason.UNKNOWN_FORMAT, f"header ironcore-format: {dialect[:64]!r} is none of {', '.join(FORMATS)}")
    return Envelope(_content(_text(told.get("content-type"))), dialect, stream, dialect in (None, "native"))


def _content(content_type: str | None) -> Content | None:
    if content_type is None:
        return None
    content = CONTENT_TYPES.get(content_type.partition(";")[0].rstrip())
    if content is None:
        names = ", ".join(CONTENT_TYPES)
        raise Reject(Reason.UNKNOWN_FORMAT, f"header content-type: {content_type[:64]!r} is none of {names}")
    return content


def _text(data: bytes | None) -> str | None:
    return data.decode("ascii", "replace").strip().lower() or None if data else None
