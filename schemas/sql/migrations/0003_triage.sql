-- What people do: triage of threats, suppressions, users, keys of programs.
-- What happened is never changed: histories are append-only, and a trigger holds everybody to it.

-- Detail pages ask by identifier alone; filters by the other side of a connection and by the sensor.
CREATE INDEX threats_id ON threats (threat_id);
CREATE INDEX threats_src_ip_time ON threats (src_ip, event_time DESC);
CREATE INDEX threats_dst_ip_time ON threats (dst_ip, event_time DESC);
CREATE INDEX threats_dst_port_time ON threats (dst_port, event_time DESC);
CREATE INDEX threats_sensor_time ON threats ((threat ->> 'sensor'), event_time DESC);

CREATE FUNCTION ironcore_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- Where a threat stands now. No row: nobody touched it. It outlives the threat, as its history does.
CREATE TABLE triage (
    threat_id    uuid        PRIMARY KEY,
    event_time   timestamptz NOT NULL,       -- the threat's, so that both are found together
    status       text        NOT NULL CHECK (status IN ('new', 'acknowledged', 'closed')),
    assignee     text,
    verdict      text        CHECK (verdict IN ('true_positive', 'benign_positive', 'false_positive', 'undetermined')),
    reason       text,
    version      integer     NOT NULL,       -- grows with every change: the optimistic lock
    updated_time timestamptz NOT NULL,
    CHECK ((verdict IS NOT NULL) = (status = 'closed'))
);
CREATE INDEX triage_status_time ON triage (status, event_time DESC, threat_id DESC);
CREATE INDEX triage_assignee_time ON triage (assignee, event_time DESC, threat_id DESC) WHERE assignee IS NOT NULL;

CREATE TABLE triage_history (
    change_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    threat_id   uuid        NOT NULL,
    changed_time timestamptz NOT NULL,
    actor       text        NOT NULL,
    action      text        NOT NULL CHECK (action IN ('acknowledge', 'assign', 'close', 'reopen', 'note')),
    from_status text        NOT NULL,
    to_status   text        NOT NULL,
    assignee    text,
    verdict     text,
    reason      text,
    note        text
);
CREATE INDEX triage_history_threat ON triage_history (threat_id, change_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON triage_history
    FOR EACH STATEMENT EXECUTE FUNCTION ironcore_refuse_change();

-- Changes that Kafka has not acknowledged yet. Written with the change, taken out when it was published.
CREATE TABLE triage_outbox (
    change_id bigint PRIMARY KEY
);

-- What is hidden. A suppression is never changed; its end is a row of its own.
CREATE TABLE suppressions (
    suppression_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entity         text,
    threat_class   text,
    src_ip         inet,
    dst_ip         inet,
    dst_port       integer,
    sensor         text,
    reason         text        NOT NULL,
    created_by     text        NOT NULL,
    created_time   timestamptz NOT NULL DEFAULT now(),
    expires_time   timestamptz NOT NULL,
    CHECK (num_nonnulls(entity, threat_class, src_ip, dst_ip, dst_port, sensor) > 0)
);
CREATE TABLE suppression_ends (
    suppression_id bigint      PRIMARY KEY REFERENCES suppressions,
    ended_by       text        NOT NULL,
    ended_time     timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON suppressions
    FOR EACH STATEMENT EXECUTE FUNCTION ironcore_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON suppression_ends
    FOR EACH STATEMENT EXECUTE FUNCTION ironcore_refuse_change();
CREATE VIEW active_suppressions AS
    SELECT s.* FROM suppressions s
    WHERE s.expires_time > now()
      AND NOT EXISTS (SELECT FROM suppression_ends e WHERE e.suppression_id = s.suppression_id);

CREATE TABLE users (
    name          text        PRIMARY KEY,
    password_hash text        NOT NULL,      -- argon2id
    role          text        NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
    created_time  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_keys (
    key_id       text        PRIMARY KEY,
    name         text        NOT NULL UNIQUE,
    key_hash     bytea       NOT NULL,       -- SHA-256 of 256 random bits
    scopes       text[]      NOT NULL,
    created_by   text        NOT NULL,
    created_time timestamptz NOT NULL DEFAULT now(),
    expires_time timestamptz
);
-- One-time codes with which the local stack opens its dashboard.
CREATE TABLE sign_in_codes (
    code_hash    bytea       PRIMARY KEY,
    name         text        NOT NULL,
    role         text        NOT NULL CHECK (role IN ('viewer', 'analyst', 'admin')),
    expires_time timestamptz NOT NULL
);
