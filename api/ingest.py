"""Events that come by HTTP: decoded as a worker would, sent to the raw topic by entity, acknowledged by Kafka."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from api.errors import ProblemError
from api.kafka import AWAY, Out, Producer
from api.log import log
from api.metrics import Metrics
from schemas.dead_letter import Reason, Reject
from schemas.event import SecurityEvent, entity_of
from schemas.formats import decode_record
from schemas.topics import RAW

PASSED_ON = ("content-type", "ironcore-format", "ironcore-zeek-stream")
HEADERS = [("content-type", b"application/msgpack"), ("ironcore-format", b"native")]
RECORD_BYTES = 524_288
_PLACE = re.compile(r"(?:element|line) (\d+): ")
_STATUS = {Reason.TOO_LARGE: 413, Reason.EMPTY: 400, Reason.MALFORMED: 400}
_encode = msgspec.msgpack.Encoder().encode


async def ingest(producer: Producer, metrics: Metrics, body: bytes, headers: Any, max_bytes: int) -> dict[str, Any]:
    """Take a body and return what became of it, once Kafka has acknowledged.

    Raises:
        ProblemError: Nothing in it is an event (400, 413, 415, 422), or Kafka did not take it (503): then it is to be
            sent again as a whole, which doubles nothing, since events are known by their content.
    """
    told = [(name, headers[name].encode("latin-1")) for name in PASSED_ON if name in headers]
    decoded = decode_record(body, told, max_bytes=max_bytes)
    rejected = [_rejected(reject) for reject in decoded.rejects]
    metrics.events.labels("rejected").inc(len(rejected))
    if not decoded.events:
        raise _refusal(decoded.rejects, rejected)
    try:
        await producer.send(_records(decoded.events))
    except AWAY as fault:
        log.warning("events were not taken by Kafka: %s", fault or type(fault).__name__)
        raise ProblemError(
            503, "Kafka did not acknowledge in time: send the same again", headers={"Retry-After": "1"}
        ) from fault
    metrics.events.labels("accepted").inc(len(decoded.events))
    return {"accepted": len(decoded.events), "rejected": rejected}


def _records(events: list[SecurityEvent]) -> list[Out]:
    """Return records of one entity each, so that its events keep their order and their partition."""
    by_entity: dict[str, list[msgspec.Raw]] = {}
    for event in events:
        by_entity.setdefault(entity_of(event), []).append(msgspec.Raw(_encode(event)))
    return [
        Out(RAW.name, entity.encode(), _encode(part), HEADERS)
        for entity, of in by_entity.items()
        for part in _parts(of)
    ]


def _parts(events: list[msgspec.Raw]) -> Iterator[list[msgspec.Raw]]:
    """Cut a batch so that no record is longer than a worker takes."""
    part: list[msgspec.Raw] = []
    size = 0
    for event in events:
        length = len(memoryview(event))
        if part and size + length > RECORD_BYTES:
            yield part
            part, size = [], 0
        part.append(event)
        size += length
    yield part


def _rejected(reject: Reject) -> dict[str, Any]:
    place = _PLACE.match(reject.detail)
    return {
        "element": int(place[1]) if place else None,
        "reason": reject.reason.value,
        "detail": reject.detail[place.end() :] if place else reject.detail,
    }


def _refusal(rejects: list[Reject], rejected: list[dict[str, Any]]) -> ProblemError:
    whole = len(rejects) == 1 and rejected[0]["element"] is None
    status = _status(rejects[0]) if whole else 422
    detail = f"nothing in it is an event: {rejects[0].reason.value}: {rejects[0].detail}"
    return ProblemError(status, detail, rejected=rejected[:100])


def _status(reject: Reject) -> int:
    by_header = reject.reason is Reason.UNKNOWN_FORMAT and reject.detail.startswith("header content-type")
    return 415 if by_header else _STATUS.get(reject.reason, 422)
