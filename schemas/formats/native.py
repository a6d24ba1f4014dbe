"""The native dialect: `SecurityEvent` v1 itself. Types and limits are held to the letter."""

from __future__ import annotations

import msgspec

from schemas.dead_letter import Reason, Reject
from schemas.event import Event
from schemas.formats.shape import Observed, Record


def event_of(record: Record) -> Observed:
    """Turn a decoded native record into an event. Raises Reject: INVALID, in msgspec's words with the path."""
    try:
        event = msgspec.convert(record, Event)
    except msgspec.ValidationError as error:
        raise Reject(Reason.INVALID, str(error)) from None
    return Observed(event)
