-- Repeats in groups, moved on by the batch that stores the threats, in its transaction and for new ones only, so that
-- what comes again is not counted again.

-- Threats of one class by one entity in one window of event time; the identifier is a function of these three.
CREATE TABLE threat_groups (
    group_id         uuid        PRIMARY KEY,
    entity           text        NOT NULL,
    threat_class     text        NOT NULL,
    window_start     timestamptz NOT NULL,
    count            bigint      NOT NULL,
    first_time       timestamptz NOT NULL,   -- event times
    last_time        timestamptz NOT NULL,
    max_risk         real        NOT NULL,
    latest_threat_id uuid        NOT NULL,
    updated_time     timestamptz NOT NULL    -- when a threat was last added; idle for a window, it is closed
) WITH (fillfactor = 80);                    -- no index has what changes, so that an update stays on its page
CREATE INDEX threat_groups_window ON threat_groups (window_start DESC, group_id DESC);
CREATE INDEX threat_groups_entity ON threat_groups (entity, window_start DESC, group_id DESC);

-- Retention: days, and groups that nothing was added to since.
ALTER FUNCTION ironcore_drop_partitions RENAME TO ironcore_drop_days;
CREATE FUNCTION ironcore_drop_partitions(oldest date) RETURNS integer
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM threat_groups WHERE updated_time < oldest::timestamp AT TIME ZONE 'UTC';
    RETURN ironcore_drop_days(oldest);
END $$;
