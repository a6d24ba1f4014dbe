"""What training reads of triage: verdicts, and the stored events around a threat."""

from __future__ import annotations

# Of single events: a verdict on what an entity has gathered is none on any event of it.
SELECT_VERDICTS = """SELECT t.event_time, t.entity, t.threat_class, host(t.dst_ip) AS dst_ip, g.verdict,
    (t.threat -> 'event_ids' ->> 0)::uuid AS event_id
FROM triage g JOIN threats t ON t.event_time = g.event_time AND t.threat_id = g.threat_id
WHERE g.status = 'closed' AND g.verdict <> 'undetermined' AND t.basis = 'event'
ORDER BY g.event_time DESC, g.threat_id LIMIT $1"""
# The entity's events and those to the destination within the window before an event, the latest first.
SELECT_WINDOW = """SELECT event_time, event_id, kind, sensor, source_id, host(src_ip) AS src_ip, src_port,
    host(dst_ip) AS dst_ip, dst_port, proto, username, host, service, conn_state, duration_s, orig_bytes, resp_bytes,
    orig_pkts, resp_pkts, orig_ip_bytes, resp_ip_bytes, history, detail
FROM events WHERE event_time > $1::timestamptz - make_interval(secs => $2) AND event_time <= $1
    AND (entity = $3 OR dst_ip = $4::text::inet) ORDER BY event_time DESC, event_id DESC LIMIT $5"""
