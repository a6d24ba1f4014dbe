"""The place in a list, newest first: opaque to clients."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from api.errors import ProblemError


class Place(NamedTuple):
    """After this threat."""

    event_time: float
    threat_id: UUID


def cursor_of(place: Place) -> str:
    """Return the text of a place. Times are kept to the microsecond, as the database has them."""
    return f"{round(place.event_time * 1e6)}~{place.threat_id.hex}"


def place_of(cursor: str | None) -> Place | None:
    """Return the place of a text. Raises ProblemError (422)."""
    if cursor is None:
        return None
    time_us, _, threat_id = cursor.partition("~")
    try:
        place = Place(int(time_us) / 1e6, UUID(hex=threat_id))
    except ValueError:
        place = None
    if place is None or not 0 <= place.event_time <= 4_102_444_800 or cursor != cursor_of(place):
        raise ProblemError(422, "query.cursor: give the next_cursor of the page before")
    return place
