"""What the API writes when people decide."""

from __future__ import annotations

SELECT_TIMES = """SELECT DISTINCT ON (threat_id) threat_id, event_time FROM threats WHERE threat_id = ANY($1::uuid[])
ORDER BY threat_id"""
#: Inserted and locked in the order of the identifiers, so that two bulk changes never wait for each other in a circle.
INSERT_UNTOUCHED = """INSERT INTO triage (threat_id, event_time, status, version, updated_time)
SELECT threat_id, event_time, 'new', 0, now() FROM unnest($1::uuid[], $2::timestamptz[]) AS w(threat_id, event_time)
ORDER BY threat_id ON CONFLICT DO NOTHING"""
LOCK_STATES = """SELECT threat_id, status, assignee, verdict, reason, version FROM triage
WHERE threat_id = ANY($1::uuid[]) ORDER BY threat_id FOR UPDATE"""
UPDATE_STATES = """UPDATE triage SET status = n.status, assignee = n.assignee, verdict = n.verdict, reason = n.reason,
    version = version + 1, updated_time = now()
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
    AS n(threat_id, status, assignee, verdict, reason)
WHERE triage.threat_id = n.threat_id"""
INSERT_CHANGES = """WITH written AS (
    INSERT INTO triage_history
        (threat_id, changed_time, actor, action, from_status, to_status, assignee, verdict, reason, note)
    SELECT threat_id, now(), $6, $7, from_status, to_status, assignee, verdict, $8, $9
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS n(threat_id, from_status, to_status, assignee, verdict)
    RETURNING change_id, threat_id, changed_time),
owed AS (INSERT INTO triage_outbox SELECT change_id FROM written)
SELECT change_id, threat_id, changed_time FROM written ORDER BY change_id"""

#: What another process holds is its to publish.
LOCK_OWED = """SELECT h.change_id, h.threat_id, h.changed_time AS time, h.actor, h.action, h.from_status, h.to_status,
    h.assignee, h.verdict, h.reason, h.note
FROM triage_outbox o JOIN triage_history h USING (change_id) WHERE h.changed_time < now() - make_interval(secs => $2)
ORDER BY o.change_id LIMIT $1 FOR UPDATE OF o SKIP LOCKED"""
DELETE_OWED = "DELETE FROM triage_outbox WHERE change_id = ANY($1::bigint[])"

SELECT_SUPPRESSIONS = "SELECT * FROM active_suppressions ORDER BY suppression_id DESC"
#: Grows with every suppression and with every end.
SELECT_SUPPRESSIONS_STATE = """SELECT (SELECT coalesce(max(suppression_id), 0) FROM suppressions) AS last,
    (SELECT count(*) FROM suppression_ends) AS ends, (SELECT count(*) FROM active_suppressions) AS active"""
INSERT_SUPPRESSION = """INSERT INTO suppressions
    (entity, threat_class, src_ip, dst_ip, dst_port, sensor, reason, created_by, expires_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *"""
END_SUPPRESSION = """INSERT INTO suppression_ends (suppression_id, ended_by)
SELECT suppression_id, $2 FROM active_suppressions WHERE suppression_id = $1
ON CONFLICT DO NOTHING RETURNING suppression_id"""
