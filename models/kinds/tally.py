"""Counts and distinct values by key over a sliding window of event time, in memory of a fixed size."""

from __future__ import annotations

import numpy as np
import xxhash
from numpy.typing import NDArray

from models import kernel
from models.addresses import mixed
from models.kinds.kind import Sightings

#: Length of a sub-window, seconds; `kernel.SLOTS` of them are a window of ten minutes.
SLOT_S = 100.0
NOT_COUNTED = -1  #: a value that no bitmap takes


class Tally:
    """A set-associative table of windows; the entry seen least recently makes room."""

    def __init__(self, entries: int, *, counters: int, distinct: int) -> None:
        """Allocate windows for so many keys, each with so many counters and counts of distinct values."""
        size = max(entries // kernel.WAYS, 1) * kernel.WAYS
        self._ring = kernel.empty_ring(size, counters, distinct)
        self._clock = 1
        self._advance(_nothing(counters, distinct), np.empty((0, counters + distinct)))  # compiled before any event

    def add(
        self,
        seen: Sightings,
        keys: NDArray[np.uint64],
        counts: NDArray[np.float64],
        values: NDArray[np.int16],
    ) -> NDArray[np.float64]:
        """Take n events in and return the totals of their windows after each.

        Args:
            seen: The events; their times and partitions are read.
            keys: (n,) what is counted by; an event with key 0 takes no part and its totals are 0.
            counts: (n, counters) what each adds.
            values: (n, distinct) places in a bitmap (`place_of`), or `NOT_COUNTED`.

        Returns:
            (n, counters + distinct).
        """
        totals = np.zeros((len(keys), counts.shape[1] + values.shape[1]))
        numbers = (seen.event_time // SLOT_S).astype(np.int64)
        self._advance(kernel.Tallies(keys, seen.partition, numbers, counts, values), totals)
        return totals

    def _advance(self, tallies: kernel.Tallies, totals: NDArray[np.float64]) -> None:
        kernel.tally(self._ring, tallies, self._clock, totals)
        self._clock += len(totals)

    def forget(self, partition: int) -> None:
        """Free the entries of a partition."""
        ring = self._ring
        ring.key[(ring.partition == partition) & (ring.key != 0)] = 0


def _nothing(counters: int, distinct: int) -> kernel.Tallies:
    return kernel.Tallies(
        np.empty(0, np.uint64),
        np.empty(0, np.int32),
        np.empty(0, np.int64),
        np.empty((0, counters)),
        np.empty((0, distinct), np.int16),
    )


def keyed(entity: NDArray[np.uint64], thing: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys of n pairs of entity and thing; 0 where there is no thing."""
    keys = np.maximum(mixed(entity ^ mixed(thing)), np.uint64(1))
    keys[thing == 0] = 0
    return keys


def hash_of(text: str | None) -> int:
    """Return a 64-bit hash of a text; 0 for none."""
    return xxhash.xxh3_64_intdigest(text.encode()) | 1 if text else 0


def place_of(digest: int) -> int:
    """Return the place of a hash in a bitmap; none for 0."""
    return digest >> 56 if digest else NOT_COUNTED
