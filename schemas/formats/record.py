"""From the bytes of Kafka records to a table of events, and to what was wrong with the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from schemas.dead_letter import Headers, Reason, Reject
from schemas.event import SecurityEvent
from schemas.formats.codec import JSON, MSGPACK, UNDECODED, Codec
from schemas.formats.dialects import FORMATS, detect
from schemas.formats.envelope import Content, Envelope, envelope_of
from schemas.formats.shape import Observed
from schemas.table import EventTable, tabulate

MAX_RECORD_BYTES = 1_048_576
MAX_ELEMENTS = 10_000

T = TypeVar("T")

_AS_JSON, _AS_MSGPACK = Content(JSON), Content(MSGPACK)
_BOM = b"\xef\xbb\xbf"
_OBJECT = ord("{")
#: First bytes of a msgpack map or array; none of them begins a JSON text.
_MSGPACK_LEADS = frozenset([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
_MSGPACK_ARRAYS = frozenset([*range(0x90, 0xA0), 0xDC, 0xDD])


class RawRecord(Protocol):
    """What is read of a Kafka record."""

    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Headers: ...  # noqa: D102 - see `envelope_of`


class Decoded(NamedTuple):
    """What n records held: complete events in order, and what was wrong with each element that is none."""

    table: EventTable
    record_numbers: NDArray[np.int64]  #: (events,) the record that an event came in, from 0
    rejects: dict[int, list[Reject]]  #: by the record's number; the place in a batch is told as "element 3: ..."


class DecodedRecord(NamedTuple):
    """What one record held."""

    events: list[SecurityEvent]
    rejects: list[Reject]


@dataclass(slots=True)
class _Found:
    """What was found so far, before it is completed."""

    events: list[SecurityEvent] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)  # by record: number of events up to its end
    identities: dict[int, str] = field(default_factory=dict)  # by row
    places: dict[int, tuple[int, str]] = field(default_factory=dict)  # by row: element of a batch, prefix of a reject
    rejects: defaultdict[int, list[tuple[int, Reject]]] = field(default_factory=lambda: defaultdict(list))  # by record

    def reject(self, element: int, reject: Reject) -> None:
        """Reject an element of the record at hand; 0 is the record itself."""
        self.rejects[len(self.ends)].append((element, reject))

    def end_record(self) -> None:
        """Say that the record at hand is done."""
        self.ends.append(len(self.events))


def decode_records(records: Sequence[RawRecord], *, max_bytes: int = MAX_RECORD_BYTES) -> Decoded:
    """Decode records; never raises, apart from MemoryError.

    Args:
        records: A null value, no bytes and white space are rejected as EMPTY.
        max_bytes: Longest value that is looked at; a longer one is rejected as TOO_LARGE, and so is a batch of more
            than 10,000 elements.
    """
    found = _Found()
    for headers, of_one_producer in groupby(records, attrgetter("headers")):
        _decode_alike(found, headers, list(map(attrgetter("value"), of_one_producer)), max_bytes)
    record_numbers = np.repeat(np.arange(len(found.ends)), np.diff(np.array([0, *found.ends])))
    table, incomplete = tabulate(found.events, found.identities)
    for row, wrong in incomplete.items():
        element, place = found.places.get(row, (0, ""))
        found.rejects[int(record_numbers[row])].append((element, _at(place, wrong)))
    in_order = {number: [reject for _, reject in sorted(of, key=itemgetter(0))] for number, of in found.rejects.items()}
    kept = np.delete(record_numbers, list(incomplete)) if incomplete else record_numbers
    return Decoded(table, kept, in_order)


def decode_record(value: bytes | None, headers: Headers = (), *, max_bytes: int = MAX_RECORD_BYTES) -> DecodedRecord:
    """Decode one record, see `decode_records`; its events carry their identifiers."""
    decoded = decode_records([_One(value, headers)], max_bytes=max_bytes)
    events = [decoded.table.identified(row) for row in range(len(decoded.table))]
    return DecodedRecord(events, decoded.rejects.get(0, []))


class _One(NamedTuple):
    value: bytes | None
    headers: Headers


def _decode_alike(found: _Found, headers: Headers, values: list[bytes | None], max_bytes: int) -> None:
    """Decode records that have the same headers."""
    try:
        envelope = envelope_of(headers)
    except Reject as reject:
        for _ in values:
            found.reject(0, reject)
            found.end_record()
        return
    codec = _codec_of_runs(envelope, values, max_bytes)
    for value in _decode_runs(found, codec, values) if codec else values:
        try:
            _decode(found, value, envelope, max_bytes, tried=codec)
        except Reject as reject:
            found.reject(0, reject)
        found.end_record()


def _codec_of_runs(envelope: Envelope, values: list[bytes | None], max_bytes: int) -> Codec | None:
    """Return what may decode whole runs of native events, or None when each value is to be looked at."""
    content = envelope.content or _AS_JSON
    too_long = max(map(len, filter(None, values)), default=0) > max_bytes
    return content.codec if envelope.may_be_native and not content.lines and not too_long else None


def _decode_runs(found: _Found, codec: Codec, values: list[bytes | None]) -> Iterator[bytes | None]:
    """Decode runs of native events without a step of Python's for each; yield the values between them."""
    waiting: Iterator[Any] = iter(values)
    done = 0
    while True:
        before = len(found.events)
        with suppress(*UNDECODED, TypeError):  # TypeError: a null value
            found.events.extend(map(codec.event, waiting))  # keeps what came before the error
        found.ends += range(before + 1, len(found.events) + 1)
        done += len(found.events) - before
        if done == len(values):
            return
        yield values[done]
        done += 1


