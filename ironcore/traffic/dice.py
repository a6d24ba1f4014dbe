"""Seeded draws one at a time, taken from NumPy in blocks: a scalar draw from a Generator costs thirty times as much."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
_BLOCK = 4096


class Dice:
    """Random values of one stream; the same seed sequence gives the same values on every machine."""

    def __init__(self, seed: np.random.SeedSequence) -> None:
        random = np.random.Generator(np.random.PCG64(seed))
        #: A float in [0, 1).
        self.uniform: Callable[[], float] = _blocks(lambda: random.random(_BLOCK).tolist()).__next__
        #: A float of the standard normal distribution.
        self.normal: Callable[[], float] = _blocks(lambda: random.standard_normal(_BLOCK).tolist()).__next__
        #: Sixteen letters and digits, as in a Zeek `uid`.
        self.identifier: Callable[[], str] = _blocks(lambda: _identifiers(random.bytes(12 * _BLOCK))).__next__

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.uniform() < probability

    def between(self, low: float, high: float) -> float:
        """Return a float in [low, high)."""
        return low + (high - low) * self.uniform()

    def whole(self, low: int, high: int) -> int:
        """Return an integer from low to high, both included."""
        return low + int((high - low + 1) * self.uniform())

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items, all equally likely."""
        return items[int(len(items) * self.uniform())]

    def lognormal(self, median: float, sigma: float) -> float:
        """Return a heavy-tailed positive value; 95 % lie within a factor of e^(2 sigma) of the median."""
        return median * math.exp(sigma * self.normal())

    def exponential(self, mean: float) -> float:
        """Return a gap between independent arrivals."""
        return -mean * math.log1p(-self.uniform())


def _blocks(draw: Callable[[], list[T]]) -> Iterator[T]:
    while True:
        yield from draw()


def _identifiers(data: bytes) -> list[str]:
    text = base64.b64encode(data, b"aZ").decode()  # twelve bytes give sixteen characters without padding
    return [text[at : at + 16] for at in range(0, len(text), 16)]
