-- 60-queue: experiments: submit, cancel, retry.

CREATE TYPE timevmaps.tv_experiment AS (
    id bigint,
    world_id bigint,
    timeline_id bigint,
    kind text,
    params jsonb,
    status text,
    priority integer,
    run_at timestamptz,
    attempts integer,
    max_attempts integer,
    progress double precision,
    error jsonb,
    idempotency_key text,
    gateway_id bigint,
    submitted_by text,
    submitted_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz
);
COMMENT ON TYPE timevmaps.tv_experiment IS 'A row of timevmaps.experiments as the functions of the queue return it.';

CREATE FUNCTION timevmaps.tv_experiment_kinds() RETURNS text[]
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_experiment_kinds() IS
'The kinds of experiments that tv_submit_experiment() and inserts into experiments take.';

CREATE FUNCTION timevmaps.tv_validate_experiment(kind text, params jsonb) RETURNS jsonb
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_validate_experiment(text, jsonb) IS
'The params of an experiment in the form in which they are stored; raises what is wrong with them.
Short forms: qubits and gates (also bits, params, name) in place of circuit; t, v, M (proper seconds, m/s, kg) in place of
proper_seconds, v_mps, gm. kind: quantum, sr, gr, relativity, route or sweep. 22023 names the path to what is wrong ("params.v_mps: is missing"),
22003 a number outside a formula''s domain, PT413 a circuit that needs more than timevmaps.circuit_memory.';

CREATE FUNCTION timevmaps_internal.tv_experiment_is_short(kind text, params jsonb, gateway_id bigint) RETURNS boolean
LANGUAGE c IMMUTABLE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_experiment_is_short(text, jsonb, bigint) IS
'Whether an experiment is known to take so little time that many are run in one transaction. The triggers of experiments call it.';

CREATE FUNCTION timevmaps_internal.tv_queue_notice(worlds bigint[], ranks smallint[], seqs bigint[], run_at timestamptz) RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_queue_notice(bigint[], smallint[], bigint[], timestamptz) IS
'Tell this database''s workers, when the transaction commits, that worlds have something ready, from a rank and a seq on, or that something is due at a time. The triggers of experiments call it.
worlds, ranks and seqs: as long as each other, or null; run_at: null, where nothing is delayed.';

CREATE FUNCTION timevmaps_internal.tv_experiments_add_row(state internal, id bigint, world_id bigint, timeline_id bigint, kind text, params jsonb,
    gateway_id bigint, status text, priority integer, run_at timestamptz, submitted_by text, claim bigint, started_at timestamptz) RETURNS internal
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_add_row(internal, bigint, bigint, bigint, text, jsonb, bigint, text, integer, timestamptz, text, bigint, timestamptz) IS
'A step of tv_experiments_add().';

CREATE FUNCTION timevmaps_internal.tv_experiments_add_end(state internal) RETURNS bigint
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_experiments_add_end(internal) IS 'The end of tv_experiments_add().';

CREATE AGGREGATE timevmaps_internal.tv_experiments_add(id bigint, world_id bigint, timeline_id bigint, kind text, params jsonb,
    gateway_id bigint, status text, priority integer, run_at timestamptz, submitted_by text, claim bigint, started_at timestamptz) (
    SFUNC = timevmaps_internal.tv_experiments_add_row, STYPE = internal, FINALFUNC = timevmaps_internal.tv_experiments_add_end,
    FINALFUNC_MODIFY = READ_WRITE
);
COMMENT ON AGGREGATE timevmaps_internal.tv_experiments_add(bigint, bigint, bigint, text, jsonb, bigint, text, integer, timestamptz, text, bigint, timestamptz) IS
'Have the experiments that a statement has inserted wait or run, tell workers and who listens when the transaction commits, and ask the submitter''s quota; returns how many wait or run.
The trigger of experiments calls it. Errors: 53400 where more wait and run than the quota experiments_queued allows.';

CREATE FUNCTION timevmaps_internal.tv_wake() RETURNS void
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_wake() IS
'Wake this database''s workers when the transaction commits. The trigger of experiments calls it.';

