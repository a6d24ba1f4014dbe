"""Risk: notable events add to what their entity has gathered; who passes the threshold is told.

What is known of the entities comes from PostgreSQL and goes back there (`streams.totals`); the formula between the two
is that of `models.entity_risk`.

A threat is opened at the latest notable event of its entity in the batch, and its identifier is a function of that
event: when the batch comes again, the threat is found by it and published again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.entity_risk import (
    NOTABLE_RISK,
    Notable,
    Risk,
    joined,
    observed,
    packed,
    risk_of,
    unpacked,
)
from schemas.identity import risk_threat_uuids
from schemas.sql.entity_risk import SELECT_OPENED_RISK
from schemas.threat import ATTACK, CLASSES, DIGITS, Basis, ContributionStruct, Threat, ThreatStruct, severity_of
from streams.batch import Batch

MODEL_NAME = "entity-risk"
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ThreatStruct).decode


@dataclass(frozen=True, slots=True)
class RiskRule:
    """When the risk of an entity is a threat."""

    threshold: float  #: points
    half_life_s: float


class Added(NamedTuple):
    """What a batch adds to each entity that it has notable events of."""

    names: list[str]
    risks: list[Risk]
    rows: list[int]  #: of the entity's latest event, at which a threat would open

    @property
    def times(self) -> list[float]:
        """Return when each was last seen."""
        return [risk.time for risk in self.risks]


class Moved(NamedTuple):
    """What is known of an entity now, as it is stored."""

    name: str
    time: float
    score: float
    is_open: bool
    state: str


def join(
    batch: Batch, rule: RiskRule, new: Added, stored: Iterable[Mapping[str, Any]]
) -> tuple[list[Moved], list[tuple[Threat, int]]]:
    """Add what a batch adds to what is stored of its entities.

    Returns:
        What is known of each now, and the threats that this opens, each with the row of the event that it opens at.
    """
    known = {
        row["entity"]: unpacked(
            row["event_time"], msgspec.json.decode(row["state"]), rule.half_life_s, is_open=row["is_open"]
        )
        for row in stored
    }
    moved, opened = [], []
    for name, risk, row in zip(*new, strict=True):
        together, opens = joined(known[name], risk, threshold=rule.threshold, half_life_s=rule.half_life_s)
        state = _encode(packed(together, rule.half_life_s)).decode()
        moved.append(Moved(name, together.time, together.score, together.open, state))
        if opens:
            opened.append((_threat(batch, name, together, row, rule), row))
    return moved, opened


async def opened_before(connection: Any, batch: Batch) -> list[Threat]:
    """Return the stored threats that opened at events of the batch: they may not have been published."""
    noted = notable(batch)
    if not noted.size:
        return []
    ids = [UUID(bytes=event_id) for event_id in batch.table.columns["event_id"].take(noted).to_pylist()]
    times = batch.table.columns["event_time"].to_numpy()[noted].tolist()
    return [_decode(row["threat"]) for row in await connection.fetch(SELECT_OPENED_RISK, times, risk_threat_uuids(ids))]


def notable(batch: Batch, rows: NDArray[np.intp] | slice = slice(None)) -> NDArray[np.intp]:
    """Return those of the rows whose events add to the risk of their entity, in the order of the batch."""
    assert batch.scores is not None
    chosen = np.arange(len(batch.table))[rows]
    return np.sort(chosen[batch.scores.risk[chosen] > NOTABLE_RISK])


def added(batch: Batch, rule: RiskRule, chosen: NDArray[np.intp] | slice = slice(None)) -> Added:
    """Return what the chosen events add to their entities."""
    rows = notable(batch, chosen)
    if not rows.size:
        return Added([], [], [])
    assert batch.scores is not None
    columns = batch.table.columns
    entities = columns["entity"].take(rows).dictionary_encode()
    numbers = entities.indices.to_numpy().astype(np.intp)
    # A clock that runs ahead must not age what comes after it.
    times = np.minimum(columns["event_time"].to_numpy()[rows], batch.scored_time)
    classes = 1 + batch.scores.class_probabilities[rows, 1:].argmax(axis=1)
    risk, event_ids = batch.scores.risk[rows].astype(np.float64), columns["event_id"].take(rows).to_pylist()
    risks = observed(Notable(numbers, classes, risk, times, event_ids), rule.half_life_s)
    order = np.lexsort((times, numbers))  # the last of each number is its latest
    last = np.flatnonzero(np.append(np.diff(numbers[order]) > 0, True))
    return Added(entities.dictionary.to_pylist(), risks, rows[order[last]].tolist())


def _threat(batch: Batch, entity: str, risk: Risk, row: int, rule: RiskRule) -> Threat:
    assert batch.scores is not None
    event = batch.table.identified(row)
    assert event.event_id is not None
    points, score = risk.class_points, risk.score
    by_points = [at for at in sorted(range(len(points)), key=lambda at: -points[at]) if points[at] > 0]
    threat_class = CLASSES[by_points[0]]
    value = round(risk_of(score, rule.threshold), DIGITS)
    made: Threat = ThreatStruct(
        threat_id=risk_threat_uuids([event.event_id])[0],
        event_ids=[UUID(event_id) for _, _, event_id in risk.evidence],
        entity=entity,
        severity=severity_of(value),
        threat_class=threat_class,
        attack=ATTACK.get(threat_class),
        anomaly=round(float(batch.scores.anomaly[row]), DIGITS),
        class_probabilities={name: round(share / score, DIGITS) for name, share in zip(CLASSES, points, strict=True)},
        risk=value,
        contributions=[
            ContributionStruct(
                name=f"points.{CLASSES[at].value}",
                observed=round(points[at], 2),
                expected=0.0,
                contribution=round(points[at] / rule.threshold, 4),
            )
            for at in by_points
        ],
        model_name=MODEL_NAME,
        model_version=batch.model_version,
        event_time=event.event_time,
        scored_time=batch.scored_time,
        src_ip=event.src_ip,
        dst_ip=event.dst_ip,
        dst_port=event.dst_port,
        sensor=event.sensor,
        basis=Basis.ENTITY_RISK,
    )
    return made
