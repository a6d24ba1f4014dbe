"""A threat that travels with its evidence: a sensor scored the event where it was seen, with windows that it alone has.

The raw record is the event in the native form, its header is the threat. The centre stores and counts both as its own,
with the sensor's score: the sensor has seen all of the traffic, the centre only what was sent. The sensor has published
the threat already.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from schemas.dead_letter import Reason, Reject
from schemas.event import SecurityEvent
from schemas.identity import threat_uuids
from schemas.threat import Basis, Threat, ThreatStruct

HEADER = "ironcore-threat"
_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder(ThreatStruct).decode


def evidence_headers(threat: Threat) -> list[tuple[str, bytes]]:
    """Return the headers of a threat's evidence; the threat is the last of them."""
    native = [("content-type", b"application/json"), ("ironcore-format", b"native")]
    return [*native, (HEADER, _encode(threat))]


def is_told(headers: Sequence[tuple[str, bytes | None]]) -> bool:
    """Tell whether a record carries its threat. Looks at the last header only: every record is asked."""
    return bool(headers) and headers[-1][0] == HEADER


def told_threat(header: bytes | None, events: Sequence[SecurityEvent]) -> Threat:
    """Return the threat that a record carries.

    Args:
        header: The header's value.
        events: What the record holds, identified.

    Raises:
        Reject: INVALID when it is no threat, holds NUL, or is not that of the record's one event.
    """
    try:
        threat: Threat = _decode(header or b"")
    except (msgspec.MsgspecError, ValueError) as error:
        raise Reject(Reason.INVALID, f"header {HEADER}: {error}") from None
    if "\0" in f"{threat.entity}{threat.sensor}{threat.model_version}":  # PostgreSQL would refuse the whole batch
        raise Reject(Reason.INVALID, f"header {HEADER}: NUL in its text")
    own: list[UUID | None] = [event.event_id for event in events]
    if (
        len(own) != 1
        or own != threat.event_ids
        or threat.basis != Basis.EVENT
        or threat.threat_id != threat_uuids(threat.event_ids)[0]
    ):
        raise Reject(Reason.INVALID, f"header {HEADER}: the threat is not that of the record's one event")
    return threat
