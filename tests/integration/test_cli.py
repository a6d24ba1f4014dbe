"""The commands as a user calls them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from ironcore.ledger import Ledger
from ironcore.stack import Endpoints
from models import artefact
from schemas.sql import migrations
from tests.integration.conftest import Workers, kafka_or_skip
from tests.integration.traffic import raw, send_noted


def ironcore(*arguments: str, endpoints: Endpoints | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    where = {} if endpoints is None else {
        "IRONCORE_BROKER": endpoints.broker,
        "IRONCORE_POSTGRES_DSN": endpoints.postgres_dsn,
        "IRONCORE_REDIS_URL": endpoints.redis_url,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "ironcore", *arguments],
        env={**os.environ, **where, **variables, "COLUMNS": "200"},
        capture_output=True, text=True, timeout=170, check=False,
    )  # fmt: skip


def test_demo_accounts_for_every_event_and_says_so_in_its_last_line() -> None:
    done = ironcore("demo", "--duration", "8", "--headless", "--seed", "7")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["events_sent"] == summary["events_scored"] == summary["events_in_postgres"] > 1000
    assert summary["threats_published"] > 0
    assert (summary["lost"], summary["duplicates"], summary["dead_letters"]) == (0, 0, 0)
    assert set(summary["latency_ms"]) == {"p50", "p95", "p99"}


def test_demo_runs_on_apache_kafka_too() -> None:
    kafka_or_skip()
    done = ironcore("demo", "--duration", "5", "--headless", "--broker", "kafka")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["events_sent"] == summary["events_in_postgres"] > 1000
    assert (summary["lost"], summary["duplicates"]) == (0, 0)


def test_demo_of_a_log_counts_repeats_and_dead_letters(tmp_path: Path) -> None:
    good = '{"kind":"flow","event_time":1700000000.%d,"src_ip":"10.0.0.1","flow":{"orig_bytes":1}}\n'
    log = tmp_path / "log.jsonl"
    log.write_text("".join(good % n for n in (1, 2, 3, 3)) + "{broken\n")
    done = ironcore("demo", str(log), "--headless")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout.splitlines()[-1])
    expected = {"events_sent": 4, "events_repeated": 1, "events_in_postgres": 3, "dead_letters": 1, "lost": 0}
    assert {name: summary[name] for name in expected} == expected


def test_unknown_settings_refuse_to_start_and_are_named() -> None:
    done = ironcore("worker", IRONCORE_WORKER__BATCHSIZE="1")
    assert done.returncode == 2
    assert "worker.batchsize (from IRONCORE_WORKER__BATCHSIZE): unknown setting" in done.stderr


def test_a_worker_without_a_migrated_database_says_what_to_do(endpoints: Endpoints) -> None:
    empty = endpoints.postgres_dsn.rpartition("/")[0] + "/postgres"
    done = ironcore("worker", endpoints=endpoints, IRONCORE_POSTGRES_DSN=empty, IRONCORE_WORKER__METRICS_PORT="0")
    assert done.returncode == 1
    assert "run `ironcore migrate` first" in done.stderr


def test_topics_and_status_show_what_is_there(endpoints: Endpoints) -> None:
    shown = ironcore("topics", endpoints=endpoints)
    assert shown.returncode == 0, shown.stderr
    assert "ironcore.events.raw" in shown.stdout
    status = ironcore("status", "--json", endpoints=endpoints, IRONCORE_WORKER__METRICS_PORT="1")
    assert status.returncode == 1  # no worker is there
    found = json.loads(status.stdout)
    assert (found["broker"], found["redis"]) == ("ok", "ok")
    assert found["postgres"]["migration"] == max(migration.version for migration in migrations())
    assert "Error" in found["worker"]


def test_dead_letters_are_listed_with_their_bytes(endpoints: Endpoints, workers: Workers) -> None:
    workers.start()
    asyncio.run(send_noted(endpoints.broker, raw(b"{nonsense"), Ledger()))
    for _ in range(20):
        listed = ironcore("dead-letters", "list", "--json", endpoints=endpoints)
        if listed.stdout:
            break
    [letter] = [json.loads(line) for line in listed.stdout.splitlines()]
    assert (letter["value"], letter["reason"]) == ("{nonsense", "malformed")


def test_a_model_is_registered_challenges_is_promoted_and_rolled_back(endpoints: Endpoints, tmp_path: Path) -> None:
    weights, card = artefact.load()
    artefact.save(tmp_path / "next", weights, card.model_copy(update={"version": "9.0.0"}))

    def model(*arguments: str) -> str:
        done = ironcore("model", *arguments, endpoints=endpoints)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(*arguments: str) -> str:
        done = ironcore("model", *arguments, endpoints=endpoints)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr

    assert "not registered" in refused("promote", "9.0.0")
    assert "nothing to go back to" in refused("rollback")
    assert "registered ironcore-flow 9.0.0" in model("register", str(tmp_path / "next"))
    assert "challenger: 9.0.0" in model("challenge", "9.0.0")
    assert "0 events were scored in shadow, 10000 are wanted" in refused("promote", "9.0.0", "--gates")
    assert "champion: 9.0.0 (before: 1.1.1)" in model("promote", "9.0.0")
    listed = [line for line in model("list").splitlines() if "9.0.0" in line]
    assert "champion" in listed[0]
    assert f"champion: {card.version} (before: 9.0.0)" in model("rollback")
    assert "ROC-AUC" in model("compare", card.version, "9.0.0")
    assert json.loads(model("show", "9.0.0"))["version"] == "9.0.0"
    assert "0 flows were sampled" in refused("drift", "--out", str(tmp_path))
    assert "say --none" in refused("challenge")

    artefact.save(tmp_path / "other", weights, card.model_copy(update={"version": "9.0.0", "threshold": 60.0}))
    assert "version 9.0.0 is registered already, with another card" in refused("register", str(tmp_path / "other"))