def _decode(found: _Found, value: bytes | None, envelope: Envelope, max_bytes: int, *, tried: Codec | None) -> None:
    """Add a record's events and rejects to what was found. Raises Reject when there is nothing to be had of it.

    What is no native event in the codec that was `tried` is not tried again.
    """
    if not value or value[0] != _OBJECT or len(value) > max_bytes:
        value = _checked(value, max_bytes)
    content = envelope.content or (_AS_MSGPACK if value[0] in _MSGPACK_LEADS else _AS_JSON)
    if content.lines:
        _decode_lines(found, value, envelope)
    elif value[0] in (_MSGPACK_ARRAYS if content.codec is MSGPACK else b"["):
        _decode_array(found, content.codec, value, envelope)
    else:
        try:
            _add_element(found, content.codec, value, envelope, native=content.codec is not tried)
        except Reject as reject:
            # Lines are tried last: JSON may be printed over several lines, and whole records are the rule.
            if envelope.content is not None or reject.reason is not Reason.MALFORMED or not _is_lines(value):
                raise
            _decode_lines(found, value, envelope)


def _checked(value: bytes | None, max_bytes: int) -> bytes:
    if not value:
        raise Reject(Reason.EMPTY, "null" if value is None else "no bytes")
    if len(value) > max_bytes:
        raise Reject(Reason.TOO_LARGE, f"{len(value)} bytes, at most {max_bytes} are accepted")
    if value[0] in _MSGPACK_LEADS:
        return value
    text = value.removeprefix(_BOM).strip()
    if not text:
        raise Reject(Reason.EMPTY, "nothing but white space")
    return text


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


def _decode_lines(found: _Found, value: bytes, envelope: Envelope) -> None:
    lines = [(number, line) for number, line in enumerate(value.split(b"\n"), 1) if line and not line.isspace()]
    _decode_batch(found, "line", lines, partial(_add_element, found, JSON, envelope=envelope))


def _decode_array(found: _Found, codec: Codec, value: bytes, envelope: Envelope) -> None:
    if envelope.may_be_native:
        try:
            events = codec.events(value)
        except UNDECODED:
            pass  # at least one of them is not native, so they are taken one by one
        else:
            _decode_batch(found, "element", list(enumerate(events, 1)), found.events.append)
            return
    elements = list(enumerate(codec.items(value), 1))
    _decode_batch(found, "element", elements, partial(_add_element, found, codec, envelope=envelope))


def _decode_batch(found: _Found, unit: str, elements: list[tuple[int, T]], add: Callable[[T], None]) -> None:
    if not elements:
        raise Reject(Reason.EMPTY, "a batch without elements")
    if len(elements) > MAX_ELEMENTS:
        raise Reject(Reason.TOO_LARGE, f"a batch of {len(elements)}, at most {MAX_ELEMENTS} are accepted")
    for number, element in elements:
        place = f"{unit} {number}: "
        found.places[len(found.events)] = (number, place)
        try:
            add(element)
        except Reject as reject:
            found.reject(number, _at(place, reject))


def _at(place: str, reject: Reject) -> Reject:
    return Reject(reject.reason, place + reject.detail)


def _add_element(found: _Found, codec: Codec, data: bytes, envelope: Envelope, *, native: bool = True) -> None:
    """Decode one element: straight into the struct where it may be `native`, else by its dialect."""
    if native and envelope.may_be_native:
        try:
            event = codec.event(data)
        except UNDECODED:
            pass  # the generic way below tells a broken native event from another dialect
        else:
            found.events.append(event)
            return
    record = codec.record(data)
    if envelope.zeek_stream is not None:
        record["_path"] = envelope.zeek_stream
    dialect, row = envelope.dialect or detect(record), len(found.events)
    observed = _converted(dialect, record)
    if observed.identity is not None:
        found.identities[row] = observed.identity
    if dialect != "native":
        element, place = found.places.get(row, (0, ""))
        found.places[row] = (element, f"{place}{dialect}: ")
    found.events.append(observed.event)


def _converted(dialect: str, record: dict[str, object]) -> Observed:
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
