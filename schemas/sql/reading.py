"""What the API reads. A `Where` goes in, a statement comes out; its values are the where's."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.sql.where import ACTIVE, SUPPRESSED, Where

_ITEM = """t.event_time, t.threat_id, t.scored_time, t.entity, t.severity, t.threat_class, t.risk, t.anomaly,
    t.src_ip, t.dst_ip, t.dst_port, t.model_version, t.sensor, t.basis,
    coalesce(g.status, 'new') AS status, g.assignee, g.verdict"""
_NEWEST = "ORDER BY t.event_time DESC, t.threat_id DESC"
#: How to count by what; text in all cases.
_DIMENSIONS = {
    "severity": "m.severity",
    "threat_class": "m.threat_class",
    "status": "m.status",
    "entity": "m.entity",
    "dst_port": "m.dst_port::text",
}
MAX_VALUES = 1000


def items(where: Where, limit: int) -> str:
    """Return items, newest first."""
    number = where.bind(limit, "int")
    return f"""WITH {ACTIVE}
SELECT {_ITEM}, {where.is_suppressed} AS suppressed FROM {where.source} {_NEWEST} LIMIT {number}"""


def identifiers(where: Where, limit: int) -> str:
    """Return the identifiers of those that are found, newest first."""
    number = where.bind(limit, "int")
    return f"WITH {ACTIVE} SELECT t.threat_id FROM {where.source} {_NEWEST} LIMIT {number}"


def _newest(where: Where, columns: str, rows: int) -> str:
    """The newest matches as `m`: what an aggregate looks at is bounded."""
    number = where.bind(rows, "int")
    return f"""WITH {ACTIVE},
m AS MATERIALIZED (SELECT {columns} FROM {where.source} {_NEWEST} LIMIT {number})"""


def counts(where: Where, by: Sequence[str], rows: int) -> str:
    """Return (dimension, value, number); the dimension of the total is empty."""
    columns = ", ".join(sorted({f"{_COLUMN_OF[name]} AS {name}" for name in by})) or "1"
    parts = [
        f"""(SELECT '{name}' AS dimension, {_DIMENSIONS[name]} AS value, count(*) AS number FROM m
WHERE m.{name} IS NOT NULL GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT {MAX_VALUES})"""
        for name in dict.fromkeys(by)
    ]
    total = "SELECT '' AS dimension, '' AS value, count(*) AS number FROM m"
    return f"{_newest(where, columns, rows)}\n" + "\nUNION ALL ".join([total, *parts])


_COLUMN_OF = {
    "severity": "t.severity",
    "threat_class": "t.threat_class",
    "status": "coalesce(g.status, 'new')",
    "entity": "t.entity",
    "dst_port": "t.dst_port",
}


def groups(where: Where, rows: int, limit: int, after: tuple[float, object] | None) -> str:
    """Return groups by class and entity, those with the latest threat first; `seen` is how many were looked at."""
    columns = "t.threat_class, t.entity, t.risk, t.event_time, t.threat_id, coalesce(g.status, 'new') AS status"
    newest = _newest(where, columns, rows)
    keyset = "true"
    if after is not None:
        at, id_ = where.bind(after[0], "timestamptz"), where.bind(after[1], "uuid")
        keyset = f"(last_time, latest_threat_id) < ({at}, {id_})"
    number = where.bind(limit, "int")
    return f"""{newest},
grouped AS (SELECT threat_class, entity, count(*) AS count, count(*) FILTER (WHERE status <> 'closed') AS open_count,
    max(risk) AS max_risk, min(event_time) AS first_time, max(event_time) AS last_time,
    (array_agg(threat_id ORDER BY event_time DESC, threat_id DESC))[1] AS latest_threat_id
    FROM m GROUP BY threat_class, entity)
SELECT *, (SELECT count(*) FROM m) AS seen FROM grouped WHERE {keyset}
ORDER BY last_time DESC, latest_threat_id DESC LIMIT {number}"""


def timeline(where: Where, rows: int, buckets: int, span: tuple[float | None, float | None]) -> str:
    """Return (bucket, severity, number, begin, length) of the buckets that are not empty."""
    newest = _newest(where, "t.event_time, t.severity", rows)
    begin, end = (where.bind(at, "timestamptz") for at in span)
    parts = where.bind(buckets, "int")
    return f"""{newest},
bounds AS (SELECT coalesce({begin}, min(event_time)) AS begin,
    greatest(1e-3, extract(epoch FROM coalesce({end}, max(event_time) + interval '1 millisecond')
        - coalesce({begin}, min(event_time)))::float8 / {parts}) AS length FROM m)
SELECT least({parts} - 1, floor(extract(epoch FROM m.event_time - begin)::float8 / length))::int AS bucket,
    severity, count(*) AS number, begin, length, (SELECT count(*) FROM m) AS seen
FROM m, bounds GROUP BY bucket, severity, begin, length ORDER BY bucket"""


def links(where: Where, rows: int, limit: int) -> str:
    """Return who did something to whom, the most dangerous first."""
    newest = _newest(where, "t.entity, t.dst_ip, t.risk, t.threat_class", rows)
    number = where.bind(limit, "int")
    return f"""{newest}
SELECT entity AS source, dst_ip AS target, count(*) AS count, max(risk) AS max_risk,
    (array_agg(threat_class ORDER BY risk DESC))[1] AS threat_class, (SELECT count(*) FROM m) AS seen
FROM m WHERE dst_ip IS NOT NULL GROUP BY entity, dst_ip
ORDER BY max_risk DESC, count DESC, source, target LIMIT {number}"""


SELECT_THREAT = f"""WITH {ACTIVE}
SELECT {_ITEM}, t.threat, t.event, g.reason, g.updated_time, coalesce(g.version, 0) AS version,
    {SUPPRESSED} AS suppressed
FROM threats t LEFT JOIN triage g ON g.threat_id = t.threat_id WHERE t.threat_id = $1 LIMIT 1"""
SELECT_HISTORY = """SELECT * FROM (SELECT change_id, threat_id, changed_time AS time, actor, action, from_status,
    to_status, assignee, verdict, reason, note
    FROM triage_history WHERE threat_id = $1 ORDER BY change_id DESC LIMIT 1000) latest ORDER BY change_id"""

# The first and the last of every day that has the entity are found by the index; the rest is counted up to a limit.
SELECT_ENTITY_EVENTS = """SELECT
    (SELECT event_time FROM events WHERE entity = $1 ORDER BY event_time LIMIT 1) AS first_seen,
    (SELECT event_time FROM events WHERE entity = $1 ORDER BY event_time DESC LIMIT 1) AS last_seen,
    (SELECT count(*) FROM (SELECT FROM events WHERE entity = $1 LIMIT $2) AS found) AS events"""
SELECT_ENTITY_RISK = """WITH m AS MATERIALIZED (
    SELECT event_time, risk, threat_class FROM threats WHERE entity = $1 ORDER BY event_time DESC LIMIT $2),
bounds AS (SELECT min(event_time) AS begin,
    greatest(1, extract(epoch FROM max(event_time) - min(event_time))::float8 / $3) AS length FROM m)
SELECT least($3 - 1, floor(extract(epoch FROM event_time - begin)::float8 / length))::int AS bucket,
    threat_class, begin, length, max(risk) AS max_risk, count(*) AS threats
FROM m, bounds GROUP BY bucket, threat_class, begin, length ORDER BY bucket"""
