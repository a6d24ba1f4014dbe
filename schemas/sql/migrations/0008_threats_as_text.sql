-- A threat's documents are kept as the text that they were written as. As jsonb they passed the 2 kB from which a row
-- is compressed, and cost three times as much to store as all else of the threat. They are read whole; what is asked
-- for in them has columns of its own. Rows that are there are written anew, once.

DROP INDEX threats_sensor_time;
DROP INDEX threats_entity_risk_time;
ALTER TABLE threats ADD COLUMN sensor text, ADD COLUMN basis text NOT NULL DEFAULT 'event';
ALTER TABLE threats
    ALTER COLUMN sensor TYPE text USING threat ->> 'sensor',
    ALTER COLUMN basis TYPE text USING coalesce(threat ->> 'basis', 'event'),
    ALTER COLUMN threat TYPE json USING threat::text::json,
    ALTER COLUMN event TYPE json USING event::text::json;
CREATE INDEX threats_sensor_time ON threats (sensor, event_time DESC);
-- Threats of an entity's risk among those of events: few among many.
CREATE INDEX threats_entity_risk_time ON threats (event_time DESC, threat_id DESC) WHERE basis = 'entity_risk';
ANALYZE threats;  -- what was known of columns that were written anew is gone
