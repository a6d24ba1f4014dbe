"""Score: rows of numbers become anomaly, class and risk; those above the threshold become threats."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from models.kinds.join import join, strongest
from models.scores import Scores
from schemas.event import entity_of
from schemas.identity import group_uuids, threat_uuids
from schemas.threat import ATTACK, CLASSES, DIGITS, Contribution, Threat, ThreatStruct, severity_of
from streams.batch import Batch

if TYPE_CHECKING:  # workers and sensors score without TensorFlow
    from models.lite.scorer import LiteScorer
    from models.scorer import Scorer


def score(batch: Batch, scorer: Scorer | LiteScorer) -> None:
    """Fill the fields of the stage; what a sensor has told stays as it told it."""
    assert batch.features is not None
    batch.scores = scores = scorer.score(batch.features)
    reasons = join(scores, batch.shown, scorer.threshold)
    for row, threat in batch.told.items():
        _take_scores(scores, row, threat)
    batch.scored_time, batch.model_version = time.time(), scorer.version
    rows = np.flatnonzero(scores.threat)
    if not rows.size:
        return
    batch.threat_rows = rows.tolist()
    made = zip(batch.threat_rows, _threats(batch, scorer, reasons), strict=True)
    batch.threats = [batch.told.get(row, threat) for row, threat in made]


def _take_scores(scores: Scores, row: int, threat: Threat) -> None:
    probabilities = [threat.class_probabilities.get(name, 0.0) for name in CLASSES]
    scores.anomaly[row], scores.risk[row], scores.threat[row] = threat.anomaly, threat.risk, True
    scores.class_probabilities[row], scores.class_numbers[row] = probabilities, int(np.argmax(probabilities))


def _threats(batch: Batch, scorer: Scorer | LiteScorer, reasons: Mapping[int, list[Contribution]]) -> list[Threat]:
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
