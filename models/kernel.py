"""The compiled loop behind the windows. All of it is in one file: numba's cache does not see changes in callees' files.

Three set-associative tables of fixed size (8 ways; the entry seen least recently makes room) hold what is remembered
of an entity, of a pair (entity, destination, port) and of a destination (address, port).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled, inlined

WAYS = 8
SLOTS = 6  #: sub-windows of a window
SLOT_S = 10.0  #: length of a sub-window, seconds
RESTART_SLOTS = 360  #: an event this much older than the newest (an hour) starts its window anew
BITMAP_WORDS = 4  #: 64-bit words of a bitmap of distinct values
BITMAP_BITS = 64 * BITMAP_WORDS
#: Estimate of distinct values by the ones of a bitmap; a full one counts as if a single zero were left.
_DISTINCT = -BITMAP_BITS * np.log(np.maximum(BITMAP_BITS - np.arange(BITMAP_BITS + 1), 1) / BITMAP_BITS)

# Counters of a sub-window of an entity.
CONNECTIONS, FAILED, AUTH_FAILURES, AUTH_SHORT, BYTES_OUT, BYTES_IN, ENTITY_COUNTERS = range(7)
# Counters of a sub-window of a destination.
ARRIVED, UNANSWERED, DESTINATION_COUNTERS = range(3)

# RFC 6298 (section 2): gains of the smoothed round-trip time and of its variation, here of intervals.
INTERVAL_GAIN, DEVIATION_GAIN = 1 / 8, 1 / 4
#: Connections closer than this belong to one contact (a page's parallel downloads), seconds.
SAME_CONTACT_S = 1.0
RESTART_S = RESTART_SLOTS * SLOT_S


class Ring(NamedTuple):
    """A table of sliding windows with `n` entries."""

    key: NDArray[np.uint64]  #: (n,) 0 where free
    partition: NDArray[np.int32]  #: (n,)
    seen: NDArray[np.int64]  #: (n,) the table's clock at the last use
    newest: NDArray[np.int64]  #: (n,) number of the newest sub-window (event time / `SLOT_S`)
    epoch: NDArray[np.int64]  #: (n, SLOTS) number of the sub-window that a slot holds
    counts: NDArray[np.float64]  #: (n, SLOTS, counters)
    bits: NDArray[np.uint64]  #: (n, SLOTS, 2, BITMAP_WORDS) distinct destinations, distinct ports; or width 0


def empty_ring(size: int, counters: int, bitmaps: int) -> Ring:
    """Return a table of `size` free entries, a multiple of `WAYS`."""
    return Ring(
        key=np.zeros(size, np.uint64),
        partition=np.zeros(size, np.int32),
        seen=np.zeros(size, np.int64),
        newest=np.zeros(size, np.int64),
        epoch=np.full((size, SLOTS), -1, np.int64),
        counts=np.zeros((size, SLOTS, counters)),
        bits=np.zeros((size, SLOTS, bitmaps, BITMAP_WORDS), np.uint64),
    )


class Pairs(NamedTuple):
    """A table of pairs with `n` entries: the rhythm of their connections."""

    key: NDArray[np.uint64]  #: (n,) 0 where free
    partition: NDArray[np.int32]  #: (n,)
    seen: NDArray[np.int64]  #: (n,)
    last: NDArray[np.float64]  #: (n,) time of the last contact, seconds since 1970
    rhythm: NDArray[np.float64]  #: (n, 3) contacts, smoothed interval (s), smoothed absolute deviation (s)


class Tables(NamedTuple):
    """All that is remembered."""

    entities: Ring
    pairs: Pairs
    destinations: Ring


class Arrivals(NamedTuple):
    """A batch of n events as the loop reads it."""

    event_time: NDArray[np.float64]
    partition: NDArray[np.int32]
    entity: NDArray[np.uint64]  #: keys, never 0
    pair: NDArray[np.uint64]
    destination: NDArray[np.uint64]
    bit: NDArray[np.uint8]  #: (n, 2) position of the destination and of the port in a bitmap
    entity_counts: NDArray[np.float64]  #: (n, ENTITY_COUNTERS) what the event adds
    destination_counts: NDArray[np.float64]  #: (n, DESTINATION_COUNTERS) what the event adds
    takes_part: NDArray[np.bool_]  #: a connection or a failed authentication
    is_connection: NDArray[np.bool_]


@compiled
def _place(key: NDArray[np.uint64], seen: NDArray[np.int64], wanted: np.uint64, clock: int) -> tuple[int, bool]:
    """Return the entry of a key and whether it is new there. A full set gives up the entry seen least recently."""
    first = int(wanted % np.uint64(len(key) // WAYS)) * WAYS
    victim = first
    for entry in range(first, first + WAYS):
        if key[entry] == wanted:
            seen[entry] = clock
            return entry, False
        if key[entry] == 0:
            victim = entry
            break
        if seen[entry] < seen[victim]:
            victim = entry
    key[victim], seen[victim] = wanted, clock
    return victim, True


@compiled
def _slot(ring: Ring, entry: int, number: int, fresh: bool) -> int:  # noqa: FBT001 - numba has no keywords-only
    """Return the slot for a sub-window's number, emptied when it held another; -1 when it is older than the window."""
    if fresh or ring.newest[entry] - number > RESTART_SLOTS:
        ring.epoch[entry, :] = -1
        ring.newest[entry] = number
    if ring.newest[entry] - number >= SLOTS:
        return -1
    ring.newest[entry] = max(ring.newest[entry], number)
    slot = number % SLOTS
    if ring.epoch[entry, slot] != number:
        ring.epoch[entry, slot] = number
        ring.counts[entry, slot, :] = 0.0
        ring.bits[entry, slot] = 0
    return int(slot)


