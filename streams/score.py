"""Score: rows of numbers become anomaly, class and risk; those above the threshold become threats."""

from __future__ import annotations

import time

import numpy as np

from models.scorer import Scorer
from schemas.event import entity_of
from schemas.identity import threat_uuid
from schemas.threat import ATTACK, CLASSES, Contribution, Threat, severity_of
from streams.batch import Batch


def score(batch: Batch, scorer: Scorer) -> None:
    """Fill `scores`, `scored_time`, `threats` and `threat_rows`."""
    assert batch.features is not None
    batch.scores = scores = scorer.score(batch.features)
    batch.scored_time = time.time()
    rows = np.flatnonzero(scores.threat)
    if not rows.size:
        return
    reasons = scorer.explain(batch.features[rows])
    batch.threat_rows = rows.tolist()
    batch.threats = [_threat(batch, row, why, scorer) for row, why in zip(batch.threat_rows, reasons, strict=True)]


def _threat(batch: Batch, row: int, why: list[Contribution], scorer: Scorer) -> Threat:
    event, scores = batch.events[row], batch.scores
    assert event.event_id is not None
    assert scores is not None
    probabilities = scores.class_probabilities[row].tolist()
    risk = float(scores.risk[row])
    # The class of a threat is never benign: the risk head has already said that it is one.
    threat_class = CLASSES[1 + int(np.argmax(probabilities[1:]))]
    return Threat(
        threat_id=threat_uuid(event.event_id),
        event_ids=[event.event_id],
        entity=entity_of(event),
        severity=severity_of(risk),
        threat_class=threat_class,
        attack=ATTACK.get(threat_class),
        anomaly=float(scores.anomaly[row]),
        class_probabilities=dict(zip(CLASSES, probabilities, strict=True)),
        risk=risk,
        contributions=why,
        model_name=scorer.name,
        model_version=scorer.version,
        event_time=event.event_time,
        scored_time=batch.scored_time,
        src_ip=event.src_ip,
        dst_ip=event.dst_ip,
        dst_port=event.dst_port,
        sensor=event.sensor,
    )
