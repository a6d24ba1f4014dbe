"""From the bytes of one Kafka record to its events and its rejects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import msgspec

from schemas.dead_letter import Headers, Reason, Reject
from schemas.event import SecurityEvent
from schemas.formats.codec import JSON, MSGPACK, UNDECODED, Codec
from schemas.formats.dialects import FORMATS, detect
from schemas.formats.envelope import Content, Envelope, envelope_of
from schemas.identity import complete

MAX_RECORD_BYTES = 1_048_576
MAX_ELEMENTS = 10_000

T = TypeVar("T")

_UNTOLD = Envelope()
_AS_JSON, _AS_MSGPACK = Content(JSON), Content(MSGPACK)
_BOM = b"\xef\xbb\xbf"
_OBJECT = ord("{")
#: First bytes of a msgpack map or array; none of them begins a JSON text.
_MSGPACK_LEADS = frozenset([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
_MSGPACK_ARRAYS = frozenset([*range(0x90, 0xA0), 0xDC, 0xDD])


class Decoded(msgspec.Struct):
    """What a record held: complete events in order, and one reject for each element that is none."""

    events: list[SecurityEvent]
    rejects: list[Reject]


def decode_record(value: bytes | None, headers: Headers = (), *, max_bytes: int = MAX_RECORD_BYTES) -> Decoded:
    """Decode one record; never raises, apart from MemoryError.

    Args:
        value: The record's value. Null, no bytes and white space are rejected as EMPTY.
        headers: The record's headers, see `envelope_of`.
        max_bytes: Longest value that is looked at; a longer one is rejected as TOO_LARGE, and so is a batch of more
            than 10,000 elements.

    Returns:
        Events and rejects. The detail of a reject begins with its place in a batch, counted from 1: "element 3: ...",
        or "line 3: ..." for JSON lines.
    """
    try:
        envelope = envelope_of(headers) if headers else _UNTOLD
        return _decoded(_checked(value, max_bytes), envelope)
    except Reject as reject:
        return Decoded([], [reject])


def _checked(value: bytes | None, max_bytes: int) -> bytes:
    if not value:
        raise Reject(Reason.EMPTY, "null" if value is None else "no bytes")
    if len(value) > max_bytes:
        raise Reject(Reason.TOO_LARGE, f"{len(value)} bytes, at most {max_bytes} are accepted")
    if value[0] == _OBJECT or value[0] in _MSGPACK_LEADS:
        return value
    text = value.removeprefix(_BOM).strip()
    if not text:
        raise Reject(Reason.EMPTY, "nothing but white space")
    return text


def _decoded(value: bytes, envelope: Envelope) -> Decoded:
    content = envelope.content or (_AS_MSGPACK if value[0] in _MSGPACK_LEADS else _AS_JSON)
    if content.lines:
        return _lines(value, envelope)
    if value[0] in (_MSGPACK_ARRAYS if content.codec is MSGPACK else b"["):
        return _array(content.codec, value, envelope)
    try:
        return Decoded([_event(content.codec, value, envelope)], [])
    except Reject as reject:
        # Lines are tried last: JSON may be printed over several lines, and whole records are the rule.
        if envelope.content is None and reject.reason is Reason.MALFORMED and _is_lines(value):
            return _lines(value, envelope)
        raise


def _is_lines(value: bytes) -> bool:
    """Tell JSON lines from one broken JSON text: at least one line of several is an object by itself."""
    lines = value.split(b"\n", MAX_ELEMENTS)
    return len(lines) > 1 and any(_is_object(line) for line in lines)


def _is_object(line: bytes) -> bool:
    try:
        JSON.record(line)
    except Reject:
        return False
    return True


def _lines(value: bytes, envelope: Envelope) -> Decoded:
    lines = [(number, line) for number, line in enumerate(value.split(b"\n"), 1) if line and not line.isspace()]
    return _batch("line", lines, partial(_event, JSON, envelope=envelope))


def _array(codec: Codec, value: bytes, envelope: Envelope) -> Decoded:
    if envelope.may_be_native:
        try:
            events = codec.events(value)
        except UNDECODED:
            pass  # at least one of them is not native, so they are taken one by one
        else:
            return _batch("element", list(enumerate(events, 1)), complete)
    return _batch("element", list(enumerate(codec.items(value), 1)), partial(_event, codec, envelope=envelope))


def _batch(unit: str, elements: list[tuple[int, T]], event_of: Callable[[T], SecurityEvent]) -> Decoded:
    if not elements:
        raise Reject(Reason.EMPTY, "a batch without elements")
    if len(elements) > MAX_ELEMENTS:
        raise Reject(Reason.TOO_LARGE, f"a batch of {len(elements)}, at most {MAX_ELEMENTS} are accepted")
    decoded = Decoded([], [])
    for number, element in elements:
        try:
            decoded.events.append(event_of(element))
        except Reject as reject:
            decoded.rejects.append(Reject(reject.reason, f"{unit} {number}: {reject.detail}"))
    return decoded


def _event(codec: Codec, data: bytes, envelope: Envelope) -> SecurityEvent:
    """Decode one element: as a native event straight into the struct, else by its dialect."""
    if envelope.may_be_native:
        try:
            return complete(codec.event(data))
        except Reject:
            raise
        except UNDECODED:
            pass  # the generic way below tells a broken native event from another dialect
    record = codec.record(data)
    if envelope.zeek_stream is not None:
        record["_path"] = envelope.zeek_stream
    return _converted(envelope.dialect or detect(record), record)


def _converted(dialect: str, record: dict[str, object]) -> SecurityEvent:
    try:
        return FORMATS[dialect](record)
    except Reject as reject:
        raise Reject(reject.reason, f"{dialect}: {reject.detail}") from None
    except RecursionError:
        raise Reject(Reason.MALFORMED, f"{dialect}: nested too deep") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - no record, however odd, may stop the stream
        raise Reject(Reason.INVALID, f"{dialect}: unexpected {type(error).__name__}: {error}") from None
