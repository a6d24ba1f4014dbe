"""A labelled stream without a file: an office network at work, and five attacks that come round again and again."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator
from itertools import count
from typing import Literal, NamedTuple, get_args

import numpy as np

from ironcore.traffic import attacks, office
from ironcore.traffic.dice import Dice
from ironcore.traffic.network import Network
from ironcore.traffic.wire import Event
from schemas.event import MAX_EVENT_TIME, MIN_EVENT_TIME

Label = Literal["benign", "scan", "brute_force", "beacon", "exfiltration", "flood"]
LABELS: tuple[Label, ...] = get_args(Label)

#: Share of the events that belong to attacks.
ATTACK_SHARE = 0.05
#: Every attack begins once in this time, so that a run of half a minute shows each of them twice.
CYCLE_S = 15.0
BURST_S = 2.5
#: A beaconing host is found and cleaned after this time, and another one takes its place.
BEACON_LIFE_S = 60.0
_BEACON_EVENTS_PER_S = 2.1 / attacks.BEACON_PERIOD_S
_BEACON_SHARE, _BEACONS_MAX = 0.04, 40


class Labelled(NamedTuple):
    """An event (`SecurityEvent` v1 as a dict for JSON) and what it is a part of."""

    event: Event
    label: Label


class _Burst(NamedTuple):
    """An attack that comes once in a cycle: when (s into the cycle), its share of the attacks' events, its most."""

    label: Label
    records: Callable[[Network, Dice, float, float, int], Iterator[Event]]
    begins_s: float
    share: float
    events_max: int


_BURSTS = (
    _Burst("scan", attacks.scan, 2.0, 0.2, 4000),
    _Burst("brute_force", attacks.brute_force, 5.0, 0.12, 1000),
    _Burst("exfiltration", attacks.exfiltration, 8.0, 0.03, 60),
    _Burst("flood", attacks.flood, 11.0, 1.0, 10**9),  # takes what the others leave
)


def generate(seed: int, start: float, duration_s: float, events_per_s: float) -> Iterator[Labelled]:
    """Yield events in the order of their time, the same ones for the same arguments.

    Args:
        seed: 0 or more; names the stream.
        start: Time of the first event, seconds since 1970-01-01 UTC.
        duration_s: Length of the stream, seconds; infinite for one without end.
        events_per_s: Mean rate. There is one office of forty hosts for each 200 events/s, at least one.

    Memory is bounded by what happens within a few seconds, whatever the duration.

    Raises:
        ValueError: An argument is out of its range.
    """
    if not (0 < events_per_s < math.inf and duration_s >= 0 and seed >= 0):
        raise ValueError(f"no stream of {events_per_s} events/s for {duration_s} s with seed {seed}")
    if not MIN_EVENT_TIME <= start < MAX_EVENT_TIME:
        raise ValueError(f"start {start} is no time between 1970 and 2100")
    return _stream(seed, start, min(start + duration_s, MAX_EVENT_TIME), events_per_s)


def _stream(seed: int, start: float, end: float, events_per_s: float) -> Iterator[Labelled]:
    dice = [Dice(sequence) for sequence in np.random.SeedSequence(seed).spawn(3)]
    network = Network(dice[0], events_per_s)
    per_s = ATTACK_SHARE * events_per_s
    streams = [_benign(network, dice[1], start, events_per_s - per_s), _bursts(network, dice[2], start, per_s)]
    streams += [_beacons(network, dice[2], start + 1.0 + 0.3 * n) for n in range(_beacon_count(per_s))]
    for item in heapq.merge(*streams, key=_time):
        if item.event["event_time"] >= end:
            return
        yield item


def _time(item: Labelled) -> float:
    at: float = item.event["event_time"]
    return at


def _benign(network: Network, dice: Dice, at: float, per_s: float) -> Iterator[Labelled]:
    """Yield sessions that overlap: what is due before the next one begins is out of the queue."""
    waiting: list[tuple[float, int, Event]] = []
    numbers = count()  # decides between equal times
    while True:
        session = office.sessions(network, dice, at)
        for event in session:
            heapq.heappush(waiting, (event["event_time"], next(numbers), event))
        # The gap follows the size of the session, which holds the mean rate without knowing the mean size.
        at = round(at + dice.exponential(len(session) / per_s), 6)
        while waiting and waiting[0][0] <= at:
            yield Labelled(heapq.heappop(waiting)[2], "benign")


def _bursts(network: Network, dice: Dice, start: float, per_s: float) -> Iterator[Labelled]:
    """Yield the attacks that come once in a cycle, one after the other."""
    cycle = 0
    while True:
        left = round((per_s - _beacon_count(per_s) * _BEACON_EVENTS_PER_S) * CYCLE_S)
        for burst in _BURSTS:
            events = max(min(round(left * burst.share), burst.events_max), 1)
            left -= events
            at = round(start + cycle * CYCLE_S + burst.begins_s, 6)
            for event in burst.records(network, dice, at, BURST_S, events):
                yield Labelled(event, burst.label)
        cycle += 1


def _beacons(network: Network, dice: Dice, at: float) -> Iterator[Labelled]:
    """Yield one beacon after the other, for ever."""
    while True:
        for event in attacks.beacon(network, dice, at, BEACON_LIFE_S):
            yield Labelled(event, "beacon")
        at = round(at + BEACON_LIFE_S, 6)


def _beacon_count(per_s: float) -> int:
    return min(max(round(per_s * _BEACON_SHARE / _BEACON_EVENTS_PER_S), 1), _BEACONS_MAX)
