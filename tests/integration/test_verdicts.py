"""Verdicts become labelled rows whose features are those that the worker scored."""

from __future__ import annotations

import time

import asyncpg
import msgspec
import pytest

from ironcore.ledger import Ledger
from ironcore.stack import Endpoints
from models.features import FEATURES
from models.verdicts import read_verdicts
from schemas.threat import CLASSES
from tests.integration.conftest import Workers, until
from tests.integration.traffic import all_stored, flows, scan, send_noted

NAMES = [feature.name for feature in FEATURES]
CLOSE = """INSERT INTO triage (threat_id, event_time, status, verdict, version, updated_time)
SELECT threat_id, event_time, 'closed', $1, 1, now() FROM threats WHERE entity = $2 ORDER BY event_time LIMIT $3
ON CONFLICT (threat_id) DO UPDATE SET verdict = excluded.verdict"""


async def test_features_are_those_that_were_scored_and_labels_those_of_the_latest_verdict(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    workers.start()
    now = time.time()
    ledger = Ledger()
    await send_noted(
        endpoints.broker,
        [*scan(200, source="10.9.9.8", at=now - 600), *flows(500), *scan(200, source="10.9.9.9", at=now)],
        ledger,
    )
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    with pytest.raises(ValueError, match="0 verdicts on stored flows: 40 are needed"):
        await read_verdicts(database)
    await database.execute(CLOSE, "true_positive", "10.9.9.9", 60)
    await database.execute(CLOSE, "false_positive", "10.9.9.8", 40)
    await database.execute(CLOSE, "benign_positive", "10.9.9.8", 30)  # somebody looked again
    await database.execute(CLOSE, "undetermined", "10.9.9.8", 10)

    judged = await read_verdicts(database)
    assert (len(judged), judged.malicious.sum()) == (90, 60)
    assert judged.event_time.tolist() == sorted(judged.event_time.tolist())
    assert {CLASSES[number] for number in judged.classes[~judged.malicious]} == {"benign"}
    assert "scan" in {CLASSES[number] for number in judged.classes[judged.malicious]}

    rows = await database.fetch(
        "SELECT t.event_time, t.entity, t.threat FROM threats t JOIN triage g USING (threat_id, event_time) "
        "WHERE verdict <> 'undetermined' ORDER BY t.event_time"
    )
    compared = set()
    for features, row in zip(judged.features, rows, strict=True):
        for reason in msgspec.json.decode(row["threat"])["contributions"]:
            name, observed = reason["name"], reason["observed"]
            if observed is not None:
                assert features[NAMES.index(name)] == pytest.approx(observed, rel=1e-5, abs=1e-6), name
                compared.add(name)
    assert any(name.startswith("window_") for name in compared)
    assert workers.unexpected_errors() == []
