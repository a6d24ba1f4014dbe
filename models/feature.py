"""What a column of the feature matrix is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """A column: its name in the card and in threats, its unit, and what it says."""

    name: str
    unit: str
    description: str
