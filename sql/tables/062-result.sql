-- What experiments found.

CREATE TABLE timevmaps.results (
    experiment_id bigint PRIMARY KEY,
    world_id bigint NOT NULL,
    metrics jsonb NOT NULL DEFAULT '{}',
    artifacts jsonb NOT NULL DEFAULT '{}',
    setup_hash text,
    summary jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    world_ids bigint[],
    CONSTRAINT results_metrics_check CHECK (pg_catalog.jsonb_typeof(metrics) = 'object'),
    CONSTRAINT results_artifacts_check CHECK (pg_catalog.jsonb_typeof(artifacts) = 'object'),
    CONSTRAINT results_summary_check CHECK (pg_catalog.jsonb_typeof(summary) = 'object'),
    -- Not with the world: which index its check takes is planned once, and while there are few experiments all seem as good.
    CONSTRAINT results_experiment_fkey FOREIGN KEY (experiment_id) REFERENCES timevmaps.experiments ON DELETE CASCADE
);
-- Retention begins with the oldest.
CREATE INDEX results_created_at_idx ON timevmaps.results (created_at);
CREATE INDEX results_world_idx ON timevmaps.results (world_id, experiment_id);
-- Earlier runs of the same setup, the latest first.
CREATE INDEX results_setup_idx ON timevmaps.results (world_id, setup_hash, experiment_id) WHERE setup_hash IS NOT NULL;
COMMENT ON TABLE timevmaps.results IS 'What an experiment found: exactly one row for each finished one, until retention drops it.';
COMMENT ON COLUMN timevmaps.results.experiment_id IS 'The experiment.';
COMMENT ON COLUMN timevmaps.results.world_id IS 'The experiment''s world.';
COMMENT ON COLUMN timevmaps.results.metrics IS 'The numbers, as a JSON object; docs/queue.md lists them by kind.';
COMMENT ON COLUMN timevmaps.results.artifacts IS 'What it takes to get the same again: circuit hash, parameters, seed, attempt, engine version, method, precision; and what was made, such as a route.';
COMMENT ON COLUMN timevmaps.results.setup_hash IS 'Equal for runs of one circuit with the same params but for the seed: those are compared with each other.';
COMMENT ON COLUMN timevmaps.results.summary IS 'The numbers by which they are compared, by name.';
COMMENT ON COLUMN timevmaps.results.created_at IS 'When it was stored.';
COMMENT ON COLUMN timevmaps.results.world_ids IS 'Every world that it tells of, as a route through others does, and it is shown to those who see all of them; null: of its own alone.';
