-- Events and threats by hour and class, so that nobody counts ten million rows for a chart.
-- A batch appends its own counts in the transaction that stores its rows: they are exact, and no two workers wait for
-- each other on a shared row. The maintenance folds them to one row for each hour and class.

CREATE TABLE event_counts (
    hour         timestamptz NOT NULL,
    threat_class text        NOT NULL,
    events       bigint      NOT NULL,
    threats      bigint      NOT NULL        -- of these events, those at or above the threshold
);
CREATE INDEX event_counts_hour ON event_counts (hour);

-- Returns how many rows were folded away. Counts that arrive meanwhile stay as they are until the next time.
CREATE FUNCTION ironcore_fold_event_counts() RETURNS bigint
    LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(hashtext('ironcore_event_counts'));
    WITH appended AS (
        DELETE FROM event_counts WHERE (hour, threat_class) IN (
            SELECT hour, threat_class FROM event_counts GROUP BY hour, threat_class HAVING count(*) > 1)
        RETURNING *
    ), folded AS (
        INSERT INTO event_counts
        SELECT hour, threat_class, sum(events), sum(threats) FROM appended GROUP BY hour, threat_class
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM appended) - (SELECT count(*) FROM folded);
$$;

INSERT INTO event_counts
SELECT e.hour, e.threat_class, e.events, coalesce(t.threats, 0)
FROM (SELECT date_trunc('hour', event_time, 'UTC') AS hour, threat_class, count(*) AS events FROM events GROUP BY 1, 2) e
LEFT JOIN (SELECT date_trunc('hour', event_time, 'UTC') AS hour, threat_class, count(*) AS threats
           FROM threats GROUP BY 1, 2) t USING (hour, threat_class);
