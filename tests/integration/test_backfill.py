"""History scored again: the same scores by the same model, another one's beside them, and nothing published."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ironcore import history
from ironcore.backfill import Span, backfill
from ironcore.ledger import Ledger
from ironcore.stack import Endpoints
from ironcore.traffic.record import Record, native_record
from models import artefact
from models.scorer import Scorer
from schemas.topics import THREATS
from tests.integration.conftest import Workers, until
from tests.integration.test_cli import ironcore
from tests.integration.traffic import all_stored, consume, flows, scan, send_noted


@pytest.fixture(scope="module")
def stricter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another model: the shipped one with its risk head shifted, so that it finds fewer threats."""
    weights, card = artefact.load()
    weights["risk_bias"] = weights["risk_bias"] - 3
    artefact.save(folder := tmp_path_factory.mktemp("stricter"), weights, card.model_copy(update={"version": "9.9.9"}))
    return folder


def mixed(at: float) -> Iterator[Record]:
    """Yield what has columns of its own: other kinds, IPv6, a name, alerts that are threats."""
    for number in range(40):
        when = {"event_time": at + number / 10, "sensor": "test", "src_ip": f"2001:db8::{number}"}
        yield native_record(when | {"kind": "dns", "user": "ann", "dns": {"query": "a.example", "rtt_s": 0.25}})
        yield native_record(when | {"kind": "alert", "alert": {"severity": 1 + number % 4}, "flow": {"orig_pkts": 3}})


async def test_the_same_model_gives_the_same_scores_and_another_ones_go_beside_them(  # noqa: PLR0917 - fixtures
    endpoints: Endpoints,
    workers: Workers,
    database: asyncpg.Connection,
    stricter: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    workers.start()
    began, ledger = time.time(), Ledger()
    for records in (flows(600), scan(300), mixed(began)):  # one after another: the order of event times
        await send_noted(endpoints.broker, records, ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    stored = await database.fetchval("SELECT count(*) FROM threats")
    span = Span(datetime.fromtimestamp(began - 1, UTC), datetime.fromtimestamp(began + 60, UTC))
    monkeypatch.setattr(history, "PAGE", 256)
    how: dict[str, Any] = {"warm_up_s": 600.0, "window_entities": 4096}

    same = await backfill(endpoints.postgres_dsn, span, Scorer.load(), **how)
    assert (same.events, same.were_threats, same.threats) == (980, stored, stored)
    assert (same.became_threats, same.ceased_to_be_threats) == (0, 0)
    assert same.mean_absolute_risk_shift == pytest.approx(0, abs=0.01)

    weights, card = artefact.load()
    artefact.save(tmp_path / "higher", weights, card.model_copy(update={"threshold": 99.9}))
    higher = await backfill(endpoints.postgres_dsn, span, Scorer.load(tmp_path / "higher"), **how)
    assert higher.run_id != same.run_id  # the weights are the same, the card is not
    assert higher.threats < same.threats

    other = await backfill(endpoints.postgres_dsn, span, Scorer.load(stricter), **how)
    assert other.run_id != same.run_id
    assert (other.model_version, other.events) == ("9.9.9", 980)
    assert other.mean_risk_shift is not None
    assert other.mean_risk_shift < 0
    assert await backfill(endpoints.postgres_dsn, span, Scorer.load(stricter), **how) == other  # nothing is doubled

    await database.execute(
        "DELETE FROM backfill_scores WHERE run_id = $1 AND event_time > to_timestamp($2)", other.run_id, began + 0.2
    )
    assert await backfill(endpoints.postgres_dsn, span, Scorer.load(stricter), **how) == other  # it goes on
    assert await database.fetchval("SELECT count(*) FROM threats") == stored
    assert len(await consume(endpoints.broker, THREATS.name, stored + 1, limit_s=2)) == stored


async def test_windows_are_warm_where_the_span_begins(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection
) -> None:
    workers.start()
    began, ledger = float(int(time.time())), Ledger()
    await send_noted(endpoints.broker, scan(4000, at=began), ledger)  # a port each millisecond
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    second = Span(datetime.fromtimestamp(began + 2, UTC), datetime.fromtimestamp(began + 3, UTC))
    warm = await backfill(endpoints.postgres_dsn, second, Scorer.load(), warm_up_s=60.0, window_entities=4096)
    assert (warm.events, warm.became_threats, warm.ceased_to_be_threats) == (1000, 0, 0)
    assert warm.mean_absolute_risk_shift == pytest.approx(0, abs=0.01)


def test_the_command_sums_up_and_says_what_is_wrong(endpoints: Endpoints, tmp_path: Path) -> None:
    span = ("--from", "2026-01-01", "--to", "2026-01-02")
    done = ironcore("backfill", *span, "--json", endpoints=endpoints)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["events"] == 0
    assert ironcore("backfill", *span[2:], "--from", "2027-01-01", endpoints=endpoints).returncode == 2
    missing = ironcore("backfill", *span, "--model", str(tmp_path / "none"), endpoints=endpoints)
    assert missing.returncode == 1
    assert "No such file" in missing.stderr
