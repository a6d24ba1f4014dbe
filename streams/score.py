"""Score: rows of numbers become anomaly, class and risk; those above the threshold become threats."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from models.kinds.join import join, strongest
from models.scorer import Scorer
from schemas.event import entity_of
from schemas.identity import group_uuids, threat_uuids
from schemas.threat import ATTACK, CLASSES, Contribution, Threat, ThreatStruct, severity_of
from streams.batch import Batch

#: Digits behind the point of scores and probabilities: what a float32 of that size can hold.
DIGITS = 6


def score(batch: Batch, scorer: Scorer) -> None:
    """Fill `scores`, `scored_time`, `threats` and `threat_rows`."""
    assert batch.features is not None
    batch.scores = scores = scorer.score(batch.features)
    reasons = join(scores, batch.shown, scorer.threshold)
    batch.scored_time = time.time()
    rows = np.flatnonzero(scores.threat)
    if not rows.size:
        return
    batch.threat_rows = rows.tolist()
    batch.threats = _threats(batch, scorer, reasons)


def _threats(batch: Batch, scorer: Scorer, reasons: Mapping[int, list[Contribution]]) -> list[Threat]:
    """Return a `ThreatStruct` for each of the batch's `threat_rows`; `reasons` are those of kinds, by row."""
    rows, scores = batch.threat_rows, batch.scores
    assert scores is not None
    assert batch.features is not None
    probabilities = scores.class_probabilities[rows]
    events = [batch.table.identified(row) for row in rows]
    event_ids: list[Any] = [event.event_id for event in events]
    entities = [entity_of(event) for event in events]
    # The class of a threat is never benign: the risk head has already said that it is one.
    class_numbers = (1 + probabilities[:, 1:].argmax(axis=1)).tolist()
    return [
        ThreatStruct(
            threat_id=threat_id,
            event_ids=[event.event_id],
            entity=entity,
            severity=severity_of(risk),
            threat_class=CLASSES[number],
            attack=ATTACK.get(CLASSES[number]),
            anomaly=anomaly,
            class_probabilities=dict(zip(CLASSES, shares, strict=True)),
            risk=risk,
            contributions=strongest(reasons[row], why) if row in reasons else why,
            model_name=scorer.name,
            model_version=scorer.version,
            event_time=event.event_time,
            scored_time=batch.scored_time,
            src_ip=event.src_ip,
            dst_ip=event.dst_ip,
            dst_port=event.dst_port,
            sensor=event.sensor,
            group_id=group_id,
        )
        for row, event, entity, threat_id, group_id, risk, anomaly, number, shares, why in zip(
            rows,
            events,
            entities,
            threat_uuids(event_ids),
            group_uuids(entities, [CLASSES[number] for number in class_numbers], [e.event_time for e in events]),
            scores.risk[rows].astype(np.float64).round(DIGITS).tolist(),
            scores.anomaly[rows].astype(np.float64).round(DIGITS).tolist(),
            class_numbers,
            probabilities.astype(np.float64).round(DIGITS).tolist(),
            scorer.explain(batch.features[rows]),
            strict=True,
        )
    ]