@compiled
def _live(ring: Ring, entry: int, slot: int) -> bool:
    return bool(ring.epoch[entry, slot] > ring.newest[entry] - SLOTS)


@inlined
def _ones(word: np.uint64) -> np.uint64:
    """Count the ones of a word (Warren, Hacker's Delight, 2nd ed., figure 5-2)."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@compiled
def _distinct(ring: Ring, entry: int, which: int) -> float:
    """Estimate distinct values of the window by linear counting (Whang et al., ACM TODS 15(2), 1990): -m ln(V / m)."""
    ones = np.uint64(0)
    for word in range(BITMAP_WORDS):
        union = np.uint64(0)
        for slot in range(SLOTS):
            if _live(ring, entry, slot):
                union |= ring.bits[entry, slot, which, word]
        ones += _ones(union)
    return float(_DISTINCT[ones])


@compiled
def _beat(pairs: Pairs, entry: int, time: float, fresh: bool) -> None:  # noqa: FBT001
    """Update a pair's rhythm (RFC 6298) with a contact at `time`; one out of order changes nothing."""
    rhythm = pairs.rhythm[entry]
    interval = time - pairs.last[entry]
    if fresh or interval < -RESTART_S:
        pairs.last[entry], rhythm[0], rhythm[1], rhythm[2] = time, 1.0, 0.0, 0.0
        return
    if interval < SAME_CONTACT_S:
        return
    pairs.last[entry] = time
    rhythm[0] += 1.0
    if rhythm[0] == 2.0:
        rhythm[1], rhythm[2] = interval, interval / 2
        return
    rhythm[2] += DEVIATION_GAIN * (abs(interval - rhythm[1]) - rhythm[2])
    rhythm[1] += INTERVAL_GAIN * (interval - rhythm[1])


@compiled
def _read_entity(ring: Ring, entry: int, row: NDArray[np.float32]) -> None:
    """Write the totals of an entity's window (columns 0 to 8)."""
    peak = 0.0
    for slot in range(SLOTS):
        if _live(ring, entry, slot):
            for counter in range(ENTITY_COUNTERS):
                row[counter] += ring.counts[entry, slot, counter]
            peak = max(peak, ring.counts[entry, slot, CONNECTIONS])
    row[6], row[7] = _distinct(ring, entry, 0), _distinct(ring, entry, 1)
    row[8] = peak / SLOT_S


@compiled
def _read_destination(ring: Ring, entry: int, row: NDArray[np.float32]) -> None:
    """Write the peak rate and the unanswered ratio of a destination (columns 12 and 13)."""
    peak = total = unanswered = 0.0
    for slot in range(SLOTS):
        if _live(ring, entry, slot):
            peak = max(peak, ring.counts[entry, slot, ARRIVED])
            total += ring.counts[entry, slot, ARRIVED]
            unanswered += ring.counts[entry, slot, UNANSWERED]
    row[12], row[13] = peak / SLOT_S, unanswered / max(total, 1.0)


