"""What analysts ask of the stored events. Times are `timestamptz`; every query is bounded in time or rows."""

from __future__ import annotations

#: Threats of a severity ($1) before a time ($2), the latest first, at most $3.
SELECT_LATEST_THREATS = """
SELECT event_time, threat_id, entity, severity, threat_class, risk, anomaly, src_ip, dst_ip, dst_port
FROM threats WHERE severity = $1 AND event_time < $2 ORDER BY event_time DESC LIMIT $3
"""
#: Events of an entity ($1) from $2 and before $3, the latest first, at most $4.
SELECT_ENTITY_HISTORY = """
SELECT event_time, event_id, kind, src_ip, src_port, dst_ip, dst_port, proto, service, conn_state,
       orig_bytes, resp_bytes, threat_class, risk, anomaly
FROM events WHERE entity = $1 AND event_time >= $2 AND event_time < $3 ORDER BY event_time DESC LIMIT $4
"""
#: Events and threats by UTC hour and class, of the hours from $1 and before $2.
SELECT_COUNTS = """
SELECT hour, threat_class, sum(events)::bigint AS events, sum(threats)::bigint AS threats
FROM event_counts WHERE hour >= $1 AND hour < $2 GROUP BY hour, threat_class ORDER BY hour, threat_class
"""
