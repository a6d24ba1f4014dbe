"""Artefacts of models, and what workers observe of the model that they run."""

from __future__ import annotations

INSERT_ARTEFACT = """INSERT INTO model_artefacts (version, name, sha256, card, weights, registered_by)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"""
SELECT_ARTEFACT = "SELECT card, weights FROM model_artefacts WHERE version = $1"
SELECT_ARTEFACTS = """SELECT version, card, registered_by, registered_time FROM model_artefacts
ORDER BY registered_time"""

INSERT_OBSERVATION = """INSERT INTO model_observations (worker, version, challenger, reference_sha256, sampled, counts,
    compared, agreed, champion_alerts, challenger_alerts, timed, champion_s, challenger_s)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
DROP_OBSERVATIONS = "DELETE FROM model_observations WHERE observed_time < now() - make_interval(days => $1)"

SELECT_COMPARISON = """SELECT coalesce(sum(compared), 0)::bigint AS compared,
    coalesce(sum(agreed), 0)::bigint AS agreed, coalesce(sum(champion_alerts), 0)::bigint AS champion_alerts,
    coalesce(sum(challenger_alerts), 0)::bigint AS challenger_alerts, coalesce(sum(timed), 0)::bigint AS timed,
    coalesce(sum(champion_s), 0)::float8 AS champion_s, coalesce(sum(challenger_s), 0)::float8 AS challenger_s
FROM model_observations WHERE challenger = $1 AND version = $2"""
SELECT_RUNNING = """SELECT DISTINCT ON (worker) worker, version, challenger, observed_time FROM model_observations
WHERE observed_time > now() - make_interval(secs => $1) ORDER BY worker, observed_time DESC"""
SELECT_COUNTS = """SELECT sampled, counts FROM model_observations
WHERE version = $1 AND reference_sha256 = $2 AND counts IS NOT NULL
    AND observed_time >= to_timestamp($3) AND observed_time < to_timestamp($4) ORDER BY observed_time"""
