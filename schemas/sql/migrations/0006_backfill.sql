-- History scored again with another model, apart from what the pipeline wrote: nothing here is published or counted.
-- Take a run out with DELETE FROM backfill_runs; its scores go with it.

CREATE TABLE backfill_runs (
    run_id         uuid        PRIMARY KEY,    -- a function of the model's hash and the span: the same run resumes
    from_time      timestamptz NOT NULL,
    to_time        timestamptz NOT NULL,
    model_name     text        NOT NULL,
    model_version  text        NOT NULL,
    weights_sha256 text        NOT NULL,
    threshold      real        NOT NULL,
    started_time   timestamptz NOT NULL DEFAULT now(),
    finished_time  timestamptz,
    CHECK (from_time < to_time)
);

CREATE TABLE backfill_scores (
    run_id        uuid        NOT NULL REFERENCES backfill_runs ON DELETE CASCADE,
    event_time    timestamptz NOT NULL,
    event_id      uuid        NOT NULL,
    model_version text        NOT NULL,
    anomaly       real        NOT NULL,
    threat_class  text        NOT NULL,
    risk          real        NOT NULL,
    threat        boolean     NOT NULL,
    was_risk      real        NOT NULL,        -- what the pipeline stored for the event
    was_threat    boolean     NOT NULL,
    PRIMARY KEY (run_id, event_time, event_id)
);
