"""The dialects by name, and which of them a record speaks."""

from __future__ import annotations

from collections.abc import Callable

from schemas.dead_letter import Reason, Reject
from schemas.event import KINDS
from schemas.formats import ecs, native, ocsf, suricata, zeek
from schemas.formats.shape import Observed, Record

#: Values of the header `ironcore-format`, each with the function that turns one such record into an event.
FORMATS: dict[str, Callable[[Record], Observed]] = {
    "native": native.event_of,
    "zeek": zeek.event_of,
    "suricata": suricata.event_of,
    "ocsf": ocsf.event_of,
    "ecs": ecs.event_of,
}


def detect(record: Record) -> str:
    """Tell a record's dialect by its keys. Raises Reject: UNKNOWN_FORMAT."""
    if "event_time" in record and "kind" in record:
        return "native"
    if "event_type" in record and "timestamp" in record:
        return "suricata"
    if "class_uid" in record:
        return "ocsf"
    if zeek.speaks(record):
        return "zeek"
    if ecs.speaks(record):
        return "ecs"
    if "event_time" in record or record.get("kind") in KINDS:
        return "native"  # broken, and best told so in its own terms
    keys = ", ".join(sorted(map(str, record))[:8])
    raise Reject(Reason.UNKNOWN_FORMAT, f"none of {', '.join(FORMATS)} by its keys ({keys[:256] or 'none'})")
