"""Frames of the live feed, `/ws/threats`: msgpack maps or JSON objects, told apart by `type`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.contract.base import Request, Response
from api.contract.filter import ThreatFilter
from api.contract.service import Stats
from api.contract.threats import ThreatItem
from schemas.triage import Change


class HelloFrame(Response):
    """The first frame, and the answer to a filter."""

    type: Literal["hello"]
    last_id: str = Field(description="Where the feed stands: opaque, for `since` of a later connection.")
    server_time: float
    resumed: bool = Field(description="True when everything after `since` follows, or is counted in a gap.")


class ThreatsFrame(Response):
    """New threats, in the order of their publication."""

    type: Literal["threats"]
    items: list[ThreatItem]
    last_id: str


class TriageFrame(Response):
    """What analysts did, also to threats that the filter leaves out."""

    type: Literal["triage"]
    changes: list[Change]


class GapFrame(Response):
    """Frames that this client did not take in time, or that are too old to be resumed. Read the list again."""

    type: Literal["gap"]
    dropped: int = Field(description="Threats and changes that were dropped; before a filter when resumed.")
    since_id: str
    until_id: str


class StatsFrame(Response):
    """The pipeline at a glance, every second."""

    type: Literal["stats"]
    stats: Stats


class PingFrame(Response):
    """Asks whether the client is there; it answers with a pong."""

    type: Literal["ping"]


class FilterFrame(Request):
    """From the client: filter what comes from now on."""

    type: Literal["filter"]
    filter: ThreatFilter


class PongFrame(Request):
    """From the client: the answer to a ping."""

    type: Literal["pong"]


FRAMES = (HelloFrame, ThreatsFrame, TriageFrame, GapFrame, StatsFrame, PingFrame, FilterFrame, PongFrame)
