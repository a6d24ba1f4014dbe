"""Statements of the risk that entities gather."""

from __future__ import annotations

# Waits for nobody: a row that a batch holds is not idle.
DROP_IDLE_RISK = """
DELETE FROM entity_risk WHERE entity IN (
    SELECT entity FROM entity_risk WHERE expires_time < now() LIMIT 100000 FOR UPDATE SKIP LOCKED)
"""
# What opened at these events, to be told again when a batch comes again. The time prunes days.
SELECT_OPENED_RISK = """
SELECT t.threat::text AS threat FROM unnest($1::float8[], $2::uuid[]) AS opened(event_time, threat_id)
JOIN threats t ON t.event_time = to_timestamp(opened.event_time) AND t.threat_id = opened.threat_id
"""
# The score as it stands now: the formula of models/entity_risk.py, in SQL, since the API has no NumPy. Exponents are
# bounded: PostgreSQL takes a power that underflows for an error.
SELECT_RISK_SCORE = """
SELECT coalesce(sum(2 * points / count * (1 - power(2::float8, -least(count * share, 60)))), 0)::float8
FROM (SELECT power(2::float8, -least(60, greatest(0, extract(epoch FROM now() - event_time)::float8
        / (state ->> 'half_life_s')::float8))) AS share, state FROM entity_risk WHERE entity = $1) AS known,
    ROWS FROM (jsonb_array_elements_text(state -> 'counts'), jsonb_array_elements_text(state -> 'points'))
        AS by_class(count_text, points_text),
    LATERAL (SELECT count_text::float8 AS count, points_text::float8 AS points) AS numbers
WHERE count > 1e-9
"""
