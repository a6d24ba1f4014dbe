"""Backfill: stored history scored again with another model, into a result set of its own. Nothing is published.

1. The windows are warmed up by the events before the span, which are not scored.
2. The events of the span are read in their order, a page at a time, and scored as the stream does, but by TensorFlow:
   the same network as a worker's in LiteRT, to some hundredths of a millesimal of risk.
3. A page's scores are written beside the stored ones. One that is there already stays, so that a run may be repeated,
   and goes on where it was cut off.

The events are read by `ironcore.history`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

import asyncpg

from ironcore.history import Page, pages
from models.features import FeatureExtractor
from models.kinds.join import join
from models.scorer import Scorer
from schemas import sql
from schemas.identity import threat_uuids
from schemas.sql import backfill as statements
from schemas.threat import CLASSES

_NAMESPACE = UUID("6f0f5b0e-5d8b-5e7c-9a52-8f1b3f2a7c11")


class Span(NamedTuple):
    """The events from one time and before another."""

    begin: datetime
    end: datetime


class Summary(NamedTuple):
    """What became of a run's events: as the pipeline scored them, and as this model does."""

    run_id: UUID
    model_version: str
    events: int
    were_threats: int
    threats: int
    became_threats: int
    ceased_to_be_threats: int
    mean_risk_shift: float | None  #: new minus old; None without events
    mean_absolute_risk_shift: float | None


async def backfill(  # noqa: PLR0913 - what, of what, and how
    dsn: str,
    span: Span,
    scorer: Scorer,
    *,
    warm_up_s: float,
    window_entities: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Score a span of the stored events and return the summary; a run that was cut off goes on.

    Args:
        dsn: The migrated database.
        span: Aware times.
        scorer: The other model.
        warm_up_s: Seconds before the span (or before where a run goes on) that fill the windows.
        window_entities: Entities whose windows are kept, as in a worker.
        progress: Called with the number of events scored since the last call.

    Raises:
        asyncpg.PostgresError: The database refuses, or is not migrated.
        OSError: It is not there.
    """
    # The card has the weights' hash, and the threshold, the medians and the version beside it.
    run_id = uuid5(_NAMESPACE, f"{scorer.card.model_dump_json()} {span.begin.timestamp()} {span.end.timestamp()}")
    connection = await asyncpg.connect(dsn, timeout=10, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        begin, end = span.begin.timestamp(), span.end.timestamp()
        model = (scorer.name, scorer.version, scorer.card.weights_sha256, scorer.threshold)
        await connection.execute(statements.BEGIN_RUN, run_id, begin, end, *model)
        begin = max(begin, await connection.fetchval(statements.SELECT_REACHED, run_id) or begin)
        extractor = FeatureExtractor(window_entities=window_entities)
        async for page in pages(connection, extractor, begin, end, warm_up_s=warm_up_s):  # 1.
            scores = await _score(connection, page, extractor, scorer)  # 2.
            await connection.execute(statements.INSERT_SCORES, run_id, scorer.version, *scores)  # 3.
            progress(len(page.rows))
        await connection.execute(statements.FINISH_RUN, run_id)
        counted = await connection.fetchrow(statements.SELECT_SUMMARY, run_id)
        return Summary(run_id, scorer.version, *counted)
    finally:
        await connection.close()


async def _score(
    connection: asyncpg.Connection, page: Page, extractor: FeatureExtractor, scorer: Scorer
) -> list[Sequence[object]]:
    """Return the columns of a page's scores in the order of `INSERT_SCORES`."""
    rows = page.rows
    scores = scorer.score(extractor.extract(page.table, page.partitions))
    join(scores, extractor.kinds.look(page.table, page.partitions), scorer.threshold)
    times, ids = [row["event_time"] for row in rows], [UUID(bytes=row["event_id"].bytes) for row in rows]
    threat_ids = threat_uuids(ids)
    known = {row["threat_id"] for row in await connection.fetch(sql.SELECT_KNOWN_THREATS, times, threat_ids)}
    return [
        times,
        ids,
        scores.anomaly.tolist(),
        [CLASSES[number].value for number in scores.class_numbers.tolist()],
        scores.risk.tolist(),
        scores.threat.tolist(),
        [row["risk"] for row in rows],
        [threat_id in known for threat_id in threat_ids],
    ]
