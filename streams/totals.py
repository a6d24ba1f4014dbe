"""Totals: what a batch adds to hourly counts, to groups of repeats and to the risk of entities, where it is stored.

One statement adds to the first two and takes the rows of the entities; where there are any, a second writes them back.
They stay locked to the end of the transaction, so that workers that meet on an entity come one after the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.entity_risk import FORGET_HALF_LIVES
from schemas.sql.totals import ADD_TO_TOTALS, UPDATE_RISK
from schemas.threat import Threat
from streams.batch import Batch
from streams.groups import Group, groups_of
from streams.risk import Moved, RiskRule, added, join
from streams.rows import HourlyCount, hourly_counts


async def add_to_totals(
    connection: Any,
    batch: Batch,
    rule: RiskRule,
    threats: Iterable[Threat],
    rows: NDArray[np.intp] | slice = slice(None),
) -> list[tuple[Threat, int]]:
    """Add events (by row) and threats that are stored for the first time, within the connection's transaction.

    Returns:
        The threats of entities' risk that this opens, each with the row of the event that it opens at.
    """
    new = added(batch, rule, rows)
    stored = await connection.fetch(
        ADD_TO_TOTALS,
        *_columns(HourlyCount._fields, hourly_counts(batch, rows)),
        *_columns(Group.__slots__, groups_of(threats)),
        new.names,
        new.times,
    )
    if not new.names:
        return []
    moved, opened = join(batch, rule, new, stored)
    await connection.execute(UPDATE_RISK, *_columns(Moved._fields, moved), FORGET_HALF_LIVES * rule.half_life_s)
    return opened


def _columns(names: Iterable[str], rows: Collection[Any]) -> list[list[Any]]:
    """Return rows as columns, also where there are none."""
    return [[getattr(row, name) for row in rows] for name in names]
