"""What a backfill reads, writes and sums up."""

from __future__ import annotations

#: Events after a time ($1) and an identifier ($2) and before a time ($3), in their order, at most $4. Times are
#: seconds since 1970.
SELECT_EVENTS = """
SELECT extract(epoch FROM event_time)::float8 AS event_time, event_id, kind, entity, sensor, source_id,
       host(src_ip) AS src_ip, src_port, host(dst_ip) AS dst_ip, dst_port, proto, username, host,
       service, conn_state, duration_s, orig_bytes, resp_bytes, orig_pkts, resp_pkts, orig_ip_bytes, resp_ip_bytes,
       history, detail, risk
FROM events
WHERE (event_time, event_id) > (to_timestamp($1::float8), $2::uuid) AND event_time < to_timestamp($3::float8)
ORDER BY event_time, event_id LIMIT $4
"""
BEGIN_RUN = """
INSERT INTO backfill_runs (run_id, from_time, to_time, model_name, model_version, weights_sha256, threshold)
VALUES ($1, to_timestamp($2::float8), to_timestamp($3::float8), $4, $5, $6, $7) ON CONFLICT (run_id) DO NOTHING
"""
#: Seconds since 1970 up to which a run ($1) has scores; null when it has none.
SELECT_REACHED = """
SELECT extract(epoch FROM max(event_time))::float8 FROM backfill_scores WHERE run_id = $1
"""
INSERT_SCORES = """
INSERT INTO backfill_scores
SELECT $1, to_timestamp(event_time), event_id, $2, anomaly, threat_class, risk, threat, was_risk, was_threat
FROM unnest($3::float8[], $4::uuid[], $5::real[], $6::text[], $7::real[], $8::boolean[], $9::real[], $10::boolean[])
     AS scored(event_time, event_id, anomaly, threat_class, risk, threat, was_risk, was_threat)
ON CONFLICT DO NOTHING
"""
FINISH_RUN = "UPDATE backfill_runs SET finished_time = now() WHERE run_id = $1 AND finished_time IS NULL"
SELECT_SUMMARY = """
SELECT count(*) AS events, count(*) FILTER (WHERE was_threat) AS were_threats,
       count(*) FILTER (WHERE threat) AS threats,
       count(*) FILTER (WHERE threat AND NOT was_threat) AS became_threats,
       count(*) FILTER (WHERE was_threat AND NOT threat) AS ceased_to_be_threats,
       avg(risk - was_risk)::float8 AS mean_risk_shift, avg(abs(risk - was_risk))::float8 AS mean_absolute_risk_shift
FROM backfill_scores WHERE run_id = $1
"""
