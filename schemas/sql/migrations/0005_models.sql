-- A model's life: artefacts, and what workers observe of the model that they run.

-- Never changed: what was scored with a version can be scored again. 200 kB each.
CREATE TABLE model_artefacts (
    version         text        PRIMARY KEY,
    name            text        NOT NULL,
    sha256          text        NOT NULL,      -- of the card, which holds that of the weights
    card            bytea       NOT NULL,      -- card.json, byte for byte
    weights         bytea       NOT NULL,      -- weights.npz
    registered_by   text        NOT NULL,
    registered_time timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_artefacts
    FOR EACH STATEMENT EXECUTE FUNCTION ironcore_refuse_change();

-- A row a worker and minute: histograms of sampled events, and the challenger beside the champion on other samples.
CREATE TABLE model_observations (
    observed_time     timestamptz NOT NULL DEFAULT now(),
    worker            text        NOT NULL,
    version           text        NOT NULL,      -- the champion
    challenger        text,
    reference_sha256  text,                      -- of the bins that are counted in; null: the card has none
    sampled           bigint      NOT NULL,      -- events in the histograms
    counts            bytea,                     -- of each feature and of the risk, in the order of the card; int64
    compared          bigint      NOT NULL,      -- events that both models scored
    agreed            bigint      NOT NULL,      -- of these, called the same
    champion_alerts   bigint      NOT NULL,
    challenger_alerts bigint      NOT NULL,
    timed             bigint      NOT NULL,      -- events that both scored one after the other
    champion_s        double precision NOT NULL,
    challenger_s      double precision NOT NULL
);
CREATE INDEX model_observations_time ON model_observations USING brin (observed_time) WITH (pages_per_range = 8);
CREATE INDEX model_observations_pair ON model_observations (challenger, version) WHERE challenger IS NOT NULL;
