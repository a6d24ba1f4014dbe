"""What a worker makes of the topic of models: takes, keeps, refuses, tries again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import artefact
from models.features import FEATURES
from models.lite.scorer import LiteScorer
from schemas.assignment import ArtefactReference, Assignment, Role
from schemas.event import Event, Flow
from schemas.struct import compile_struct
from schemas.table import tabulate
from streams.batch import Batch
from streams.metrics import Metrics
from streams.observation import Drift, Observer
from streams.settings import WorkerSettings
from streams.shadow import Shadow
from streams.swap import Models


class Pool:
    """The table of artefacts; it can be away."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, bytes]] = {}
        self.away = False
        self.asked = 0

    def put(self, folder: Path, version: str, **update: Any) -> ArtefactReference:
        weights, card = artefact.load()
        artefact.save(folder / version, weights, card.model_copy(update={"version": version, **update}))
        packed = artefact.read(folder / version)
        self.rows[version] = {"card": packed.card, "weights": packed.weights}
        return packed.referred

    async def fetchrow(self, _: str, version: str) -> dict[str, bytes] | None:
        self.asked += 1
        if self.away:
            raise ConnectionRefusedError("away")
        return self.rows.get(version)


def roles(champion: ArtefactReference | None = None, challenger: ArtefactReference | None = None) -> Any:
    return {
        role: Assignment(role=role, artefact=held, previous=None, actor="test", time=0)
        for role, held in ((Role.CHAMPION, champion), (Role.CHALLENGER, challenger))
    }


@pytest.fixture
def pool() -> Any:
    return Pool()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def models(metrics: Metrics) -> Models:
    shipped = artefact.read(artefact.newest())
    return Models(LiteScorer.of(shipped), shipped.referred, WorkerSettings(), metrics)


def refused(metrics: Metrics, role: Role) -> float:
    return metrics.registry.get_sample_value("ironcore_model_refusals_total", {"role": role.value}) or 0.0


async def test_the_assigned_champion_takes_over_and_none_brings_the_shipped_one_back(
    models: Models, pool: Any, tmp_path: Path, metrics: Metrics
) -> None:
    shipped = models.now.champion.version
    await models.take(roles(pool.put(tmp_path, "9.0.0")), pool)
    assert models.now.champion.version == "9.0.0"
    assert _told(metrics) == [{"name": "ironcore-flow", "version": "9.0.0"}]
    await models.take(roles(), pool)
    assert models.now.champion.version == shipped
    assert len(models.observers()) == 3  # what was replaced is still to be written
    assert len(models.observers()) == 1


async def test_the_same_assignment_again_loads_nothing(models: Models, pool: Any, tmp_path: Path) -> None:
    assigned = roles(pool.put(tmp_path, "9.0.0"), pool.put(tmp_path, "9.0.1"))
    await models.take(assigned, pool)
    now, asked = models.now, pool.asked
    await models.take(assigned, pool)
    assert models.now is now
    assert pool.asked == asked


async def test_what_is_not_valid_is_refused_once_and_an_absent_server_is_tried_again(
    models: Models, pool: Any, tmp_path: Path, metrics: Metrics
) -> None:
    shipped = models.now
    spoilt = pool.put(tmp_path, "9.0.1")
    pool.rows["9.0.1"]["weights"] += b"\0"
    for _ in range(2):
        await models.take(roles(spoilt), pool)
    assert models.now is shipped
    assert refused(metrics, Role.CHAMPION) == 1
    other_hash = pool.put(tmp_path, "9.0.2").model_copy(update={"sha256": "0" * 64})
    await models.take(roles(other_hash), pool)
    assert models.now is shipped
    good, pool.away = pool.put(tmp_path, "9.0.3"), True
    await models.take(roles(good), pool)
    assert models.now is shipped
    assert refused(metrics, Role.CHAMPION) == 3
    pool.away = False
    await models.take(roles(good), pool)
    assert models.now.champion.version == "9.0.3"


async def test_a_promoted_challenger_is_not_loaded_twice_and_challenges_no_more(
    models: Models, pool: Any, tmp_path: Path
) -> None:
    rival = pool.put(tmp_path, "9.0.0")
    await models.take(roles(None, rival), pool)
    assert models.now.shadow is not None
    scorer = models.now.shadow.challenger
    await models.take(roles(rival, rival), pool)
    assert models.now.champion is scorer
    assert models.now.shadow is None


def batch_of(scorer: LiteScorer, count: int) -> Batch:
    make: Any = Event
    batch = Batch(slabs=())
    events = [make(kind="flow", event_time=float(at), flow=compile_struct(Flow)()) for at in range(count)]
    batch.table, _ = tabulate(events)
    batch.features = np.random.default_rng(1).random((count, len(FEATURES))).astype(np.float32)
    batch.scores = scorer.score(batch.features)
    return batch


def test_a_challenger_scores_a_bounded_sample_and_one_that_fails_is_dropped(
    models: Models, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = models.now.champion
    observer = Observer(champion, Shadow(champion, metrics, sample_events=20), metrics)
    batch = batch_of(champion, 50)
    for _ in range(3):
        observer.observe(batch)
    seen = observer.take()
    assert seen.comparison.compared == 3 * 17  # every third of fifty
    assert seen.comparison.agreed == seen.comparison.compared  # the same model
    assert 0 < seen.comparison.timed < seen.comparison.compared
    assert seen.sampled == 50  # three batches within a fifth of a second: one gives its sample
    assert observer.take().comparison.compared == 0

    def fail(*_: Any) -> Any:
        raise RuntimeError("out of memory")

    assert observer.shadow is not None
    monkeypatch.setattr(observer.shadow, "compare", fail)
    observer.observe(batch)
    assert observer.shadow is None
    observer.observe(batch)


def test_drift_is_told_from_enough_rows_of_a_window_and_begins_anew_with_other_bins(
    models: Models, metrics: Metrics
) -> None:
    def gauge(name: str) -> float | None:
        return metrics.registry.get_sample_value(name)

    champion = models.now.champion
    observer = Observer(champion, None, metrics)
    drift = Drift(metrics, intervals=3)
    batch = batch_of(champion, 400)
    for _ in range(5):
        observer._next_sample_s = 0
        observer.observe(batch)
        drift.add(observer, observer.take())
    assert gauge("ironcore_drift_rows") == 600  # every second row of the last three batches
    assert gauge("ironcore_drift_risk_psi") == 0  # too few
    for _ in range(3):
        for _ in range(2):
            observer._next_sample_s = 0
            observer.observe(batch)
        drift.add(observer, observer.take())
    assert gauge("ironcore_drift_rows") == 1200
    assert (gauge("ironcore_drift_risk_psi") or 0) > 0.25
    assert champion.card.reference is not None
    other = champion.card.reference.model_copy(update={"rows": 1})
    model = artefact.load()[0][artefact.LITERT].tobytes()
    rebased = LiteScorer(model, champion.card.model_copy(update={"reference": other}))
    drift.add(Observer(rebased, None, metrics), observer.take())
    assert gauge("ironcore_drift_rows") == 0
    assert gauge("ironcore_drift_risk_psi") == 0


def _told(metrics: Metrics) -> list[dict[str, str]]:
    [family] = [each for each in metrics.registry.collect() if each.name == "ironcore_model_info"]
    return [sample.labels for sample in family.samples]
