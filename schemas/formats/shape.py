"""What the dialects share: the one way from a dict in the native shape to a struct, times, paths and addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import inspect

from schemas.dead_letter import Reason, Reject
from schemas.event import Event, SecurityEvent

Record = dict[str, Any]


class Observed(NamedTuple):
    """What a sensor's record says: the event, not yet completed (`schemas.table`), and what identifies the record."""

    event: SecurityEvent
    identity: str | None = None  #: tells it from every other record of its sensor; None where the content does


#: Names of application protocols in Suricata, OCSF and ECS where Zeek's `service` differs.
_SERVICES = {
    "tls": "ssl",
    "krb5": "krb_tcp",
    "kerberos": "krb_tcp",
    "dcerpc": "dce_rpc",
    "ftp_data": "ftp-data",
    "failed": None,
}
_SHAPE = inspect.type_info(Event)
_convert: Callable[..., SecurityEvent] = partial(msgspec.convert, type=Event, strict=False)
_canonical = msgspec.json.Encoder(order="sorted").encode


def to_event(native: Record) -> SecurityEvent:
    """Check a dict in the native shape (None is missing) and build the struct; `schemas.table` completes it.

    Sensors are read leniently: numbers may be text or integral floats, and text beyond a limit is cut there, since
    sensors cut as well.

    Raises:
        Reject: INVALID, in msgspec's words with the path in the native shape.
    """
    try:
        return _convert(native)
    except msgspec.ValidationError:
        pass  # text that is too long is rare, so nothing is measured before
    try:
        return _convert(_clip(native, _SHAPE))
    except msgspec.ValidationError as error:
        raise Reject(Reason.INVALID, str(error)) from None


def _clip(value: Any, shape: inspect.Type) -> Any:
    """Cut text and lists to the limits of the contract."""
    if isinstance(shape, inspect.UnionType):
        shape = next(kind for kind in shape.types if not isinstance(kind, inspect.NoneType))
    if isinstance(value, str) and isinstance(shape, inspect.StrType):
        return value[: shape.max_length]
    if isinstance(value, list) and isinstance(shape, inspect.ListType):
        return [_clip(item, shape.item_type) for item in value[: shape.max_length]]
    if isinstance(value, dict) and isinstance(shape, inspect.StructType):
        return {field.name: _clip(value.get(field.name), field.type) for field in shape.fields if field.name in value}
    return value


def epoch_s(value: Any, field: str) -> float:
    """Return a sensor's time as seconds since 1970-01-01 UTC.

    Args:
        value: Seconds as a number or as text, or ISO 8601 text; without an offset it is taken as UTC.
        field: Name of the sensor's field, for the error.

    Raises:
        Reject: INVALID when it is missing or neither of these.
    """
    if isinstance(value, float | int):
        return value
    if not isinstance(value, str):
        raise Reject(Reason.INVALID, f"{field}: {'missing' if value is None else 'neither a number nor text'}")
    try:
        return _iso_s(value) if "T" in value or "-" in value[1:] else float(value)
    except ValueError:
        raise Reject(Reason.INVALID, f"{field}: {value[:64]!r} is no time") from None


def time_or_none(value: Any) -> float | None:
    """Return a time as `epoch_s` reads it; None for what is none: a date beside the point rejects no record."""
    try:
        return None if isinstance(value, bool) else epoch_s(value, "")
    except Reject:
        return None


def _iso_s(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def pick(record: Record, path: str) -> Any:
    """Return what a dotted path leads to, the dots being nesting or part of one key; None when it leads nowhere."""
    if path in record:
        return record[path]
    here: Any = record
    for name in path.split("."):
        if not isinstance(here, dict):
            return None
        here = here.get(name)
    return here


def section(record: Record, name: str) -> Record:
    """Return a nested object, empty when it is absent. Raises Reject: INVALID when it is something else."""
    value = record.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Reject(Reason.INVALID, f"{name}: expected an object")
    return value


def first(value: Any) -> Any:
    """Return the first element of a list, None for an empty one, and anything else as it is."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def without_zone(address: Any) -> Any:
    """Drop the zone of a scoped address (`fe80::1%eth0`, RFC 4007), local to the sensor; no text is no address."""
    return address.partition("%")[0] or None if isinstance(address, str) else address


def texts(values: Any) -> list[str] | None:
    """Return the texts in a list, such as the answers that are plain names and addresses; None when there are none."""
    return [value for value in values if isinstance(value, str)] or None if isinstance(values, list) else None


def texts_of(values: Any, name: str) -> list[str] | None:
    """Return the texts that a list of objects holds under one name; None when there are none."""
    return texts([value.get(name) for value in values if isinstance(value, dict)]) if isinstance(values, list) else None


def lower(text: Any) -> Any:
    """Return text in lower case, and anything else as it is (the contract judges it)."""
    return text.lower() if isinstance(text, str) else text


def service(protocol: Any) -> Any:
    """Return Zeek's name of an application protocol; None for Suricata's "failed", a detection that found nothing."""
    name = lower(protocol)
    return _SERVICES.get(name, name) if isinstance(name, str) else name


def outcome(value: Any) -> Literal["success", "failure"] | None:
    """Read a sensor's word on an authentication; None when it does not say."""
    word = lower(value)
    if word is True or word in ("success", "succeeded", "successful", "true", "t"):
        return "success"
    return "failure" if word is False or word in ("failure", "failed", "false", "f") else None


def canonical(record: Record) -> str:
    """Return a record as text that does not depend on the order of its keys: an identity where there is no other.

    Raises:
        Reject: INVALID for a key that is not text, which msgpack allows.
    """
    try:
        return _canonical(record).decode()
    except TypeError:
        raise Reject(Reason.INVALID, "a key is not text") from None
