"""The compiled loop behind the windows. All of it is in one file: numba's cache does not see changes in callees' files.

Three set-associative tables of fixed size (8 ways; the entry seen least recently makes room) hold what is remembered
of an entity, of a pair (entity, destination, port) and of a destination (address, port).

The loops take tables apart before they begin, and index arrays instead of slicing them: inside, numba counts a
reference for each field and each slice, which took as long as all the rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled, inlined

WAYS = 8
SLOTS = 6  #: sub-windows of a window
NEWEST = SLOTS  #: where an entry's newest sub-window stands, behind those of its slots
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
    epoch: NDArray[np.int64]  #: (n, 8) number of the sub-window (event time / `SLOT_S`) of each slot, and of the newest
    counts: NDArray[np.float64]  #: (n, SLOTS, counters)
    bits: NDArray[np.uint64]  #: (n, SLOTS, 2, BITMAP_WORDS) distinct destinations, distinct ports; or width 0


def empty_ring(size: int, counters: int, bitmaps: int) -> Ring:
    """Return a table of `size` free entries, a multiple of `WAYS`."""
    return Ring(
        key=np.zeros(size, np.uint64),
        partition=np.zeros(size, np.int32),
        seen=np.zeros(size, np.int64),
        epoch=np.zeros((size, 8), np.int64),
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
def _slot(  # noqa: PLR0913, PLR0917
    epoch: NDArray[np.int64],
    counts: NDArray[np.float64],
    bits: NDArray[np.uint64],
    entry: int,
    number: int,
    fresh: bool,  # noqa: FBT001 - numba has no keywords-only
) -> int:
    """Return the slot for a sub-window's number, emptied when it held another; -1 when it is older than the window."""
    newest = epoch[entry, NEWEST]
    if fresh or newest - number > RESTART_SLOTS:
        for slot in range(SLOTS):
            epoch[entry, slot] = -1
        newest = number
    if newest - number >= SLOTS:
        return -1
    epoch[entry, NEWEST] = max(newest, number)
    slot = number % SLOTS
    if epoch[entry, slot] != number:
        epoch[entry, slot] = number
        for counter in range(counts.shape[2]):
            counts[entry, slot, counter] = 0.0
        for which in range(bits.shape[2]):
            for word in range(BITMAP_WORDS):
                bits[entry, slot, which, word] = 0
    return int(slot)


@compiled
def _add(counts: NDArray[np.float64], entry: int, slot: int, added: NDArray[np.float64], i: int) -> None:
    for counter in range(added.shape[1]):
        counts[entry, slot, counter] += added[i, counter]


@compiled
def _mark(bits: NDArray[np.uint64], entry: int, slot: int, which: int, position: int) -> None:
    bits[entry, slot, which, position >> 6] |= np.uint64(1) << np.uint64(position & 63)


@inlined
def _live(epoch: NDArray[np.int64], entry: int, slot: int) -> bool:
    return bool(epoch[entry, slot] > epoch[entry, NEWEST] - SLOTS)


@inlined
def _ones(word: np.uint64) -> np.uint64:
    """Count the ones of a word (Warren, Hacker's Delight, 2nd ed., figure 5-2)."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@compiled
def _distinct(epoch: NDArray[np.int64], bits: NDArray[np.uint64], entry: int, which: int) -> float:
    """Estimate distinct values of the window by linear counting (Whang et al., ACM TODS 15(2), 1990): -m ln(V / m)."""
    ones = np.uint64(0)
    for word in range(BITMAP_WORDS):
        union = np.uint64(0)
        for slot in range(SLOTS):
            if _live(epoch, entry, slot):
                union |= bits[entry, slot, which, word]
        ones += _ones(union)
    return float(_DISTINCT[ones])


class Tallies(NamedTuple):
    """A batch of n events for a table of one's own."""

    key: NDArray[np.uint64]  #: (n,) 0 for an event that takes no part
    partition: NDArray[np.int32]
    number: NDArray[np.int64]  #: (n,) of the sub-window
    counts: NDArray[np.float64]  #: (n, counters) what the event adds
    bit: NDArray[np.int16]  #: (n, bitmaps) position in a bitmap, -1 for none


@compiled
def tally(ring: Ring, events: Tallies, clock: int, out: NDArray[np.float64]) -> None:
    """Run a batch through one table in its order.

    Args:
        ring: Its counters and bitmaps are as many as the events'; changed.
        events: The batch, n events; one that is older than its window is read and not added.
        clock: Number of events that the table has seen before.
        out: (n, counters + bitmaps), zeros: takes the totals and the distinct values of the window after each.
    """
    key, partition, seen, epoch, counts, bits = ring
    wanted, of, number, added, positions = events
    counters, bitmaps = added.shape[1], positions.shape[1]
    for i in range(len(wanted)):
        if wanted[i] == 0:
            continue
        entry, fresh = _place(key, seen, wanted[i], clock + i)
        partition[entry] = of[i]
        slot = _slot(epoch, counts, bits, entry, number[i], fresh)
        if slot >= 0:
            _add(counts, entry, slot, added, i)
            for which in range(bitmaps):
                if positions[i, which] >= 0:
                    _mark(bits, entry, slot, which, positions[i, which])
        for live in range(SLOTS):
            if _live(epoch, entry, live):
                for counter in range(counters):
                    out[i, counter] += counts[entry, live, counter]
        for which in range(bitmaps):
            out[i, counters + which] = _distinct(epoch, bits, entry, which)


