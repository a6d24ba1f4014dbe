-- Risk that entities gather, moved on by the batch that stores the events, in its transaction and for new ones only.

CREATE TABLE entity_risk (
    entity       text        PRIMARY KEY,
    event_time   timestamptz NOT NULL,   -- of the latest notable event: the state is what was left at that time
    score        real        NOT NULL,   -- at that time, in points
    is_open      boolean     NOT NULL,   -- a threat has been opened, and the score has not fallen far enough since
    state        jsonb       NOT NULL,   -- counts and points by class, the strongest events; see models/entity_risk.py
    expires_time timestamptz NOT NULL    -- in full hours, so that most updates touch no index
) WITH (fillfactor = 70);
CREATE INDEX entity_risk_expires ON entity_risk (expires_time);

-- Threats of an entity's risk among those of events: few among many.
CREATE INDEX threats_entity_risk_time ON threats (event_time DESC, threat_id DESC)
    WHERE coalesce(threat ->> 'basis', 'event') = 'entity_risk';