@inlined
def _meet_entity(ring: Ring, arrivals: Arrivals, i: int, clock: int, row: NDArray[np.float32]) -> bool:
    """Add an event to its entity's window and write the totals. Return False when it was too late to be added."""
    entry, fresh = _place(ring.key, ring.seen, arrivals.entity[i], clock)
    ring.partition[entry] = arrivals.partition[i]
    slot = _slot(ring, entry, int(arrivals.event_time[i] // SLOT_S), fresh)
    if slot >= 0:
        for counter in range(ENTITY_COUNTERS):  # spelt out: a slice would allocate
            ring.counts[entry, slot, counter] += arrivals.entity_counts[i, counter]
        if arrivals.is_connection[i]:
            for which in range(2):
                bit = arrivals.bit[i, which]
                ring.bits[entry, slot, which, bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
    _read_entity(ring, entry, row)
    return slot >= 0


@inlined
def _meet_pair(pairs: Pairs, arrivals: Arrivals, i: int, clock: int, row: NDArray[np.float32]) -> None:
    """Add a connection to its pair's rhythm and write it (columns 9 to 11)."""
    entry, fresh = _place(pairs.key, pairs.seen, arrivals.pair[i], clock)
    pairs.partition[entry] = arrivals.partition[i]
    _beat(pairs, entry, arrivals.event_time[i], fresh)
    for column in range(3):
        row[9 + column] = pairs.rhythm[entry, column]


@inlined
def _meet_destination(ring: Ring, arrivals: Arrivals, i: int, clock: int, row: NDArray[np.float32]) -> None:
    """Add a connection to its destination's window and write the totals."""
    entry, fresh = _place(ring.key, ring.seen, arrivals.destination[i], clock)
    ring.partition[entry] = arrivals.partition[i]
    slot = _slot(ring, entry, int(arrivals.event_time[i] // SLOT_S), fresh)
    if slot >= 0:
        for counter in range(DESTINATION_COUNTERS):
            ring.counts[entry, slot, counter] += arrivals.destination_counts[i, counter]
    _read_destination(ring, entry, row)


class Tallies(NamedTuple):
    """A batch of n events for a table of one's own."""

    key: NDArray[np.uint64]  #: (n,) 0 for an event that takes no part
    partition: NDArray[np.int32]
    number: NDArray[np.int64]  #: (n,) of the sub-window
    counts: NDArray[np.float64]  #: (n, counters) what the event adds
    bit: NDArray[np.int16]  #: (n, bitmaps) position in a bitmap, -1 for none


@inlined
def _read(ring: Ring, entry: int, row: NDArray[np.float64]) -> None:
    """Write the totals of a window, then its distinct values."""
    counters, bitmaps = ring.counts.shape[2], ring.bits.shape[2]
    for slot in range(SLOTS):
        if _live(ring, entry, slot):
            for counter in range(counters):
                row[counter] += ring.counts[entry, slot, counter]
    for which in range(bitmaps):
        row[counters + which] = _distinct(ring, entry, which)


@compiled
def tally(ring: Ring, events: Tallies, clock: int, out: NDArray[np.float64]) -> None:
    """Run a batch through one table in its order.

    Args:
        ring: Its counters and bitmaps are as many as the events'; changed.
        events: The batch, n events; one that is older than its window is read and not added.
        clock: Number of events that the table has seen before.
        out: (n, counters + bitmaps), zeros: takes the totals and the distinct values of the window after each.
    """
    counters, bitmaps = events.counts.shape[1], events.bit.shape[1]
    for i in range(len(events.key)):
        if events.key[i] == 0:
            continue
        entry, fresh = _place(ring.key, ring.seen, events.key[i], clock + i)
        ring.partition[entry] = events.partition[i]
        slot = _slot(ring, entry, events.number[i], fresh)
        if slot >= 0:
            for counter in range(counters):
                ring.counts[entry, slot, counter] += events.counts[i, counter]
            for which in range(bitmaps):
                bit = events.bit[i, which]
                if bit >= 0:
                    ring.bits[entry, slot, which, bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
        _read(ring, entry, out[i])


@compiled
def advance(tables: Tables, arrivals: Arrivals, clock: int, out: NDArray[np.float32], first: int) -> int:
    """Run a batch through the tables in its order and return how many events were too late for their window.

    Args:
        tables: Windows by entity and by destination, rhythms by pair; changed.
        arrivals: The batch, n events.
        clock: Number of events that the tables have seen before; orders their last uses.
        out: (n, columns) the totals after each event, NaN for those that take no part. The whole matrix, since numba
            compiles once more for a part of its columns.
        first: The first of the 14 columns that they go to.
    """
    late = 0
    for i in range(len(arrivals.event_time)):
        row = out[i, first : first + 14]
        if not arrivals.takes_part[i]:
            row[:] = np.nan
            continue
        row[:9], row[9:] = 0.0, np.nan
        if not _meet_entity(tables.entities, arrivals, i, clock + i, row):
            late += 1
        if arrivals.is_connection[i]:
            _meet_pair(tables.pairs, arrivals, i, clock + i, row)
            _meet_destination(tables.destinations, arrivals, i, clock + i, row)
    return late