CREATE FUNCTION timevmaps_internal.tv_interrupt_experiment(id bigint, claim bigint) RETURNS void
LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps_internal.tv_interrupt_experiment(bigint, bigint) IS
'Interrupt the worker that runs an attempt at an experiment, when the transaction commits. The trigger of experiments calls it, which cancels that attempt.
claim: the number of its claim; a later attempt goes on.';

-- The functions below are SQL over the tables: what they may do is what their caller may do.

CREATE FUNCTION timevmaps.tv_submit_experiment(
    world_id bigint,
    timeline_id bigint,
    kind text,
    params jsonb DEFAULT '{}',
    priority integer DEFAULT 0,
    run_at timestamptz DEFAULT now(),
    gateway_id bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL,
    max_attempts integer DEFAULT 3
) RETURNS timevmaps.tv_experiment
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    submitted timevmaps.tv_experiment;
    repeated boolean := false;
    other text;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF NOT EXISTS (SELECT FROM timevmaps.worlds w WHERE w.id = tv_submit_experiment.world_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such world',
            DETAIL = format('There is no world %s, or it is not visible to this role.', tv_submit_experiment.world_id);
    ELSIF NOT EXISTS (SELECT FROM timevmaps.timelines t
                      WHERE t.world_id = tv_submit_experiment.world_id AND t.id = tv_submit_experiment.timeline_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such timeline',
            DETAIL = format('There is no timeline %s in world %s, or it is not visible to this role.',
                            tv_submit_experiment.timeline_id, tv_submit_experiment.world_id);
    ELSIF tv_submit_experiment.gateway_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM timevmaps.gateways g WHERE g.id = tv_submit_experiment.gateway_id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such gateway',
            DETAIL = format('There is no gateway %s, or it is not visible to this role.', tv_submit_experiment.gateway_id);
    ELSIF (tv_submit_experiment.kind = ANY (timevmaps.tv_experiment_kinds())) IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'kind: not a kind of experiment',
            HINT = format('One of: %s.', array_to_string(timevmaps.tv_experiment_kinds(), ', '));
    ELSIF jsonb_typeof(tv_submit_experiment.params) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'params: not an object';
    ELSIF NOT coalesce(tv_submit_experiment.max_attempts BETWEEN 1 AND 1000, false) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'max_attempts: not a number of attempts',
            DETAIL = 'It is 1 to 1000.';
    ELSIF NOT coalesce(isfinite(tv_submit_experiment.run_at), false) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'run_at: not a finite time';
    ELSIF length(tv_submit_experiment.idempotency_key) NOT BETWEEN 1 AND 200 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'idempotency_key: not a key',
            DETAIL = 'It has 1 to 200 characters.';
    ELSIF NOT coalesce(tv_submit_experiment.priority BETWEEN -100 AND 100, false) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'priority: not a priority', DETAIL = 'It is -100 to 100.';
    END IF;

    -- Who repeats a key is looked for first: it takes no quota.  One that another session has just submitted is waited for by the
    -- insertion and found in the next round; under a snapshot that does not show it, the insertion is 40001.
    FOR round IN 1..3 LOOP
        IF tv_submit_experiment.idempotency_key IS NOT NULL THEN
            SELECT e.id, e.world_id, e.timeline_id, e.kind, e.params, e.status, e.priority, e.run_at, e.attempts,
                   e.max_attempts, e.progress, e.error, e.idempotency_key, e.gateway_id, e.submitted_by,
                   e.submitted_at, e.started_at, e.finished_at
            INTO submitted
            FROM timevmaps.experiments e
            WHERE e.world_id = tv_submit_experiment.world_id AND e.submitted_by = timevmaps.tv_identity()
              AND e.idempotency_key = tv_submit_experiment.idempotency_key;
            repeated := FOUND;
        END IF;
        EXIT WHEN repeated;

        INSERT INTO timevmaps.experiments AS e
            (world_id, timeline_id, kind, params, priority, run_at, gateway_id, idempotency_key, max_attempts)
        VALUES (tv_submit_experiment.world_id, tv_submit_experiment.timeline_id, tv_submit_experiment.kind,
                tv_submit_experiment.params, tv_submit_experiment.priority, tv_submit_experiment.run_at,
                tv_submit_experiment.gateway_id, tv_submit_experiment.idempotency_key, tv_submit_experiment.max_attempts)
        ON CONFLICT (world_id, submitted_by, idempotency_key) DO NOTHING
        RETURNING e.id, e.world_id, e.timeline_id, e.kind, e.params, e.status, e.priority, e.run_at, e.attempts,
                  e.max_attempts, e.progress, e.error, e.idempotency_key, e.gateway_id, e.submitted_by,
                  e.submitted_at, e.started_at, e.finished_at
        INTO submitted;
        EXIT WHEN FOUND;
    END LOOP;

    IF submitted.id IS NULL THEN
        other := 'It is of an experiment that this role does not see.';
    ELSIF repeated THEN
        -- What it is, not how it is run: priority, run_at and max_attempts may have changed since.
        other := (SELECT format('Experiment %s has another %s.', submitted.id, string_agg(d.name, ', '))
                  FROM (VALUES ('kind', submitted.kind <> tv_submit_experiment.kind),
                               ('timeline_id', submitted.timeline_id <> tv_submit_experiment.timeline_id),
                               ('gateway_id', submitted.gateway_id IS DISTINCT FROM tv_submit_experiment.gateway_id),
                               ('params', submitted.params - 'x-traceparent' <> tv_submit_experiment.params - 'x-traceparent'
                                   AND submitted.params - 'x-traceparent'
                                       <> timevmaps.tv_validate_experiment(tv_submit_experiment.kind, tv_submit_experiment.params) - 'x-traceparent')
                       ) d (name, differs)
                  WHERE d.differs HAVING count(*) > 0);
    END IF;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', MESSAGE = 'idempotency_key: used before for another experiment',
            DETAIL = other, HINT = 'Choose a key that was not used, or repeat what was submitted with it.';
    END IF;

    -- Over HTTP: accepted, and where to look.
    IF coalesce(current_setting('request.method', true), '') <> '' THEN
        PERFORM set_config('response.status', CASE WHEN repeated THEN '200' ELSE '202' END, true);
        PERFORM set_config('response.headers',
            jsonb_build_array(jsonb_build_object('Location', format('/experiments?id=eq.%s&select=id,kind,status,progress,error', submitted.id)))::text, true);
    END IF;
    RETURN submitted;
END
$$;
COMMENT ON FUNCTION timevmaps.tv_submit_experiment(bigint, bigint, text, jsonb, integer, timestamptz, bigint, text, integer) IS
'Queue an experiment; returns its row. A worker runs it with the rights of who submits it.
kind: quantum, sr, gr, relativity, route or sweep; params: a JSON object, by kind as docs/queue.md lists.
priority: larger first, -100 to 100, above 0 for tv_admin alone; run_at: not before; gateway_id: the gateway whose fidelity a quantum experiment measures;
idempotency_key: who repeats his key in the same world, with equal kind, timeline_id, params and gateway_id, gets the row of the first, as it is now, and queues nothing;
priority, run_at and max_attempts are those of the first. max_attempts: 1 to 1000.
Errors: PT404 no such world, timeline or gateway; 42501 not an editor of the world; 53400 the quota of experiments queued is used up; 22023 and 22003 what is wrong with
params; PT413 a circuit that needs too much memory; 23505 the key was used before for another experiment.
Over HTTP: status 202, or 200 where it was submitted before, and header Location says where to look. INSERT INTO experiments does the same, but for keys: one that was used is 23505.';

-- Both functions are a plain UPDATE, whose trigger knows the rules; what they add is
-- telling an experiment that is not there from one that the caller may not touch.
-- BEGIN ATOMIC, for it names what callers cannot: names are looked up now, and not when it runs.
CREATE FUNCTION timevmaps_internal.tv_move_experiment(id bigint, status text) RETURNS timevmaps.tv_experiment
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    moved timevmaps.tv_experiment;
BEGIN
    PERFORM timevmaps.tv_check_tables();
    IF NOT EXISTS (SELECT FROM timevmaps.experiments e WHERE e.id = tv_move_experiment.id) THEN
        RAISE EXCEPTION USING ERRCODE = 'PT404', MESSAGE = 'no such experiment',
            DETAIL = format('There is no experiment %s, or it is not visible to this role.', tv_move_experiment.id);
    END IF;
    -- The trigger sees no move where nothing changes: cancelled -> cancelled is none that is drawn either.
    UPDATE timevmaps.experiments e SET status = tv_move_experiment.status
    WHERE e.id = tv_move_experiment.id AND e.status <> tv_move_experiment.status
    RETURNING e.id, e.world_id, e.timeline_id, e.kind, e.params, e.status, e.priority, e.run_at, e.attempts,
              e.max_attempts, e.progress, e.error, e.idempotency_key, e.gateway_id, e.submitted_by,
              e.submitted_at, e.started_at, e.finished_at
    INTO moved;
    IF moved.id IS NULL THEN
        IF EXISTS (SELECT FROM timevmaps.experiments e
                   WHERE e.id = tv_move_experiment.id AND e.status = tv_move_experiment.status) THEN
            RAISE EXCEPTION USING ERRCODE = 'PT409', MESSAGE = 'an experiment cannot make this move',
                DETAIL = format('Experiment %s: %s -> %s.', tv_move_experiment.id,
                                tv_move_experiment.status, tv_move_experiment.status),
                HINT = 'What is queued or running can be cancelled; what failed or was cancelled can be queued again.';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'only an editor of the world may do this',
            DETAIL = format('Experiment %s is of a world that this role does not edit.', tv_move_experiment.id);
    END IF;
    RETURN moved;
END
$$;
COMMENT ON FUNCTION timevmaps_internal.tv_move_experiment(bigint, text) IS
'Move an experiment to a status, as tv_cancel_experiment and tv_retry_experiment do; returns its row.';

CREATE FUNCTION timevmaps.tv_cancel_experiment(id bigint) RETURNS timevmaps.tv_experiment
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_move_experiment(id, 'cancelled');
END;
COMMENT ON FUNCTION timevmaps.tv_cancel_experiment(bigint) IS
'Cancel an experiment that is queued or running; returns its row.
One that runs is stopped when the transaction commits, within a tenth of a second.
Errors: PT404 no such experiment; PT409 it is neither queued nor running; 42501 not an editor of its world.';

CREATE FUNCTION timevmaps.tv_retry_experiment(id bigint) RETURNS timevmaps.tv_experiment
LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT timevmaps_internal.tv_move_experiment(id, 'queued');
END;
COMMENT ON FUNCTION timevmaps.tv_retry_experiment(bigint) IS
'Queue an experiment again that failed or was cancelled, with its attempts counted anew; returns its row.
Errors: PT404 no such experiment; PT409 it neither failed nor was cancelled; 42501 not an editor of its world, or who submitted it is none any more.';

CREATE FUNCTION timevmaps.tv_experiment_progress(
    experiment_id bigint, OUT status text, OUT attempt bigint, OUT fraction double precision, OUT step bigint, OUT "of" bigint, OUT unit text,
    OUT rate double precision, OUT seconds_left double precision)
LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION timevmaps.tv_experiment_progress(bigint) IS
'How far an experiment is, for those who see it. While it runs the worker says so ten times a second, and no table is written for it.
fraction: 0 to 1; step and of: steps done and to do, in units of gate (a circuit run once), trajectory (one run many times) or point (a sweep);
rate: steps a second, lately; seconds_left: an estimate; attempt: the number of the claim that runs. What is not known is null, as all but
status and fraction are where no worker of this server runs it.
Errors: PT404 no such experiment.';
