"""Risk that an entity gathers: what is little by itself adds up over time, and fades (risk-based alerting).

Observations add points to who acted, and who passes a threshold is an alert of its own: Splunk Enterprise Security,
"Risk Threshold Exceeded for Object Over 24 Hour Period", 100 points. An exponential takes the place of the 24 hours,
since sums of decayed points are sums whatever the order of arrival: Cormode, Shkapenyuk, Srivastava, Xu, "Forward
Decay", ICDE 2009. Repeats of a class count half as much each time, so that one noisy cause adds twice its mean points
at most, and several causes add up. See docs/entity-risk.md for the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.threat import CLASSES

#: An event of a lower risk is not noted; from there on points grow evenly, up to 100 at a risk of 100.
NOTABLE_RISK = 40.0
#: An episode is over when the score has fallen below this share of the threshold.
REOPEN_SHARE = 0.5
#: The strongest events of each class that are kept as evidence.
EVIDENCE_PER_CLASS = 5
#: After so long without a notable event nothing is left: a thousandth.
FORGET_HALF_LIVES = 10.0

_CLASSES = len(CLASSES)
Evidence = list[tuple[int, float, str]]  #: class number, rank, event_id in hexadecimal


def _zeros() -> list[float]:
    return [0.0] * _CLASSES


@dataclass(slots=True)
class Risk:
    """What is known of one entity at `time`. Lists have one entry a class: arrays of six cost ten times as much."""

    time: float  #: seconds since 1970, event time of the latest notable event
    counts: list[float] = field(default_factory=_zeros)  #: decayed numbers of notable events
    points: list[float] = field(default_factory=_zeros)  #: decayed sums of their points
    evidence: Evidence = field(default_factory=list)  #: the strongest of each class, the strongest first
    open: bool = False  #: an episode has been told and is not over

    @property
    def class_points(self) -> list[float]:
        """What each class adds to the score: its mean points times 1 + 1/2 + 1/4 ..., a term for each event."""
        return [
            points / max(count, 1e-9) * 2.0 * (1.0 - 2.0**-count)
            for count, points in zip(self.counts, self.points, strict=True)
        ]

    @property
    def score(self) -> float:
        """The sum over the classes."""
        return sum(self.class_points)

    def at(self, time: float, half_life_s: float) -> Risk:
        """Return what is left of it at a later time; at an earlier one, the same."""
        if time <= self.time:
            return self
        left = math.exp2((self.time - time) / half_life_s)
        counts, points = ([value * left for value in values] for values in (self.counts, self.points))
        return Risk(time, counts, points, self.evidence, self.open)


@dataclass(frozen=True, slots=True)
class Notable:
    """n notable events, at least one."""

    entities: NDArray[np.intp]  #: (n,) numbers of the entities, from 0 without gaps
    classes: NDArray[np.intp]  #: (n,) indices into CLASSES
    risk: NDArray[np.float64]  #: (n,) at least `NOTABLE_RISK`, at most 100
    times: NDArray[np.float64]  #: (n,) event times, seconds since 1970
    event_ids: list[bytes]  #: n identifiers, 16 bytes each


def observed(events: Notable, half_life_s: float) -> list[Risk]:
    """Return what events add to each entity, by its number, as it stands at its latest event."""
    entities, classes, times = events.entities, events.classes, events.times
    number = int(entities.max()) + 1
    latest = np.full(number, -np.inf)
    np.maximum.at(latest, entities, times)
    points = (events.risk - NOTABLE_RISK) / (100.0 - NOTABLE_RISK) * 100.0
    left = np.exp2((times - latest[entities]) / half_life_s)
    cell = entities * _CLASSES + classes
    counts, sums = (_table(cell, weights, number) for weights in (left, left * points))
    made = [Risk(*of_one) for of_one in zip(latest.tolist(), counts.tolist(), sums.tolist(), strict=True)]
    ranks = np.log2(np.maximum(points, 1e-3)) + times / half_life_s  # decay moves all ranks alike
    order = np.lexsort((-ranks, cell))
    begins = np.concatenate(([True], np.diff(cell[order]) > 0))
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    for row in order[place < EVIDENCE_PER_CLASS].tolist():
        made[int(entities[row])].evidence.append((int(classes[row]), float(ranks[row]), events.event_ids[row].hex()))
    return made


def _table(cell: NDArray[np.intp], weights: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    """Return the (number, classes) sums of weights by entity and class."""
    return np.asarray(np.bincount(cell, weights, number * _CLASSES), np.float64).reshape(number, _CLASSES)


def joined(known: Risk, added: Risk, *, threshold: float, half_life_s: float) -> tuple[Risk, bool]:
    """Return what is known of an entity with what a batch adds, and whether that opens an episode.

    An episode opens at the threshold, and again only after the score had fallen below half of it.
    """
    before = known.at(added.time, half_life_s)
    added = added.at(before.time, half_life_s)
    together = Risk(
        before.time,
        list(map(add, before.counts, added.counts)),
        list(map(add, before.points, added.points)),
        _strongest([*before.evidence, *added.evidence], before.time / half_life_s - FORGET_HALF_LIVES),
        before.open and before.score >= threshold * REOPEN_SHARE,
    )
    opens = not together.open and together.score >= threshold
    together.open = together.open or opens
    return together, opens


def risk_of(score: float, threshold: float) -> float:
    """Return the risk (0 to 100) of an entity by its score: 50 at the threshold, 75 at twice it, and so on."""
    return 100.0 * (1.0 - math.exp2(-score / threshold))


def packed(risk: Risk, half_life_s: float) -> dict[str, Any]:
    """Return what `unpacked` takes, as JSON can hold it; who reads it needs the half-life to tell what is left."""
    return {
        "half_life_s": half_life_s,
        "counts": risk.counts,
        "points": risk.points,
        "evidence": risk.evidence,
    }


def unpacked(time: float, state: dict[str, Any], half_life_s: float, *, is_open: bool) -> Risk:
    """Return the risk that was packed. Ranks of another half-life become those of this one, as of `time`."""
    moved = time / half_life_s - time / state.get("half_life_s", half_life_s)
    evidence = [(int(of), float(rank) + moved, str(event_id)) for of, rank, event_id in state.get("evidence", ())]
    return Risk(time, state.get("counts") or _zeros(), state.get("points") or _zeros(), evidence, is_open)


def _strongest(evidence: Evidence, forgotten: float) -> Evidence:
    """Return the strongest of each class, without those of a lower rank than `forgotten`: of less than a thousandth."""
    kept: Evidence = []
    number = [0] * _CLASSES
    for each in sorted(evidence, key=lambda each: -each[1]):
        if number[each[0]] < EVIDENCE_PER_CLASS and each[1] > forgotten:
            number[each[0]] += 1
            kept.append(each)
    return kept
