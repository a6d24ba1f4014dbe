"""Statements of what a batch adds up to, in the transaction that stores its rows."""

from __future__ import annotations

# One round trip: events and threats by hour and class; repeats in groups; and the risk of entities, whose rows are
# taken, made where missing, and returned. Rows are locked in order, entities first (PostgreSQL runs the main statement
# before those that it does not read of), so that two batches wait for each other and never both.
ADD_TO_TOTALS = """
WITH counted AS (
    INSERT INTO event_counts (hour, threat_class, events, threats)
    SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::bigint[], $4::bigint[])
), grouped AS (
    INSERT INTO threat_groups AS g SELECT group_id, entity, threat_class, to_timestamp(window_start), count,
        to_timestamp(first_time), to_timestamp(last_time), max_risk, latest_threat_id, now()
    FROM unnest($5::uuid[], $6::text[], $7::text[], $8::float8[], $9::bigint[], $10::float8[], $11::float8[],
        $12::real[], $13::uuid[]) AS batch(group_id, entity, threat_class, window_start, count, first_time, last_time,
        max_risk, latest_threat_id)
    ORDER BY group_id
    ON CONFLICT (group_id) DO UPDATE SET
        count = g.count + excluded.count,
        first_time = least(g.first_time, excluded.first_time),
        last_time = greatest(g.last_time, excluded.last_time),
        max_risk = greatest(g.max_risk, excluded.max_risk),
        latest_threat_id = CASE WHEN excluded.last_time >= g.last_time THEN excluded.latest_threat_id
            ELSE g.latest_threat_id END,
        updated_time = excluded.updated_time
)
INSERT INTO entity_risk AS r (entity, event_time, score, is_open, state, expires_time)
SELECT entity, to_timestamp(event_time), 0, false, '{}', now()
FROM unnest($14::text[], $15::float8[]) AS batch(entity, event_time) ORDER BY entity
ON CONFLICT (entity) DO UPDATE SET event_time = r.event_time
RETURNING entity, extract(epoch FROM event_time)::float8 AS event_time, is_open, state::text AS state
"""
# What the entities have gathered now, by the formula of models/entity_risk.py.
UPDATE_RISK = """
UPDATE entity_risk r SET event_time = to_timestamp(batch.event_time), score = batch.score, is_open = batch.is_open,
    state = batch.state::jsonb, expires_time = date_trunc('hour', now() + $6::float8 * interval '1 s', 'UTC')
        + interval '1 hour'
FROM unnest($1::text[], $2::float8[], $3::real[], $4::boolean[], $5::text[])
    AS batch(entity, event_time, score, is_open, state)
WHERE r.entity = batch.entity
"""
