"""The latest threats, encoded once for each form: what live clients are sent, and what they resume from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from uuid import UUID

import msgspec

from api.item import Item
from api.live.codec import Codec
from api.live.position import Position
from schemas.triage import Change


class Entry:
    """A threat, its place on the topic, and its encoded forms."""

    __slots__ = ("_encoded", "item", "offset", "partition")

    def __init__(self, item: Item, partition: int, offset: int) -> None:
        self.item, self.partition, self.offset = item, partition, offset
        self._encoded: dict[str, msgspec.Raw] = {}

    def encoded(self, codec: Codec) -> msgspec.Raw:
        """Return the item in this form, encoded at the first call."""
        raw = self._encoded.get(codec.name)
        if raw is None:
            raw = self._encoded[codec.name] = msgspec.Raw(codec.encode(self.item))
        return raw

    def altered(self) -> None:
        """Forget the encoded forms: the item is not what it was."""
        self._encoded.clear()


class Ring:
    """A bounded number of entries, oldest first. `floor` is from where it is complete, for each partition."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: deque[Entry] = deque()
        self._by_id: dict[UUID, Entry] = {}
        self._floor: list[int] = []

    def __len__(self) -> int:
        return len(self._entries)

    def begin(self, position: Position) -> None:
        """Begin anew: nothing before this position is here."""
        self._entries.clear()
        self._by_id.clear()
        self._floor = list(position)

    def add(self, entry: Entry) -> None:
        """Add the newest one; the oldest goes when there are too many."""
        self._entries.append(entry)
        self._by_id[entry.item.threat_id] = entry
        while len(self._entries) > self._size:
            old = self._entries.popleft()
            self._floor[old.partition] = max(self._floor[old.partition], old.offset + 1)
            if self._by_id.get(old.item.threat_id) is old:
                del self._by_id[old.item.threat_id]

    def change(self, changes: Iterable[Change]) -> None:
        """Keep up with what analysts did."""
        for change in changes:
            if (entry := self._by_id.get(change.threat_id)) is not None:
                item = entry.item
                item.status, item.assignee = change.to_status.value, change.assignee
                item.verdict = None if change.verdict is None else change.verdict.value
                entry.altered()

    def since(self, position: Position) -> tuple[int, list[Entry]]:
        """Return how many after a position are not here any more, and those that are."""
        lost = sum(max(0, floor - since) for floor, since in zip(self._floor, position, strict=True))
        return lost, [entry for entry in self._entries if entry.offset >= position[entry.partition]]
