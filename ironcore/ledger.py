"""A ledger of what was sent, held against what arrived: lost, doubled, or rejected with a reason."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple

import asyncpg
import numpy as np

from schemas import sql
from schemas.formats import decode_records

CHUNK = 50_000
PENDING = 1000
_ID_BYTES = 16


class Sent(NamedTuple):
    """A record that was sent."""

    value: bytes
    headers: list[tuple[str, bytes]]


class Ledger:
    """Events sent, 24 bytes each, and records that hold something that is no event."""

    def __init__(self) -> None:
        self._pending: list[Sent] = []  # not yet read: many at once cost a fraction of one by one
        self._times, self._ids = array("d"), bytearray()
        self._bad_records = 0

    def add(self, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Note what a record holds, as the pipeline will read it."""
        self._pending.append(Sent(value, headers))
        if len(self._pending) >= PENDING:
            self._read()

    @property
    def events(self) -> int:
        """Events sent."""
        self._read()
        return len(self._times)

    @property
    def bad_records(self) -> int:
        """Records that hold something that is no event."""
        self._read()
        return self._bad_records

    def _read(self) -> None:
        if not self._pending:
            return
        decoded, self._pending = decode_records(self._pending), []
        self._bad_records += len(decoded.rejects)
        self._times.extend(event.event_time for event in decoded.table.events)
        self._ids += b"".join(decoded.table.columns["event_id"].to_pylist())

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
        self._read()
        ids = np.frombuffer(bytes(self._ids), dtype=f"V{_ID_BYTES}")
        _, first = np.unique(ids, return_index=True)
        return np.frombuffer(self._times.tobytes())[first], ids[first]

    def _chunks(self) -> Iterator[tuple[list[float], list[str]]]:
        times, ids = self._unique()
        for start in range(0, len(ids), CHUNK):
            part = slice(start, start + CHUNK)
            yield times[part].tolist(), [each.tobytes().hex() for each in ids[part]]
