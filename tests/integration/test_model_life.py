"""Another model takes over while events flow: none is lost or scored twice, and what is not valid is refused."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import takewhile
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import pytest

from ironcore.ledger import Ledger
from ironcore.models import Desk, RefusedError
from ironcore.stack import ChildProcess, Endpoints
from ironcore.view.metrics import metrics_from_text
from ironcore.workers import scrape
from models import artefact, registry
from models.artefact import Card, Packed
from models.drift import Histograms
from models.gates import Gates
from schemas.assignment import ArtefactReference, Assignment, Role
from schemas.sql import models as sql
from streams.roles import assign, read_roles
from tests.integration.conftest import Workers, until
from tests.integration.test_cli import ironcore
from tests.integration.traffic import all_stored, flows, rows, scan, send_noted

SHIPPED = artefact.newest().name


def made(folder: Path, version: str, **update: Any) -> Packed:
    """Return the shipped artefact under another version, with other fields in its card."""
    weights, card = artefact.load()
    artefact.save(folder, weights, card.model_copy(update={"version": version, **update}))
    return artefact.read(folder)


@pytest.fixture
async def desk(endpoints: Endpoints, database: asyncpg.Connection) -> Desk:
    return Desk(database, endpoints.broker)


async def register(desk: Desk, packed: Packed) -> Card:
    return await registry.register(desk.connection, packed, "test")


async def model_of(worker: ChildProcess) -> str:
    found = list(metrics_from_text(await scrape(worker.address)).labels("ironcore_model_info"))
    assert len(found) == 1
    return found[0]["version"]


async def runs(worker: ChildProcess, version: str) -> None:
    async def does() -> bool:
        return await model_of(worker) == version

    await until(does, what=f"{worker.name} with model {version}")


async def refusals(worker: ChildProcess, role: Role) -> float:
    return metrics_from_text(await scrape(worker.address)).total("ironcore_model_refusals_total", role=role.value)


async def test_a_promotion_under_load_scores_every_event_once_and_is_rolled_back(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection, desk: Desk, tmp_path: Path
) -> None:
    both = [workers.start("first", batch_events=256), workers.start("second", batch_events=256)]
    await register(desk, made(tmp_path / "next", "9.0.0", threshold=60.0))
    ledger, swapped = Ledger(), asyncio.Event()
    load = takewhile(lambda _: not swapped.is_set(), flows(1_000_000))
    sending = asyncio.create_task(send_noted(endpoints.broker, load, ledger, pause_every=50))

    async def scored(version: str) -> bool:
        count = await database.fetchval("SELECT count(*) FROM events WHERE model_version = $1", version)
        return bool(count > 1000)

    await until(lambda: scored(SHIPPED), what="events of the first model")
    promoted = await desk.promote("9.0.0")
    for worker in both:
        await runs(worker, "9.0.0")
    await until(lambda: scored("9.0.0"), what="events of the second model")
    swapped.set()
    await sending
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    assert await rows(database) == (ledger.events, ledger.events)
    counted = await database.fetch("SELECT model_version, count(*) FROM events GROUP BY 1 ORDER BY 1")
    assert [row["model_version"] for row in counted] == [SHIPPED, "9.0.0"]
    # An entity's events stay on one worker and in order: its version changes once.
    changes = await database.fetch(
        "SELECT entity, count(*) FILTER (WHERE model_version <> before) AS changes FROM (SELECT entity, model_version, "
        "lag(model_version) OVER (PARTITION BY entity ORDER BY event_time) AS before FROM events) AS of_entity "
        "GROUP BY entity"
    )
    assert {row["changes"] for row in changes} <= {0, 1}
    assert promoted.previous is not None
    assert promoted.previous.version == SHIPPED

    await desk.challenge(SHIPPED)
    await desk.roll_back()
    assert (await desk.holders())[1] is None  # a challenger that becomes the champion is none any more
    for worker in both:
        await runs(worker, SHIPPED)
    with pytest.raises(RefusedError, match="champion already"):
        await desk.promote(SHIPPED)
    assert workers.unexpected_errors() == []


async def test_what_cannot_be_loaded_is_refused_and_the_last_good_model_stays(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection, desk: Desk, tmp_path: Path
) -> None:
    worker = workers.start()
    good = made(tmp_path / "good", "9.0.0")
    await register(desk, good)
    with pytest.raises(artefact.ArtefactError, match=f"version {SHIPPED} is that of a shipped model"):
        await register(desk, made(tmp_path / "another", SHIPPED, threshold=60.0))
    await desk.promote("9.0.0")
    await runs(worker, "9.0.0")
    corrupt = made(tmp_path / "corrupt", "9.0.1")
    mismatched = made(tmp_path / "mismatched", "9.0.2", features=[*artefact.load()[1].features[1:], "other"])
    for packed, weights in ((corrupt, corrupt.weights[:-40] + b"\0" * 40), (mismatched, mismatched.weights)):
        card = artefact.card_of(packed)
        await database.execute(
            "INSERT INTO model_artefacts (version, name, sha256, card, weights, registered_by) "
            "VALUES ($1, $2, $3, $4, $5, 'test')",
            card.version, card.name, packed.sha256, packed.card, weights,
        )  # fmt: skip
    absent = ArtefactReference(name="ironcore-flow", version="9.9.9", sha256="0" * 64)
    for number, reference in enumerate((corrupt.referred, mismatched.referred, absent), start=1):
        champion = Assignment(role=Role.CHAMPION, artefact=reference, previous=good.referred, actor="test", time=0)
        await assign(endpoints.broker, [champion])

        async def refused(number: int = number) -> bool:
            return await refusals(worker, Role.CHAMPION) == number

        await until(refused, what=f"refusal of {reference.version}")
        assert await model_of(worker) == "9.0.0"
    ledger = Ledger()
    await send_noted(endpoints.broker, flows(500), ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    assert await database.fetchval("SELECT DISTINCT model_version FROM events") == "9.0.0"
    log = (workers.folder / "worker.log").read_text()
    assert "sha256 is" in log
    assert "feature 0 is" in log
    assert "9.9.9 is not registered" in log
    # A worker that starts with an assignment which it cannot load takes the one before, as the others do, and says so.
    late = workers.start("late")
    assert await model_of(late) == "9.0.0"
    assert await refusals(late, Role.CHAMPION) >= 1
    # What is not there any more does not bar the way to another one, and is nothing to go back to.
    assert (await desk.promote("9.0.0")).previous is None
    assert workers.unexpected_errors("is refused") == []


async def test_a_challenger_is_compared_unseen_and_gates_decide(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection, desk: Desk, tmp_path: Path
) -> None:
    worker = workers.start(observe_every_s=1)
    await register(desk, made(tmp_path / "deaf", "9.0.0", threshold=99.9))
    await desk.challenge("9.0.0")

    async def challenged() -> bool:
        found = metrics_from_text(await scrape(worker.address)).labels("ironcore_challenger_info")
        return [each["version"] for each in found] == ["9.0.0"]

    await until(challenged, what="a challenger")
    ledger = Ledger()
    await send_noted(endpoints.broker, [*flows(3000), *scan(400)], ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")

    async def written() -> bool:
        return (await desk.compared(SHIPPED, "9.0.0")).compared >= 500

    await until(written, what="comparisons in Postgres")
    metrics = metrics_from_text(await scrape(worker.address))
    compared = metrics.total("ironcore_shadow_events_total")
    assert 500 <= compared <= 3400
    assert metrics.total("ironcore_shadow_alerts_total", role="champion") > 50
    assert metrics.total("ironcore_shadow_alerts_total", role="challenger") == 0
    assert metrics.total("ironcore_shadow_seconds_total", role="challenger") > 0
    # The challenger is unseen: only the champion's scores are stored, and its threats published.
    assert await database.fetchval("SELECT DISTINCT model_version FROM events") == SHIPPED
    assert {row[0] for row in await database.fetch("SELECT DISTINCT model_version FROM threats")} == {SHIPPED}
    assert (worker_runs := await desk.running())
    assert set(worker_runs.values()) == {(SHIPPED, "9.0.0")}

    with pytest.raises(RefusedError, match="1000000 are wanted"):
        await desk.promote("9.0.0", Gates(1_000_000, 0.9, 2, 100))
    with pytest.raises(RefusedError, match=r"agree on 0\.\d+ of .* times as many, 2 either way"):
        await desk.promote("9.0.0", Gates(500, 0.99, 2, 100))
    await desk.promote("9.0.0", Gates(500, 0.5, 1e9, 100))
    await runs(worker, "9.0.0")
    assert (await read_roles(endpoints.broker))[Role.CHALLENGER].artefact is None
    found = metrics_from_text(await scrape(worker.address))
    assert list(found.labels("ironcore_challenger_info")) == []
    assert found.total("ironcore_drift_rows") > 0
    assert workers.unexpected_errors() == []


async def test_drift_is_reported_from_what_workers_appended(
    database: asyncpg.Connection, desk: Desk, endpoints: Endpoints, tmp_path: Path
) -> None:
    _, card = artefact.load()
    assert card.reference is not None
    expected = np.rint(Histograms(card.reference).expected * 3000).astype("<i8")
    expected[:, 0] += 3000 - expected.sum(axis=1)  # rounding
    moved = expected.copy()
    moved[0] = [3000, *[0] * (moved.shape[1] - 1)]
    now = time.time()
    for age_h, counts in ((30, expected), (2, moved), (1, moved)):
        await database.execute(
            sql.INSERT_OBSERVATION,
            "w", card.version, None, card.reference.sha256, 3000, counts.tobytes(), 0, 0, 0, 0, 0, 0.0, 0.0,
        )  # fmt: skip
        await database.execute(
            "UPDATE model_observations SET observed_time = to_timestamp($1) WHERE observed_time > to_timestamp($2)",
            now - age_h * 3600,
            now - 60,
        )
    report = await desk.drift(card.version, now - 24 * 3600, now, None)
    assert report.rows == 6000
    assert [column.name for column in report.columns if column.verdict] == ["duration_s"]
    baseline = await desk.drift(card.version, now - 24 * 3600, now, (now - 48 * 3600, now - 24 * 3600))
    assert [column.name for column in baseline.columns if column.verdict == "act"] == ["duration_s"]
    with pytest.raises(RefusedError, match="0 flows were sampled"):
        await desk.drift(card.version, now - 1800, now, None)

    done = ironcore("model", "drift", "--out", str(tmp_path / "out"), "--json", endpoints=endpoints)
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["moved"]) == ["duration_s"]
    assert json.loads((tmp_path / "out" / "drift.json").read_text())["rows"] == 6000
    assert "duration_s" in (tmp_path / "out" / "drift.html").read_text()


async def test_a_model_is_fitted_to_stored_traffic_and_scores_from_then_on(
    endpoints: Endpoints, workers: Workers, database: asyncpg.Connection, desk: Desk, tmp_path: Path
) -> None:
    done = ironcore("model", "fit", "--hours", "1", endpoints=endpoints)
    assert done.returncode == 1
    assert "no flow is stored of that time" in done.stderr

    worker, ledger = workers.start(), Ledger()
    await send_noted(endpoints.broker, [*flows(3000), *scan(400)], ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    done = ironcore("model", "fit", "--hours", "1", "--challenge", endpoints=endpoints)
    assert done.returncode == 0, done.stderr
    challenger = (await desk.holders())[1]
    assert challenger is not None
    fitted = challenger.version
    assert fitted.startswith(f"{SHIPPED}+local.")
    assert fitted.endswith(".3600s")
    assert f"registered {fitted}" in done.stdout
    card = await desk.card(fitted)
    assert card.local is not None
    assert (card.local.source, card.local.flows, card.local.sampled) == (SHIPPED, 3400, 3400)
    assert 3000 <= card.local.usual < 3100  # the scan, once it is one, is left out
    assert card.reference is not None
    assert card.reference.rows == card.local.usual
    assert card.threshold == (await desk.card(SHIPPED)).threshold

    await desk.promote(fitted)
    await runs(worker, fitted)
    await send_noted(endpoints.broker, flows(3000, first=5000), ledger)
    await until(lambda: all_stored(database, ledger), what="every event in Postgres")
    assert await database.fetchval("SELECT count(*) FROM events WHERE model_version = $1", fitted) == 3000

    local = np.rint(Histograms(card.reference).expected * 3000).astype("<i8")
    await database.execute(
        sql.INSERT_OBSERVATION,
        "w", fitted, None, card.reference.sha256, 3000, local.tobytes(), 0, 0, 0, 0, 0, 0.0, 0.0,
    )  # fmt: skip
    report = await desk.drift(fitted, time.time() - 600, time.time() + 1, None)
    assert report.against.startswith("what it was fitted to, ")
    assert {column.verdict for column in report.columns} == {""}
    done = ironcore("model", "compare", SHIPPED, fitted, endpoints=endpoints)
    assert f"{card.local.usual} flows of" in done.stdout
    done = ironcore("model", "list", "--json", endpoints=endpoints)
    found = {each["version"]: each for each in json.loads(done.stdout)["models"]}
    assert (found[fitted]["role"], found[fitted]["sha256"]) == ("champion", challenger.sha256)
    for _ in range(2):  # the second time the folder is not empty
        done = ironcore("model", "export", fitted, str(tmp_path / "exported"), endpoints=endpoints)
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert artefact.read(tmp_path / "exported").referred == challenger
    assert workers.unexpected_errors() == []
