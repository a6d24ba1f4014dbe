"""What a kind's file says: its traits, its detectors, and how it looks at events.

A trait is a number of one event or of its entity's window. A detector is a formula over traits with a strength in
[0, 1] and the class that it speaks for. Strengths are joined with the risk head by `models.kinds.join`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.event import Kind
from schemas.threat import ThreatClass

Of = Callable[[str], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Trait:
    """A number that detectors read: its name in threats, its unit, what it says, and its usual value."""

    name: str
    unit: str
    description: str
    usual: float = 0.0


@dataclass(frozen=True, slots=True)
class Detector:
    """A formula: `strength` takes a function from a trait's name to its (n,) values and returns (n,) in [0, 1].

    `traits` are those that its formula stands on; they are its reasons.
    """

    threat_class: ThreatClass
    traits: tuple[str, ...]
    strength: Callable[[Of], NDArray[np.float64]]


class Sightings(NamedTuple):
    """The n events of one kind in a batch, in their order."""

    rows: NDArray[np.intp]  #: (n,) their rows in the batch
    events: list[Any]  #: n structs (`schemas.event.Event`)
    event_time: NDArray[np.float64]  #: (n,) seconds since 1970, UTC
    partition: NDArray[np.int32]  #: (n,)
    entity: NDArray[np.uint64]  #: (n,) key of who acted, mixed with the partition
    external: NDArray[np.bool_]  #: (n,) the destination is a globally routed address


class KindModel(Protocol):
    """One kind of event. Not thread-safe: it may keep windows of a fixed size."""

    @property
    def kind(self) -> Kind:
        """Return the kind that it looks at."""

    @property
    def traits(self) -> tuple[Trait, ...]:
        """Return what it measures, in the order of the columns."""

    @property
    def detectors(self) -> tuple[Detector, ...]:
        """Return its formulas, in the order of the columns."""

    def look(self, seen: Sightings) -> NDArray[np.float64]:
        """Return the (n, len(traits)) traits of n events, updating the windows in the given order."""

    def forget(self, partition: int) -> None:
        """Drop what is remembered of a partition's entities."""


class Part(NamedTuple):
    """What one kind's events of a batch show."""

    kind: KindModel
    rows: NDArray[np.intp]  #: (n,) rows in the batch
    traits: NDArray[np.float64]  #: (n, len(kind.traits))
    strengths: NDArray[np.float64]  #: (n, len(kind.detectors)), 0..1


def saturate(value: NDArray[np.float64], half: float) -> NDArray[np.float64]:
    """Return value² / (value² + half²): 0 at 0, 1/2 at `half`, 1 far above (Hill's equation with exponent 2)."""
    square: NDArray[np.float64] = np.minimum(value / half, 1e6) ** 2
    return square / (square + 1)


def strengths_of(kind: KindModel, traits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (n, len(kind.detectors)) strengths of n rows of traits."""
    column = {trait.name: at for at, trait in enumerate(kind.traits)}
    shown = [detector.strength(lambda name: traits[:, column[name]]) for detector in kind.detectors]
    strengths: NDArray[np.float64] = np.clip(np.stack(shown, axis=1), 0.0, 1.0)
    return strengths
