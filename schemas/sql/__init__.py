"""All SQL: forward-only migrations, the columns that the stream writes, and the named queries."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

#: Columns of `events`, in the order in which the stream copies them.
EVENT_COLUMNS = (
    "event_time", "event_id", "kind", "entity", "sensor", "source_id",
    "src_ip", "src_port", "dst_ip", "dst_port", "proto", "username", "host",
    "service", "conn_state", "duration_s", "orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts",
    "orig_ip_bytes", "resp_ip_bytes", "history", "detail",
    "anomaly", "threat_class", "risk", "model_version", "scored_time",
)  # fmt: skip
#: Columns of `threats`, in the order in which the stream copies them.
THREAT_COLUMNS = (
    "event_time", "threat_id", "entity", "severity", "threat_class", "risk", "anomaly",
    "src_ip", "dst_ip", "dst_port", "sensor", "basis", "model_version", "scored_time", "threat", "event",
)  # fmt: skip


class Migration(NamedTuple):
    """One step of the schema: its number and its SQL, which runs in a transaction of its own."""

    version: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """Return the migrations in order. File names are `NNNN_name.sql`."""
    found = [
        Migration(int(file.name[:4]), file.name[5:-4], file.read_text("utf-8"))
        for file in (files(__name__) / "migrations").iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found)


CREATE_MIGRATIONS_TABLE = """
CREATE TABLE IF NOT EXISTS ironcore_migrations (
    version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
"""
LOCK_MIGRATIONS = "SELECT pg_advisory_xact_lock(hashtext('ironcore_migrations'))"
SELECT_APPLIED = "SELECT version FROM ironcore_migrations"
INSERT_APPLIED = "INSERT INTO ironcore_migrations (version, name) VALUES ($1, $2)"
MAKE_PARTITIONS = "SELECT ironcore_make_partitions(current_date - $1::int, current_date + $2::int)"
DROP_PARTITIONS = "SELECT ironcore_drop_partitions(current_date - $1::int)"

# A replay (unique violation) goes through a table of the connection's own; what is there already stays as it is.
CREATE_STAGING = "CREATE TEMP TABLE IF NOT EXISTS events_staging (LIKE events) ON COMMIT DELETE ROWS"
MERGE_EVENTS = "INSERT INTO events SELECT * FROM events_staging ON CONFLICT DO NOTHING RETURNING event_id"
SELECT_KNOWN_THREATS = """
SELECT t.threat_id FROM unnest($1::float8[], $2::uuid[]) AS scored(event_time, threat_id)
JOIN threats t ON t.event_time = to_timestamp(scored.event_time) AND t.threat_id = scored.threat_id
"""

FOLD_EVENT_COUNTS = "SELECT ironcore_fold_event_counts()"

# A ledger's check. `to_timestamp` rounds to the microsecond, as the stream does.
COUNT_STORED = """
SELECT count(*) FROM unnest($1::float8[], $2::uuid[]) AS sent(event_time, event_id)
JOIN events e ON e.event_time = to_timestamp(sent.event_time) AND e.event_id = sent.event_id
"""
COUNT_THREATS_SINCE = "SELECT count(*) FROM threats WHERE scored_time >= to_timestamp($1)"
# Row counts are the server's running estimates: counting ten million rows for a glance would cost more than it tells.
SELECT_STATUS = """
SELECT (SELECT sum(n_live_tup)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'events\\_%') AS events,
       (SELECT sum(n_live_tup)::bigint FROM pg_stat_user_tables WHERE relname LIKE 'threats\\_%') AS threats,
       (SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass) AS partitions,
       (SELECT max(version) FROM ironcore_migrations) AS migration
"""
