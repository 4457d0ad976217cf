-- 63-attempt: how an experiment's attempts went.

CREATE FUNCTION timevmaps.tv_experiment_attempts(
    experiment_id bigint,
    OUT attempt bigint, OUT outcome text, OUT error jsonb, OUT started_at timestamptz, OUT ended_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF NOT EXISTS (SELECT FROM timevmaps.experiments e WHERE e.id = tv_experiment_attempts.experiment_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such experiment',
            DETAIL = format('There is no experiment %s, or it is not visible to this role.', tv_experiment_attempts.experiment_id);
    END IF;
    RETURN QUERY
        SELECT a.claim, a.outcome, a.error, a.started_at, a.ended_at
        FROM timevmaps.experiment_attempts a WHERE a.experiment_id = tv_experiment_attempts.experiment_id
        UNION ALL
        SELECT e.claim, e.status, NULL, e.started_at, e.finished_at
        FROM timevmaps.experiments e WHERE e.id = tv_experiment_attempts.experiment_id AND e.status IN ('running', 'finished')
        ORDER BY 1;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_experiment_attempts(bigint) IS
'An experiment''s attempts so far, the first one first: a row each, but for those that retention has dropped.
attempt: the number that events and artifacts have; outcome: finished, running, retried (it failed, and was queued again), failed, cancelled, lost (its
worker was gone) or handed_back (its worker was told to end); error: sqlstate, message, detail, hint.
Errors: PT404 no such experiment; 42501 for who is no tv_analyst.';