@compiled
def _meet_entities(ring: Ring, arrivals: Arrivals, clock: int, out: NDArray[np.float32], first: int) -> int:
    """Add events to the windows of their entities and write the totals, in 9 columns. Return how many were too late."""
    key, partition, seen, epoch, counts, bits = ring
    event_time, of, wanted = arrivals.event_time, arrivals.partition, arrivals.entity
    added, bit = arrivals.entity_counts, arrivals.bit
    takes_part, is_connection = arrivals.takes_part, arrivals.is_connection
    late = 0
    for i in range(len(wanted)):
        for column in range(first, first + 9):
            out[i, column] = 0.0 if takes_part[i] else np.nan
        if not takes_part[i]:
            continue
        entry, fresh = _place(key, seen, wanted[i], clock + i)
        partition[entry] = of[i]
        slot = _slot(epoch, counts, bits, entry, int(event_time[i] // SLOT_S), fresh)
        if slot < 0:
            late += 1
        else:
            _add(counts, entry, slot, added, i)
            if is_connection[i]:
                _mark(bits, entry, slot, 0, bit[i, 0])
                _mark(bits, entry, slot, 1, bit[i, 1])
        peak = 0.0
        for live in range(SLOTS):
            if _live(epoch, entry, live):
                for counter in range(ENTITY_COUNTERS):
                    out[i, first + counter] += counts[entry, live, counter]
                peak = max(peak, counts[entry, live, CONNECTIONS])
        out[i, first + 6], out[i, first + 7] = _distinct(epoch, bits, entry, 0), _distinct(epoch, bits, entry, 1)
        out[i, first + 8] = peak / SLOT_S
    return late


@compiled
def _meet_pairs(pairs: Pairs, arrivals: Arrivals, clock: int, out: NDArray[np.float32], first: int) -> None:
    """Add connections to the rhythms of their pairs (RFC 6298) and write these, in 3 columns.

    A contact out of order changes nothing.
    """
    key, partition, seen, last, rhythm = pairs
    event_time, of, wanted = arrivals.event_time, arrivals.partition, arrivals.pair
    is_connection = arrivals.is_connection
    for i in range(len(wanted)):
        if not is_connection[i]:
            for column in range(first, first + 3):
                out[i, column] = np.nan
            continue
        entry, fresh = _place(key, seen, wanted[i], clock + i)
        partition[entry] = of[i]
        interval = event_time[i] - last[entry]
        if fresh or interval < -RESTART_S:
            last[entry], rhythm[entry, 0], rhythm[entry, 1], rhythm[entry, 2] = event_time[i], 1.0, 0.0, 0.0
        elif interval >= SAME_CONTACT_S:
            last[entry] = event_time[i]
            rhythm[entry, 0] += 1.0
            if rhythm[entry, 0] == 2.0:
                rhythm[entry, 1], rhythm[entry, 2] = interval, interval / 2
            else:
                rhythm[entry, 2] += DEVIATION_GAIN * (abs(interval - rhythm[entry, 1]) - rhythm[entry, 2])
                rhythm[entry, 1] += INTERVAL_GAIN * (interval - rhythm[entry, 1])
        for column in range(3):
            out[i, first + column] = rhythm[entry, column]


@compiled
def _meet_destinations(ring: Ring, arrivals: Arrivals, clock: int, out: NDArray[np.float32], first: int) -> None:
    """Add connections to the windows of their destinations; write the peak rate and the unanswered ratio."""
    key, partition, seen, epoch, counts, bits = ring
    event_time, of, wanted = arrivals.event_time, arrivals.partition, arrivals.destination
    is_connection, added = arrivals.is_connection, arrivals.destination_counts
    for i in range(len(wanted)):
        if not is_connection[i]:
            out[i, first] = out[i, first + 1] = np.nan
            continue
        entry, fresh = _place(key, seen, wanted[i], clock + i)
        partition[entry] = of[i]
        slot = _slot(epoch, counts, bits, entry, int(event_time[i] // SLOT_S), fresh)
        if slot >= 0:
            _add(counts, entry, slot, added, i)
        peak = total = unanswered = 0.0
        for live in range(SLOTS):
            if _live(epoch, entry, live):
                peak = max(peak, counts[entry, live, ARRIVED])
                total += counts[entry, live, ARRIVED]
                unanswered += counts[entry, live, UNANSWERED]
        out[i, first], out[i, first + 1] = peak / SLOT_S, unanswered / max(total, 1.0)


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
    late = _meet_entities(tables.entities, arrivals, clock, out, first)
    _meet_pairs(tables.pairs, arrivals, clock, out, first + 9)
    _meet_destinations(tables.destinations, arrivals, clock, out, first + 12)
    return late
