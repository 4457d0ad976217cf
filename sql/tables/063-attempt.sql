-- Attempts at experiments that did not finish.

-- The one that finished is the experiment's own row.  Written where an experiment moves away from running, whoever moves it:
-- tv_experiments_moved().
CREATE TABLE timevmaps.experiment_attempts (
    experiment_id bigint NOT NULL,
    claim bigint NOT NULL,
    world_id bigint NOT NULL,
    outcome text NOT NULL,
    error jsonb,
    started_at timestamptz,
    ended_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    worker_pid integer,
    CONSTRAINT experiment_attempts_pkey PRIMARY KEY (experiment_id, claim),
    CONSTRAINT experiment_attempts_outcome_check CHECK (outcome IN ('retried', 'failed', 'cancelled', 'lost', 'handed_back')),
    CONSTRAINT experiment_attempts_error_check CHECK (pg_catalog.jsonb_typeof(error) = 'object'),
    CONSTRAINT experiment_attempts_experiment_fkey FOREIGN KEY (world_id, experiment_id)
        REFERENCES timevmaps.experiments (world_id, id) ON DELETE CASCADE
);
CREATE INDEX experiment_attempts_ended_at_idx ON timevmaps.experiment_attempts (ended_at);
CREATE INDEX experiment_attempts_world_idx ON timevmaps.experiment_attempts (world_id, experiment_id);
COMMENT ON TABLE timevmaps.experiment_attempts IS 'Attempts at experiments that did not finish, one that finished being the experiment''s own row. tv_experiment_attempts() lists both.';
COMMENT ON COLUMN timevmaps.experiment_attempts.experiment_id IS 'The experiment.';
COMMENT ON COLUMN timevmaps.experiment_attempts.claim IS 'Which attempt at it: the number that events and artifacts call attempt.';
COMMENT ON COLUMN timevmaps.experiment_attempts.world_id IS 'The experiment''s world.';
COMMENT ON COLUMN timevmaps.experiment_attempts.outcome IS 'retried: failed, and queued again; failed, for good; cancelled; lost: its worker was gone; handed_back: its worker was told to end, which counts for nothing.';
COMMENT ON COLUMN timevmaps.experiment_attempts.error IS 'What it failed with: sqlstate, message, detail, hint.';
COMMENT ON COLUMN timevmaps.experiment_attempts.started_at IS 'When it began.';
COMMENT ON COLUMN timevmaps.experiment_attempts.ended_at IS 'When it ended, or was found lost.';
COMMENT ON COLUMN timevmaps.experiment_attempts.worker_pid IS 'The server process that ran it.';
