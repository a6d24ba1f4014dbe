"""A ledger of what was sent, held against what arrived: lost, doubled, or rejected with a reason."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import asyncpg
import numpy as np

from schemas import sql
from schemas.event import SecurityEvent
from schemas.formats import decode_record

CHUNK = 50_000
_ID_BYTES = 16


class Ledger:
    """Events sent, 24 bytes each, and records that hold something that is no event."""

    def __init__(self) -> None:
        self._times, self._ids = array("d"), bytearray()
        self.events = 0
        self.bad_records = 0

    def add(self, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Note what a record holds, as the pipeline will read it."""
        decoded = decode_record(value, headers)
        self.bad_records += bool(decoded.rejects)
        for event in decoded.events:
            self._note(event)

    def _note(self, event: SecurityEvent) -> None:
        assert event.event_id is not None
        self.events += 1
        self._times.append(event.event_time)
        self._ids += event.event_id.bytes

    def unique(self) -> int:
        """Return how many different events were sent; a log may hold the same line twice."""
        return len(self._unique()[1])

    async def stored(self, connection: asyncpg.Connection) -> int:
        """Return how many of the different events are rows of `events`."""
        found = 0
        for times, ids in self._chunks():
            found += await connection.fetchval(sql.COUNT_STORED, times, ids)
        return found

    def _unique(self) -> tuple[np.ndarray, np.ndarray]:
        ids = np.frombuffer(bytes(self._ids), dtype=f"V{_ID_BYTES}")
        _, first = np.unique(ids, return_index=True)
        return np.frombuffer(self._times.tobytes())[first], ids[first]

    def _chunks(self) -> Iterator[tuple[list[float], list[str]]]:
        times, ids = self._unique()
        for start in range(0, len(ids), CHUNK):
            part = slice(start, start + CHUNK)
            yield times[part].tolist(), [each.tobytes().hex() for each in ids[part]]
