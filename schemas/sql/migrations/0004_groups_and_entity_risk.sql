-- Repeats in groups, and the risk that entities gather. Both are moved on by the batch that stores the rows, in its
-- transaction and for rows that are new only, so that what comes again is not counted again.

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

-- What an entity gathered, decayed to `as_of`: by class (in the order of the contract), how many notable events and the
-- sum of their risks. `crossed` says that the last batch took its score over the threshold.
CREATE TABLE entity_risk (
    entity   text             PRIMARY KEY,
    as_of    double precision NOT NULL,      -- event time, seconds since 1970
    counts   float8[]         NOT NULL,
    risks    float8[]         NOT NULL,
    score    double precision NOT NULL,
    evidence uuid[]           NOT NULL,      -- the latest events, newest first
    crossed  boolean          NOT NULL
) WITH (fillfactor = 80);

-- Returns a * x + b * y, by element.
CREATE FUNCTION ironcore_weighted_sum(a float8[], x float8, b float8[], y float8) RETURNS float8[]
    LANGUAGE sql IMMUTABLE
    RETURN ARRAY(SELECT one * x + other * y FROM unnest(a, b) WITH ORDINALITY AS t(one, other, place) ORDER BY place);
-- Returns the sum over the classes of the mean risk times log2(1 + count): repeats of one thing count ever less.
CREATE FUNCTION ironcore_entity_score(counts float8[], risks float8[]) RETURNS float8
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT coalesce(sum(risk / n * ln(1 + n) / ln(2)), 0) FROM unnest(counts, risks) AS t(n, risk) WHERE n > 1e-9);

-- Retention: days, then groups and entities that nothing was added to since.
ALTER FUNCTION ironcore_drop_partitions RENAME TO ironcore_drop_days;
CREATE FUNCTION ironcore_drop_partitions(oldest date) RETURNS integer
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM threat_groups WHERE updated_time < oldest::timestamp AT TIME ZONE 'UTC';
    RETURN ironcore_drop_days(oldest);
END $$;
