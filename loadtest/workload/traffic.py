"""Flows as sensors report them, one JSON record each, with a set share of threats under the shipped model.

They come from the generated office network. Its attacks are thinned by a coin with a fixed seed until the model calls
`THREAT_SHARE` of all events threats: found by scoring, and reported as measured.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from aiokafka.partitioner import murmur2
from numpy.typing import NDArray

from ironcore.traffic.generate import CYCLE_S, generate
from loadtest.peers.work import Scoring, decode

SEED = 1
THREAT_SHARE = 0.05
#: Events a second of event time at most: two hundred offices, with each host as busy as in a small network.
EVENTS_PER_S = 40_000.0
#: Events of all kinds for each flow, with attacks to spare.
_EVENTS_PER_FLOW = 2.1
_TRIES = 6
_BATCH = 4096
#: Held to by the calibration.
_TOLERANCE = 0.001


@dataclass(frozen=True, slots=True)
class Record:
    """A record ready to be sent."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Traffic:
    """Records in the order of their event times, and what they are like."""

    records: Sequence[Record]
    is_threat: Sequence[bool]

    @property
    def threat_share(self) -> float:
        """Share of the records that the model calls threats."""
        return sum(self.is_threat) / len(self.is_threat)

    def described(self) -> dict[str, Any]:
        """Return what a report says of it."""
        return {
            "records": len(self.records),
            "threat_share": round(self.threat_share, 4),
            "mean_record_bytes": round(sum(len(record.value) for record in self.records) / len(self.records), 1),
            "seed": SEED,
        }


def evenly(records: Sequence[Record], count: int) -> Sequence[Record]:
    """Return `count` records from all of them, in order: attacks come in bursts, and a slice would hold another mix."""
    return records[:: max(len(records) // count, 1)][:count]


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key, as Kafka's default partitioner does (murmur2)."""
    hashed: int = murmur2(key) & 0x7FFFFFFF
    return hashed % partitions


def make_traffic(count: int, *, seed: int = SEED) -> Traffic:
    """Generate `count` flows that end now. Loads the model: call it in a process that is not measured."""
    records, is_attack = _candidates(count, seed)
    return _calibrated(records, is_attack, count, seed)


def _candidates(count: int, seed: int) -> tuple[list[Record], NDArray[np.bool_]]:
    """Return more flows than are needed, over whole cycles of attacks, and which of them belong to one."""
    events = count * _EVENTS_PER_FLOW
    span_s = CYCLE_S * math.ceil(events / (EVENTS_PER_S * CYCLE_S))
    records, is_attack = [], []
    for event, label in generate(seed, time.time() - span_s, span_s, events / span_s):
        if event["kind"] == "flow":
            records.append(Record(event["src_ip"].encode(), msgspec.json.encode(event)))
            is_attack.append(label != "benign")
    return records, np.array(is_attack)


def _calibrated(records: Sequence[Record], is_attack: NDArray[np.bool_], count: int, seed: int) -> Traffic:
    """Choose `count` of the records, in order, with as many attacks as it takes."""
    order = np.random.default_rng(seed).permutation(len(records))
    attacks, benign = order[is_attack[order]], order[~is_attack[order]]
    wanted, scoring = round(count * THREAT_SHARE), Scoring()
    for _ in range(_TRIES):
        wanted = min(max(wanted, 1), len(attacks))
        rows = np.sort(np.concatenate([attacks[:wanted], benign[: count - wanted]])).tolist()
        chosen = [records[row] for row in rows]
        made = Traffic(chosen, _threats(chosen, scoring))
        if abs(made.threat_share - THREAT_SHARE) <= _TOLERANCE:
            break
        wanted += round((THREAT_SHARE - made.threat_share) * count)
    return made


def _threats(records: Sequence[Record], scoring: Scoring) -> list[bool]:
    """Score the records as the pipeline does, with empty windows at first, and tell which are threats."""
    scoring.forget()
    found: list[bool] = []
    for start in range(0, len(records), _BATCH):
        events = [decode(record.value) for record in records[start : start + _BATCH]]
        found += scoring.heads(scoring.features(events)).threat.tolist()
    return found
