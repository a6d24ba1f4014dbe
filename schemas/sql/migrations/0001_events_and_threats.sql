-- Events and threats, range-partitioned by event time, a day each.
-- The unique key must contain the partition key; both are functions of the record, so a replay lands once.

CREATE TABLE events (
    event_time    timestamptz NOT NULL,
    event_id      uuid        NOT NULL,
    kind          text        NOT NULL,
    entity        text        NOT NULL,
    sensor        text,
    source_id     text,
    src_ip        inet,
    src_port      integer,
    dst_ip        inet,
    dst_port      integer,
    proto         text,
    username      text,
    host          text,
    service       text,
    conn_state    text,
    duration_s    double precision,
    orig_bytes    bigint,
    resp_bytes    bigint,
    orig_pkts     bigint,
    resp_pkts     bigint,
    orig_ip_bytes bigint,
    resp_ip_bytes bigint,
    history       text,
    detail        jsonb,                     -- the dns, http, tls, auth and alert sections as the sensor gave them
    anomaly       real        NOT NULL,      -- 0 to 1
    threat_class  text        NOT NULL,
    risk          real        NOT NULL,      -- 0 to 100
    model_version text        NOT NULL,
    scored_time   timestamptz NOT NULL,
    PRIMARY KEY (event_time, event_id)
) PARTITION BY RANGE (event_time);

CREATE TABLE threats (
    event_time    timestamptz NOT NULL,
    threat_id     uuid        NOT NULL,
    entity        text        NOT NULL,
    severity      text        NOT NULL,
    threat_class  text        NOT NULL,
    risk          real        NOT NULL,
    anomaly       real        NOT NULL,
    src_ip        inet,
    dst_ip        inet,
    dst_port      integer,
    model_version text        NOT NULL,
    scored_time   timestamptz NOT NULL,
    threat        jsonb       NOT NULL,      -- Threat v1, whole
    event         jsonb       NOT NULL,      -- the SecurityEvent that it rests on, whole
    PRIMARY KEY (event_time, threat_id)
) PARTITION BY RANGE (event_time);

-- Catches what has no day of its own: old logs that are replayed, clocks that are wrong.
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE threats_default PARTITION OF threats DEFAULT;

-- Questions that analysts ask: one entity's history, latest threats by severity, by entity, by class; ranges of risk.
CREATE INDEX events_entity_time ON events (entity, event_time DESC);
CREATE INDEX events_time_brin ON events USING brin (event_time) WITH (pages_per_range = 32);
CREATE INDEX events_risk_brin ON events USING brin (risk) WITH (pages_per_range = 32);
CREATE INDEX threats_severity_time ON threats (severity, event_time DESC);
CREATE INDEX threats_entity_time ON threats (entity, event_time DESC);
CREATE INDEX threats_class_time ON threats (threat_class, event_time DESC);
CREATE INDEX threats_time_brin ON threats USING brin (event_time) WITH (pages_per_range = 32);
CREATE INDEX threats_risk_brin ON threats USING brin (risk) WITH (pages_per_range = 32);

-- A day is a UTC day. Its name tells it: events_20261123.
CREATE FUNCTION ironcore_partition_name(parent text, day date) RETURNS text
    LANGUAGE sql IMMUTABLE RETURN parent || '_' || to_char(day, 'YYYYMMDD');

-- Makes the days from `first` to `last` that are missing. A day whose rows already lie in the default partition
-- is carried over in the same transaction.
CREATE FUNCTION ironcore_make_partitions(first date, last date) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    day date;
    lower_bound timestamptz;
    upper_bound timestamptz;
    child text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ironcore_partitions'));
    FOREACH parent IN ARRAY ARRAY['events', 'threats'] LOOP
        FOR day IN SELECT generate_series(first, last, interval '1 day')::date LOOP
            child := ironcore_partition_name(parent, day);
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            lower_bound := day::timestamp AT TIME ZONE 'UTC';
            upper_bound := (day + 1)::timestamp AT TIME ZONE 'UTC';
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', child, parent);
            EXECUTE format('WITH moved AS (DELETE FROM %I WHERE event_time >= %L AND event_time < %L RETURNING *) '
                           'INSERT INTO %I SELECT * FROM moved',
                           parent || '_default', lower_bound, upper_bound, child);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           parent, child, lower_bound, upper_bound);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;

-- Drops the days before `oldest`. What lies in the default partition stays: it was brought there on purpose.
CREATE FUNCTION ironcore_drop_partitions(oldest date) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    child text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ironcore_partitions'));
    FOREACH parent IN ARRAY ARRAY['events', 'threats'] LOOP
        FOR child IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = parent::regclass AND c.relname ~ ('^' || parent || '_[0-9]{8}$')
              AND to_date(right(c.relname, 8), 'YYYYMMDD') < oldest
        LOOP
            EXECUTE format('DROP TABLE %I', child);
            dropped := dropped + 1;
        END LOOP;
    END LOOP;
    RETURN dropped;
END $$;
